/** What left these premises, and when: one line for each sealed stretch that the control plane acknowledged. For the customer's own security team; never read by the agent. */
import { renameSync, rmSync, statSync } from "node:fs";
import { appendFile } from "node:fs/promises";
import type { Output } from "./output.ts";

/** A file of the ledger, and how many older ones are kept: some 500,000 lines. Bytes. */
const MAX_FILE = 16 * 1024 * 1024;
const KEPT = 4;

export interface Entry {
	kind: "segment" | "finish" | "lock" | "fenced";
	run?: string;
	execution?: number;
	/** Of a package list. */
	version?: string;
	stream?: string;
	start?: number;
	end?: number;
	/** Sealed bytes. */
	bytes?: number;
	/** Events told in the clear parts: type and count. */
	events?: number;
	/** A finish's outcome, or why an execution was given up. */
	why?: string;
}

export class Ledger {
	readonly #path: string;
	readonly #output: Output;
	#lines: string[] = [];
	#writing: Promise<void> | undefined;
	#failed = false;

	constructor(path: string, output: Output) {
		this.#path = path;
		this.#output = output;
	}

	note(entries: Entry[]): void {
		if (entries.length === 0) return;
		const at = new Date().toISOString();
		for (const entry of entries) this.#lines.push(`${JSON.stringify({ at, ...entry })}\n`);
		this.#writing ??= this.#write();
	}

	/** Resolves once everything noted so far is on disk. */
	async close(): Promise<void> {
		while (this.#writing) await this.#writing;
	}

	async #write(): Promise<void> {
		while (this.#lines.length > 0) {
			const lines = this.#lines.splice(0).join("");
			try {
				this.#rotate();
				await appendFile(this.#path, lines, { mode: 0o600 });
				this.#failed = false;
			} catch (error) {
				// A full disk must not stop the runs; it is said once.
				if (!this.#failed) this.#output.warn(`the ledger ${this.#path} cannot be written: ${(error as Error).message}`);
				this.#failed = true;
			}
		}
		this.#writing = undefined;
	}

	#rotate(): void {
		const size = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
		if (size < MAX_FILE) return;
		rmSync(`${this.#path}.${KEPT}`, { force: true });
		for (let age = KEPT - 1; age >= 0; age--) {
			const from = age === 0 ? this.#path : `${this.#path}.${age}`;
			if (statSync(from, { throwIfNoEntry: false })) renameSync(from, `${this.#path}.${age + 1}`);
		}
	}
}
