/** What passes between a run's process and the control plane while it lives: answers and pauses in, children out. */
import type { RunPlace } from "../protocol/places.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { News } from "../protocol/wire.ts";
import { fetchAnswers, type MarkByHand } from "./answers.ts";
import { Children } from "./children.ts";
import { type Connection, mayPass } from "./connection.ts";
import type { RunFolder } from "./folder.ts";
import { Inbox } from "./inbox.ts";
import { Results } from "./results.ts";
import type { Masker } from "./secrets/masker.ts";

export interface Between {
	folder: RunFolder;
	place: RunPlace;
	key: WorkspaceKey;
	connection: Connection;
	masker(): Masker;
	/** A line for the run's log. */
	say(level: "info" | "warn", line: string): void;
	/** All children that were asked for are made, or refused. */
	onSettled(): void;
}

export class Inside {
	readonly #between: Between;
	readonly #ended = new AbortController();
	readonly inbox: Inbox;
	readonly children: Children;
	readonly results: Results;
	/** The newest that was heard, so that the control plane does not tell it again. */
	readonly heard: { answered: number; paused: boolean };
	#fetching: Promise<void> | undefined;

	constructor(between: Between) {
		this.#between = between;
		this.inbox = new Inbox(between.folder);
		this.children = new Children({ ...between, inbox: this.inbox });
		this.results = new Results(between, (message) => this.inbox.post(message), between.folder.notes.process ? this.inbox.answered() : []);
		this.heard = { answered: between.folder.notes.answered, paused: false };
	}

	/** All that the run has so far, before its process begins. Rejects as preparing does. @returns the marks by hand */
	async before(signal: AbortSignal): Promise<MarkByHand[]> {
		const { folder } = this.#between;
		const { answered, resumes } = folder.notes.assignment;
		if (answered === 0 && !resumes?.marked) return [];
		this.heard.answered = Math.max(answered, this.heard.answered);
		return this.#fetch(0, signal);
	}

	hear({ answered, paused }: News): void {
		if (paused !== this.heard.paused) {
			this.heard.paused = paused;
			this.#post(() => this.inbox.post({ type: "pause", paused }));
		}
		if (answered <= this.heard.answered) return;
		this.heard.answered = answered;
		// Before its start, the preparation fetches them.
		if (this.#between.folder.notes.process) this.#fetching ??= this.#fetchAll().finally(() => (this.#fetching = undefined));
	}

	/** Beside the signal, for where that does not reach. */
	cancel(): void {
		this.#post(() => this.inbox.post({ type: "cancel" }));
	}

	/** What came while it was prepared. */
	begun(): void {
		if (this.heard.answered > this.#between.folder.notes.answered) this.#fetching ??= this.#fetchAll().finally(() => (this.#fetching = undefined));
	}

	/** The run is another's, or the agent ends. */
	leave(): void {
		this.#ended.abort(new Error("the agent lets go of the run"));
		this.children.leave();
		this.results.leave();
	}

	async #fetchAll(): Promise<void> {
		const { folder, say } = this.#between;
		try {
			while (folder.notes.answered < this.heard.answered) {
				const before = folder.notes.answered;
				await this.#fetch(before, this.#ended.signal);
				if (folder.notes.answered === before) return;
			}
		} catch (error) {
			if (!this.#ended.signal.aborted && !mayPass(error)) say("warn", `what this run was answered could not be taken: ${(error as Error).message}`);
		}
	}

	async #fetch(after: number, signal: AbortSignal): Promise<MarkByHand[]> {
		const { folder, place, key, connection } = this.#between;
		const { run, execution, token } = folder.notes.assignment;
		const fetched = await fetchAnswers(connection, key, place, { run, execution, token }, after, signal);
		for (const message of fetched.messages) this.inbox.post(message);
		folder.notes.answered = fetched.after;
		this.#post(() => folder.save());
		return fetched.marks;
	}

	#post(write: () => void): void {
		try {
			write();
		} catch {
			// On a full disk it is told again after a restart.
		}
	}
}
