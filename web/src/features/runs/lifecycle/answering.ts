/** Answers to waits, taken into drafts: what every way to one shares (time, people, events, children), so that a wait is answered once and the run goes on when it needs no more. */
import { type AnswerState, hasEnded, type RunState, type WaitKind, type WaitState } from "tidegate/protocol/states.ts";
import type { Segment } from "tidegate/protocol/wire.ts";
import type { Sql } from "../../../server/db.ts";
import { decide, type Suspension } from "../decide.ts";
import { amend, type Draft, liveOf, note } from "./draft.ts";
import { situation } from "./standing.ts";
import { readChildren, readWaits } from "./wait-statements.ts";

export interface WaitStanding {
	run: string;
	task: string;
	kind: WaitKind;
	state: WaitState;
	awaited: boolean;
}
export interface ChildStanding {
	/** Of its parent, the wait that it answers. */
	task: string;
	parent: string;
	state: RunState;
}

/** The wait must be open, and its run locked. */
export function answerWait(
	to: Draft,
	wait: Pick<WaitStanding, "task" | "kind" | "awaited">,
	state: AnswerState,
	answer: Uint8Array | null = null,
	by: string | null = null,
): void {
	const seq = note(to, { type: "answered", at: to.run.now, data: { task: wait.task, kind: wait.kind, state, by } });
	to.answered = seq;
	to.answers.push({ task: wait.task, state, answer, by, seq });
	const change = decide(situation(to, liveOf(to)), { type: "answered", awaited: to.suspendedOn?.includes(wait.task) ?? wait.awaited }, to.run.now);
	if (!("refused" in change)) amend(to, change, to.run.now);
}

const answerOf = (child: ChildStanding): AnswerState => (child.state === "succeeded" ? "answered" : "failed");

/** What the database knows of the waits that a report tells or ends with, and of their children. */
export class Waits {
	readonly #rows: Map<string, WaitStanding>;
	readonly #children: Map<string, ChildStanding>;

	private constructor(rows: WaitStanding[], children: ChildStanding[]) {
		this.#rows = new Map(rows.map((row) => [`${row.run} ${row.task}`, row]));
		this.#children = new Map(children.map((child) => [`${child.parent} ${child.task}`, child]));
	}

	/** Asks nothing where no waits are told: what most reports are like. */
	static async read(sql: Sql, runs: string[], segments: readonly Segment[], suspendedOn: readonly string[]): Promise<Waits> {
		const told = segments.flatMap(({ events }) => events.flatMap((event) => (event.type === "wait" ? [event] : [])));
		const tasks = [...new Set([...told.map(({ task }) => task), ...suspendedOn])];
		if (tasks.length === 0) return new Waits([], []);
		const asked = told.flatMap(({ task, child }) => (child === null ? [] : [task]));
		const [waits, children] = await Promise.all([
			sql.query<WaitStanding>(readWaits, [runs, tasks]),
			sql.query<ChildStanding>(readChildren, [runs, asked]),
		]);
		return new Waits(waits.rows, children.rows);
	}

	#stateOf(to: Draft, task: string): WaitState | undefined {
		if (to.answers.some((answer) => answer.task === task)) return "answered";
		const row = this.#rows.get(`${to.run.id} ${task}`);
		if (to.waits.has(task)) return row && row.state !== "closed" ? row.state : "open";
		return row?.state;
	}

	/** A child that ended before its parent told that it waits for it. */
	answerEnded(to: Draft): void {
		for (const { task, kind, child } of to.waits.values()) {
			const ended = child && this.#children.get(`${to.run.id} ${task}`);
			if (ended && hasEnded(ended.state) && this.#stateOf(to, task) === "open") answerWait(to, { task, kind, awaited: false }, answerOf(ended));
		}
	}

	suspension(to: Draft, on: readonly string[], mode: "all" | "any"): Suspension {
		const states = on.map((task) => this.#stateOf(to, task));
		const open = on.filter((_, index) => states[index] === "open");
		const kinds = new Set(open.map((task) => to.waits.get(task)?.kind ?? this.#rows.get(`${to.run.id} ${task}`)?.kind));
		const kind = (["approval", "event", "child", "time"] as const).find((each) => kinds.has(each)) ?? null;
		const needs = mode === "all" ? open.length : on.length > 0 && open.length === on.length ? 1 : 0;
		return { needs, kind, untold: states.filter((state) => state === undefined).length };
	}
}

/** A run that ends answers the wait of its parent, in the same transaction. @param parentOf the parent's draft; undefined where there is no such run any more */
export async function answerParents(sql: Sql, drafts: Draft[], parentOf: (id: string) => Draft | undefined): Promise<void> {
	const ended = drafts.filter((d) => d.run.parentTask !== null && hasEnded(d.state) && !hasEnded(d.run.state));
	if (ended.length === 0) return;
	const parents = ended.map((d) => d.run.parent as string);
	const { rows } = await sql.query<WaitStanding>(readWaits, [parents, ended.map((d) => d.run.parentTask)]);
	for (const child of ended) {
		const parent = parentOf(child.run.parent as string);
		const task = child.run.parentTask as string;
		if (!parent || hasEnded(parent.state) || parent.answers.some((answer) => answer.task === task)) continue;
		const row = rows.find((each) => each.run === parent.run.id && each.task === task && each.state === "open");
		const wait = row ?? (parent.waits.has(task) ? { task, kind: "child" as const, awaited: false } : undefined);
		if (wait) answerWait(parent, wait, child.state === "succeeded" ? "answered" : "failed");
	}
}
