/** One run directory and what the agent notes in it: by these notes alone a restarted agent finds its executions and carries on. */
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { ProcessIdentity } from "../executors/identity.ts";
import { base64, fromBase64 } from "../protocol/bytes.ts";
import { FlowOptions } from "../protocol/manifest.ts";
import { Assignment, type ExecutionRef } from "../protocol/wire.ts";
import { readJson } from "./home.ts";

/** The run directory's own contract with the SDK: decisions/0001-run-directory.md and 0007-inside-a-run.md. */
export const CONTRACT = 2;

export const Notes = z.object({
	assignment: Assignment,
	/** Sealed parameters, base64: an agent that restarts before the start begins anew. */
	parameters: z.string().nullable(),
	/** When the process began, ISO. */
	startedAt: z.string().nullable(),
	/** Known once the process was started. */
	process: ProcessIdentity.nullable(),
	/** Somebody asked for its end. */
	cancelled: z.boolean(),
	/** How it ended where no process tells: before its start. */
	end: z.object({ outcome: z.enum(["failed", "cancelled", "lost", "refused"]), note: z.string().nullable() }).nullable(),
	/** How far the control plane has each stream, as it last said. */
	marks: z.record(z.string(), z.int()),
	/** Sealed, base64: the task that it resumes another run from, and what its parent failed with. */
	from: z.string().nullable().default(null),
	error: z.string().nullable().default(null),
	/** What its flow asks for; known once its version was opened. */
	options: FlowOptions.nullable().default(null),
	/** Those of this host that it has. */
	gpus: z.array(z.string()).default([]),
	/** Processes that the kernel had ended for want of memory before it began. */
	kills: z.int().nullable().default(null),
	/** Why it was ended here. */
	breach: z
		.object({ kind: z.enum(["memory", "time"]), note: z.string() })
		.nullable()
		.default(null),
	/** Number of the newest answer that lies in its inbox. */
	answered: z.int().default(0),
	/** The tree of links, where the project is too large for a copy. */
	address: z.string().nullable(),
});
export type Notes = z.infer<typeof Notes>;

/** What came with an assignment in parts of its own. */
export type Sealed = Record<"parameters" | "from" | "error", Uint8Array | null>;

/** What processes of a run could not write: decisions/0001-run-directory.md. */
export const LOST = "lost";
export const MAX_LOST = 4096;
/** A file of one byte has a whole block; it becomes a stream of the log where the disk has no other. */
const SPARE = "spare";
const SPARE_LOG = "log.0.ndjson";

/** Why nothing more is reported of a run directory. */
export type Closed = "reported" | "fenced";

export class RunFolder {
	readonly path: string;
	readonly notes: Notes;
	/** Files whose last line may be cut short. */
	readonly #torn = new Set<string>();

	private constructor(path: string, notes: Notes) {
		this.path = path;
		this.notes = notes;
	}

	/** The folder of a new execution; nothing is written before {@link make}. */
	static plan(runs: string, assignment: Assignment, sealed: Sealed): RunFolder {
		const path = join(runs, nameOf(assignment));
		const notes: Notes = {
			assignment,
			parameters: sealed.parameters && base64(sealed.parameters),
			from: sealed.from && base64(sealed.from),
			error: sealed.error && base64(sealed.error),
			options: null,
			gpus: [],
			kills: null,
			breach: null,
			answered: 0,
			startedAt: null,
			process: null,
			cancelled: false,
			end: null,
			marks: {},
			address: null,
		};
		return new RunFolder(path, notes);
	}

	/** Throws where the disk is full or the folder cannot be written. */
	make(): void {
		mkdirSync(this.path, { recursive: true, mode: 0o700 });
		this.save();
	}

	/** What a run directory says of itself; null where it was never ours, or was cut short before it began. */
	static read(path: string): RunFolder | null {
		const notes = Notes.safeParse(readJson(join(path, "agent.json")));
		return notes.success ? new RunFolder(path, notes.data) : null;
	}

