/** Messages to a running process: files of its run directory, in order, which its SDK looks for. */
import { readdirSync } from "node:fs";
import type { ErrorContent, ResultContent } from "../protocol/content.ts";
import type { AnswerState } from "../protocol/states.ts";
import type { RunFolder } from "./folder.ts";
import { readJson } from "./home.ts";

export type Message =
	| { type: "cancel" }
	/** `paused: false`: somebody thought better of it. */
	| { type: "pause"; paused: boolean }
	| AnswerMessage;

export interface AnswerMessage {
	type: "answer";
	key: string;
	state: AnswerState;
	/** Of a child: what it returned, where that is JSON. */
	value: unknown;
	/** Who answered, for people. */
	by: string | null;
	/** Of a child that returned no JSON: its type, size and a short repr, in place of the value. */
	described?: ResultContent;
	/** Of a child that did not succeed, or that could not be made. */
	error?: ErrorContent | null;
	child?: { run: string; flow: string; state: string };
}

export class Inbox {
	readonly #folder: RunFolder;
	#last: number | undefined;

	constructor(folder: RunFolder) {
		this.#folder = folder;
	}

	/** Throws where the disk is full. */
	post(message: Message): void {
		this.#last ??= this.#found();
		this.#folder.write(`inbox/${String(++this.#last).padStart(4, "0")}.json`, `${JSON.stringify(message)}\n`);
	}

	/** Keys of the answers that lie there. */
	answered(): string[] {
		try {
			return readdirSync(this.#folder.at("inbox")).flatMap((name) => {
				const message = name.endsWith(".json") ? readJson(this.#folder.at(`inbox/${name}`)) : null;
				return message && typeof message === "object" && "key" in message ? [String(message.key)] : [];
			});
		} catch {
			return [];
		}
	}

	#found(): number {
		try {
			return Math.max(0, ...readdirSync(this.#folder.at("inbox")).map((name) => Number.parseInt(name, 10) || 0));
		} catch {
			return 0;
		}
	}
}
