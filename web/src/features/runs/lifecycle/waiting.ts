/**
 * What waiting runs are told: a time that came, a person's answer, an event. Whoever locks the run first answers; the other is told who did.
 * Children answer in their own last transaction (answering.ts).
 */
import { type AnswerState, hasEnded, type RunState, type WaitKind, type WaitState } from "tidegate/protocol/states.ts";
import { audit } from "../../../server/audit.ts";
import type { TenantDoor, Tx } from "../../../server/db.ts";
import { Refused } from "../../../server/errors.ts";
import { again } from "../../../server/ways.ts";
import { answerWait } from "./answering.ts";
import { type Draft, draft } from "./draft.ts";
import { stand } from "./standing.ts";
import { write } from "./write.ts";

interface Row {
	run: string;
	task: string;
	kind: WaitKind;
	state: WaitState;
	awaited: boolean;
	by: string | null;
	answered_at: Date | null;
}
const COLUMNS = "run_id AS run, encode(task, 'hex') AS task, kind, state, awaited, by, answered_at";

/** Locks the runs, then reads those of their waits: in that order, or an answer that was under way would not be seen. */
async function standWith(tx: Tx, runs: string[], waits: string, params: unknown[]): Promise<{ drafts: Map<string, Draft>; rows: Row[] }> {
	const [{ runs: standings, executions }, { rows }] = await Promise.all([
		stand(tx, runs, [], false),
		tx.query<Row>(`SELECT ${COLUMNS} FROM wait WHERE run_id = ANY($1::uuid[]) AND ${waits}`, [runs, ...params]),
	]);
	const drafts = new Map<string, Draft>();
	for (const [id, standing] of standings)
		drafts.set(
			id,
			draft(
				standing,
				executions.find((one) => one.run === id && one.outcome === null),
			),
		);
	return { drafts, rows };
}

/** Of one run, all that are due by now. */
export async function answerDue(tx: Tx, run: string): Promise<void> {
	const { drafts, rows } = await standWith(tx, [run], "state = 'open' AND due <= tg_now()", []);
	const to = drafts.get(run);
	if (!to || rows.length === 0) return;
	for (const row of rows) answerWait(to, row, row.kind === "time" ? "due" : "expired");
	await write(tx, [to]);
}

export interface PersonsAnswer {
	workspace: { id: string };
	actor: string;
	run: string;
	task: string;
	/** Sealed to run and task. */
	answer: Buffer;
}

const HOW: Record<Exclude<AnswerState, "answered">, string> = {
	due: "its time came",
	expired: "its deadline passed",
	failed: "what it waited for failed",
};

/** @throws Refused unknown_run, unknown_wait, run_ended, answered_already. */
export async function answerRun(tx: Tx, asked: PersonsAnswer): Promise<{ state: RunState }> {
	const { run, task, actor } = asked;
	const { drafts, rows } = await standWith(tx, [run], "task = $2", [Buffer.from(task, "hex")]);
	const to = drafts.get(run);
	if (!to || to.run.workspace !== asked.workspace.id) throw new Refused("unknown_run", `There is no run ${run} in this workspace.`);
	const wait = rows[0];
	if (wait?.kind !== "approval") throw new Refused("unknown_wait", `Run ${run} asks no such question: look at its open waits.`);
	if (wait.state === "answered")
		throw new Refused(
			"answered_already",
			`${wait.by ?? "Somebody"} answered this already, at ${wait.answered_at?.toISOString()}: the first answer counts.`,
		);
	if (wait.state === "closed" || hasEnded(to.state))
		throw new Refused(
			"run_ended",
			`Run ${run} ${hasEnded(to.state) ? `has ${to.state === "cancelled" ? "been cancelled" : to.state}` : "went on"}: nobody waits for this answer any more.`,
		);
	if (wait.state !== "open")
		throw new Refused("answered_already", `This question is closed: ${HOW[wait.state]}, at ${wait.answered_at?.toISOString()}.`);
	answerWait(to, wait, "answered", asked.answer, actor);
	await Promise.all([write(tx, [to]), audit(tx, asked, "run.answer", run, { task })]);
	return { state: to.state };
}

/** Runs that one transaction answers: their locks are held for some tens of milliseconds. */
const AT_ONCE = 200;

/** Answers every open wait for an event. @returns how many waited */
export async function sendEvent(
	door: TenantDoor,
	workspaceId: string,
	event: string,
	value: Buffer | null,
	by: string,
	only?: string,
): Promise<number> {
	const id = Buffer.from(event, "hex");
	const { rows: waiting } = await door.query<{ run: string }>(
		"SELECT DISTINCT run_id AS run FROM wait WHERE workspace_id = $1 AND event = $2 AND state = 'open' AND ($3::uuid IS NULL OR run_id = $3) ORDER BY 1",
		[workspaceId, id, only ?? null],
	);
	let answered = 0;
	for (let at = 0; at < waiting.length; at += AT_ONCE) {
		const runs = waiting.slice(at, at + AT_ONCE).map((one) => one.run);
		answered += await again(() =>
			door.transaction(async (tx) => {
				const { drafts, rows } = await standWith(tx, runs, "event = $2 AND state = 'open'", [id]);
				for (const row of rows) answerWait(drafts.get(row.run) as Draft, row, "answered", value, by);
				await write(tx, [...drafts.values()]);
				return rows.length;
			}),
		);
	}
	return answered;
}

/** What the sweep finds: runs whose own time came, runs with waits whose time came, and children whose parents were cancelled. */
export const findDue = {
	name: "sweep-due",
	text: `SELECT ARRAY(SELECT id FROM run WHERE due_at <= tg_now() AND state IN ('queued', 'waiting') ORDER BY due_at LIMIT $1) AS runs,
		ARRAY(SELECT DISTINCT run_id FROM (SELECT run_id FROM wait WHERE state = 'open' AND due <= tg_now() ORDER BY due LIMIT $1) w) AS waits,
		ARRAY(SELECT c.id FROM run p JOIN run c ON c.parent_id = p.id WHERE p.orphaning AND NOT c.detached AND c.cancel_requested_at IS NULL
			AND c.state NOT IN ('succeeded', 'failed', 'cancelled') LIMIT $1) AS orphans`,
};
/** Parents whose children have all heard of it. */
export const endOrphaning = {
	name: "end-orphaning",
	text: `UPDATE run p SET orphaning = false WHERE p.orphaning AND p.id IN (SELECT id FROM run WHERE orphaning FOR UPDATE SKIP LOCKED) AND NOT EXISTS (SELECT FROM run c WHERE c.parent_id = p.id AND NOT c.detached
		AND c.cancel_requested_at IS NULL AND c.state NOT IN ('succeeded', 'failed', 'cancelled'))`,
};
