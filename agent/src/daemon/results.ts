/** What other runs returned, for a run that asks for it: fetched sealed, opened here, and laid into its inbox. The control plane learns which run was asked for. */
import { z } from "zod";
import type { ErrorContent } from "../protocol/content.ts";
import { Name } from "../protocol/manifest.ts";
import { openResult } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import { ResultAnswer } from "../protocol/wire.ts";
import type { Connection } from "./connection.ts";
import type { RunFolder } from "./folder.ts";
import { GatewayError } from "./gateway.ts";
import type { AnswerMessage } from "./inbox.ts";
import type { ResultOfRecord } from "./records.ts";

interface Asking {
	folder: RunFolder;
	place: RunPlace;
	key: WorkspaceKey;
	connection: Connection;
}

export class Results {
	readonly #between: Asking;
	readonly #post: (message: AnswerMessage) => void;
	readonly #seen: Set<string>;
	readonly #ended = new AbortController();

	/** @param known keys that were answered before this agent's start */
	constructor(between: Asking, post: (message: AnswerMessage) => void, known: Iterable<string>) {
		this.#between = between;
		this.#post = post;
		this.#seen = new Set(known);
	}

	see(asked: ResultOfRecord): void {
		if (this.#seen.has(asked.key)) return;
		this.#seen.add(asked.key);
		void this.#answer(asked);
	}

	leave(): void {
		this.#ended.abort(new Error("the agent lets go of the run"));
	}

	async #answer(asked: ResultOfRecord): Promise<void> {
		const message: AnswerMessage = { type: "answer", key: asked.key, state: "answered", value: null, by: null };
		try {
			Object.assign(message, await this.#fetch(asked));
		} catch (error) {
			if (this.#ended.signal.aborted) return;
			const known = error instanceof GatewayError || error instanceof SealError || error instanceof RangeError;
			const text = known ? (error as Error).message : `unexpected: ${(error as Error).message}`;
			const type = error instanceof GatewayError && error.code === "not_found" ? "NoResult" : "ResultError";
			const content: ErrorContent = { type, module: "tidegate", message: text, traceback: text, frames: [] };
			Object.assign(message, { state: "failed", error: content });
		}
		try {
			this.#post(message);
		} catch {
			// On a full disk the flow waits, and the agent asks again at its next start.
			this.#seen.delete(asked.key);
		}
	}

	async #fetch(asked: ResultOfRecord): Promise<Partial<AnswerMessage>> {
		const { folder, place, key, connection } = this.#between;
		const { run, execution, token } = folder.notes.assignment;
		if (!Name.safeParse(asked.flow).success) throw new RangeError(`${JSON.stringify(asked.flow)} is no name of a flow`);
		const of = asked.run ?? null;
		if (of !== null && !z.uuid().safeParse(of).success) throw new RangeError(`${JSON.stringify(of)} is no id of a run: it has 36 characters`);
		const header = { run, execution, token, flow: asked.flow, number: asked.version ?? null, of, labels: asked.labels };
		const { header: found, parts } = await connection.insist({ path: "result", header, answer: ResultAnswer, signal: this.#ended.signal });
		const child = { run: found.run, flow: found.flow, state: "succeeded" };
		if (found.flow !== asked.flow || (of !== null && found.run !== of))
			throw new SealError("altered", `run ${found.run} of ${found.flow} was sent for ${asked.flow}`);
		const sealed = found.result === null ? undefined : parts[found.result];
		if (!sealed) return { child };
		const theirs = { workspace: place.workspace, flow: found.flow, number: found.number, run: found.run };
		const result = await openResult(key, theirs, found.execution, sealed);
		return "json" in result ? { child, value: result.json } : { child, described: result };
	}
}
