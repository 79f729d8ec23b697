/**
 * Runs that a run asks for. Each is made once, whoever dies in between: its id comes from the SDK, which remembers it before it asks; the control plane makes
 * one run for each wait, and answers what is there when it is asked again; `children.log` only spares it being asked again.
 */
import { appendFileSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ErrorContent } from "../protocol/content.ts";
import { openManifest, sealParameters, taskId } from "../protocol/open.ts";
import { checkParameters, ParameterError } from "../protocol/parameters.ts";
import type { RunPlace } from "../protocol/places.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import { ChildAnswer, type ChildRequest, TargetAnswer } from "../protocol/wire.ts";
import type { Connection } from "./connection.ts";
import type { RunFolder } from "./folder.ts";
import { GatewayError } from "./gateway.ts";
import type { Inbox } from "./inbox.ts";
import type { ChildRecord } from "./records.ts";
import type { Masker } from "./secrets/masker.ts";

/** Asked for at once: a fan-out of a thousand is not a thousand sockets. */
const AT_ONCE = 4;
const MADE = "children.log";

type Target = Pick<TargetAnswer, "version" | "number" | "flow"> & { schema: Parameters<typeof checkParameters>[0] };

export interface Parent {
	folder: RunFolder;
	place: RunPlace;
	key: WorkspaceKey;
	connection: Connection;
	inbox: Inbox;
	masker(): Masker;
	/** One more was settled. */
	onSettled(): void;
}

export class Children {
	readonly #parent: Parent;
	readonly #seen = new Set<string>();
	readonly #queue: { key: string; child: ChildRecord }[] = [];
	readonly #targets = new Map<string, Promise<Target>>();
	readonly #ended = new AbortController();
	#made: Set<string> | undefined;
	#busy = 0;
	/** Waits whose child could not be made: why. */
	readonly refused = new Map<string, string>();

	constructor(parent: Parent) {
		this.#parent = parent;
	}

	/** Whether all that were asked for are made, or refused. */
	get settled(): boolean {
		return this.#busy === 0 && this.#queue.length === 0;
	}

	/** @param key of the wait */
	see(key: string, child: ChildRecord): void {
		if (this.#seen.has(child.id)) return;
		this.#seen.add(child.id);
		this.#made ??= readMade(this.#parent.folder);
		if (this.#made.has(child.id)) return;
		this.#queue.push({ key, child });
		// After the reader of events has gone on: all of one stretch are known then.
		if (this.#busy < AT_ONCE) {
			this.#busy++;
			void this.#work();
		}
	}

	/** Nothing more is asked for: the run is another's, or the agent ends. */
	leave(): void {
		this.#queue.length = 0;
		this.#ended.abort(new Error("the agent lets go of the run"));
	}

	async #work(): Promise<void> {
		await sleep(0);
		for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
			try {
				await this.#make(next.key, next.child);
				this.#note(next.child.id);
			} catch (error) {
				if (this.#ended.signal.aborted) break;
				this.#refuse(next.key, next.child, error);
			}
		}
		this.#busy--;
		this.#parent.onSettled();
	}

	async #make(key: string, child: ChildRecord): Promise<void> {
		const { place, connection, folder } = this.#parent;
		const signal = this.#ended.signal;
		const given = child.parameters;
		const own = child.step !== null || child.flow === null;
		const target = await this.#target(own ? place.flow : (child.flow as string), own ? place.number : null);
		if (child.step === null) checkParameters(target.schema, given);
		if (JSON.stringify(this.#parent.masker().json(given)) !== JSON.stringify(given))
			throw new ParameterError(["a parameter holds a secret, which does not leave this agent: let the child ask for it by its name"]);
		const { run, execution, token } = folder.notes.assignment;
		const childPlace = { workspace: place.workspace, flow: target.flow, number: target.number, run: child.id };
		const some = Object.keys(given).length > 0;
		const header: ChildRequest = {
			...{
				run,
				execution,
				token,
				task: await taskId(this.#parent.key, run, key),
				id: child.id,
				flow: target.flow,
				pool: child.pool,
				labels: child.labels,
			},
			...{ detached: child.detached, version: target.version, step: child.step, parameters: some ? 0 : null },
		};
		const parts = some ? [await sealParameters(this.#parent.key, childPlace, given)] : [];
		await connection.insist({ path: "child", header, parts, answer: ChildAnswer, signal });
	}

	/** The same version for all children of this process: a deploy in the middle of a fan-out does not divide it. */
	#target(flow: string, number: number | null): Promise<Target> {
		const name = `${flow} ${number}`;
		let target = this.#targets.get(name);
		if (!target) {
			target = this.#fetchTarget(flow, number);
			target.catch(() => this.#targets.delete(name));
			this.#targets.set(name, target);
		}
		return target;
	}

	async #fetchTarget(flow: string, number: number | null): Promise<Target> {
		const { connection, key } = this.#parent;
		const { header, parts } = await connection.insist({ path: "target", header: { flow, number }, answer: TargetAnswer, signal: this.#ended.signal });
		if (header.flow !== flow || (number !== null && header.number !== number))
			throw new SealError("altered", `version ${header.number} of ${header.flow} was sent for a child of ${flow}`);
		const sealed = parts[header.manifest];
		if (!sealed) throw new SealError("format", "the manifest is missing in the control plane's answer");
		const manifest = await openManifest(key, { workspace: key.workspace, flow, number: header.number }, sealed, header.address);
		return { version: header.version, number: header.number, flow, schema: manifest.parameters };
	}

	#note(id: string): void {
		this.#made?.add(id);
		try {
			appendFileSync(this.#parent.folder.at(MADE), `${id}\n`, { mode: 0o600 });
		} catch {
			// On a full disk it is asked for again, which is harmless.
		}
	}

	#refuse(key: string, child: ChildRecord, error: unknown): void {
		const known = error instanceof ParameterError || error instanceof GatewayError || error instanceof SealError || error instanceof RangeError;
		const flow = child.flow ?? this.#parent.place.flow;
		const message = `the child run of ${flow} could not be made: ${known ? (error as Error).message : `unexpected: ${(error as Error).message}`}`;
		this.refused.set(key, message);
		const content: ErrorContent = { type: "ChildError", module: "tidegate", message, traceback: message, frames: [] };
		try {
			this.#parent.inbox.post({
				type: "answer",
				key,
				state: "failed",
				value: null,
				by: null,
				error: content,
				child: { run: child.id, flow, state: "refused" },
			});
		} catch {
			// On a full disk the flow waits; its end tells.
		}
	}
}

function readMade(folder: RunFolder): Set<string> {
	try {
		return new Set(readFileSync(folder.at(MADE), "utf8").split("\n").filter(Boolean));
	} catch {
		return new Set();
	}
}