	/** Every folder that may hold something to report, oldest run first. */
	static open(runs: string): RunFolder[] {
		return list(runs)
			.filter((path) => closed(path) === null)
			.flatMap((path) => RunFolder.read(path) ?? []);
	}

	get ref(): ExecutionRef {
		return { run: this.notes.assignment.run, execution: this.notes.assignment.execution };
	}

	/** One of the sealed parts that came with the assignment. */
	sealed(part: keyof Sealed): Uint8Array | null {
		const kept = this.notes[part];
		return kept === null ? null : fromBase64(kept);
	}

	at(name: string): string {
		return join(this.path, name);
	}

	/** Throws where the disk is full; what stood there before stays whole. */
	save(): void {
		this.write("agent.json", `${JSON.stringify(this.notes)}\n`);
	}

	/** True where the notes are gone that stand there from the first moment: a flow may remove the folder that it runs in. */
	get removed(): boolean {
		try {
			statSync(this.at("agent.json"));
			return false;
		} catch (error) {
			return (error as NodeJS.ErrnoException).code === "ENOENT";
		}
	}

	/** Whole or not at all, 0600. */
	write(name: string, content: string): void {
		const draft = this.at(`.${name.replaceAll("/", "_")}.draft`);
		writeFileSync(draft, content, { mode: 0o600 });
		renameSync(draft, this.at(name));
	}

	/** 0600; whoever may read it meanwhile needs {@link write}. */
	put(name: string, content: string): void {
		writeFileSync(this.at(name), content, { mode: 0o600 });
	}

	/** One more record of a stream. On a full disk it goes, of the log, into {@link SPARE}, which has room for a few; of others it is missing, and the finish says so. */
	append(name: string, record: object): void {
		const line = `${JSON.stringify(record)}\n`;
		try {
			this.#append(name, line);
		} catch {
			if (name !== "log.agent.ndjson") return;
			try {
				if (existsSync(this.at(SPARE))) renameSync(this.at(SPARE), this.at(SPARE_LOG));
				this.#append(SPARE_LOG, line);
			} catch {
				// The finish says what there was to say.
			}
		}
	}

	#append(name: string, line: string): void {
		// What a full disk has cut short ends there, so that readers skip only that.
		const text = this.#torn.has(name) ? `\n${line}` : line;
		this.#torn.add(name);
		appendFileSync(this.at(name), text, { mode: 0o600 });
		this.#torn.delete(name);
	}

	/** Before its process begins: what is told on a full disk is written over what stands there. */
	makeRoom(): void {
		this.put(LOST, `${" ".repeat(127)}\n`.repeat(MAX_LOST / 128));
		this.put(SPARE, "\n");
	}

	/** Nothing more is reported of it. On a full disk the mark is missing, and a restarted agent reports again, which is harmless. */
	close(why: Closed): void {
		try {
			this.put(why, `${new Date().toISOString()}\n`);
		} catch {
			// Said above.
		}
	}
}

export const nameOf = ({ run, execution }: ExecutionRef): string => `${run}.${execution}`;

/** Run directories, oldest run first: their names begin with a UUIDv7. */
export function list(runs: string): string[] {
	return readdirSync(runs)
		.filter((name) => /^[0-9a-f-]{36}\.\d+$/.test(name))
		.sort()
		.map((name) => join(runs, name));
}

export function closed(path: string): Closed | null {
	return existsSync(join(path, "reported")) ? "reported" : existsSync(join(path, "fenced")) ? "fenced" : null;
}

/** When the folder was closed, milliseconds since 1970. */
export function closedAt(path: string): number {
	return Math.max(...(["reported", "fenced"] as const).map((why) => timeOf(join(path, why))));
}

function timeOf(path: string): number {
	try {
		return Date.parse(readFileSync(path, "utf8").trim()) || statSync(path).mtimeMs;
	} catch {
		return 0;
	}
}
