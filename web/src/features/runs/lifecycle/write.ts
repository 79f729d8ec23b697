/**
 * The one writer. All that the drafts hold goes out in one pipelined round trip: a compare-and-set on the runs' rows, which their transaction has
 * locked, then the rest. Many small rows travel as one JSON parameter; sealed stretches as parameters of their own, in binary.
 */
import type { QueryResult } from "pg";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import type { Statement, Tx } from "../../../server/db.ts";
import { bus } from "../../../server/pubsub.ts";
import type { Draft } from "./draft.ts";
import * as sql from "./statements.ts";
import * as waitSql from "./wait-statements.ts";

type Row = Record<string, unknown>;

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
// As Postgres reads bytea from text.
const bytes = (sealed: Uint8Array | null | undefined): string | null =>
	sealed ? `\\x${Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString("hex")}` : null;
const digest = (hex: string | null): string | null => (hex === null ? null : `\\x${hex}`);

const changesRun = (d: Draft): boolean => d.seq !== d.run.seq || d.state !== d.run.state || d.needs !== d.run.needs;
const endsNow = (d: Draft): boolean => hasEnded(d.state) && !hasEnded(d.run.state);
const hasWaits = (d: Draft): boolean => d.run.waits > 0 || d.waits.size > 0;
const changesExecution = (d: Draft): boolean =>
	d.taken || d.startedAt !== null || d.result !== null || d.error !== null || d.end !== null || d.attemptOutcome !== null;

const runRow = (d: Draft): Row => ({
	id: d.run.id,
	was: d.run.state,
	from: d.run.seq,
	state: d.state,
	attempt: d.attempt,
	seq: d.seq,
	bytes: d.logBytes,
	started: iso(d.startedAt),
	finished: iso(d.finishedAt),
	cancel: d.cancelRequested,
	paused: d.paused,
	for: d.waitingFor,
	needs: d.needs,
	due: iso(d.dueAt),
	lost: d.lost,
	store: d.store,
	told: d.waits.size,
	answered: d.answered,
});

function executionRow(d: Draft): Row {
	const { outcome, at, code, signal, cpuSeconds, peakMemory, finish } = d.end ?? { outcome: null, at: null };
	const ends = d.attemptOutcome ? iso(d.end?.at ?? d.finishedAt) : null;
	return {
		run: d.run.id,
		number: d.execution?.number ?? null,
		attempt: d.run.attempt,
		started: iso(d.startedAt),
		result: bytes(d.result),
		error: bytes(d.error),
		...{ outcome, at: iso(at), code, signal, cpu: cpuSeconds, memory: peakMemory, finish: bytes(finish) },
		unbegun: outcome === "succeeded" || outcome === "failed" ? "skipped" : "cancelled",
		attemptOutcome: d.attemptOutcome,
		attemptEnd: ends,
	};
}

/** Where a row belongs. */
const place = (d: Draft): Row => ({ run: d.run.id, workspace: d.run.workspace, execution: d.execution?.number ?? null });
const eventRows = (d: Draft): Row[] => d.events.map((e) => ({ ...place(d), ...e, at: iso(e.at), sealed: bytes(e.sealed) }));
const markRows = (d: Draft): Row[] => [...d.marks].map(([stream, mark]) => ({ ...place(d), stream, mark }));
const artifactRows = (d: Draft): Row[] => d.artifacts.map((a) => ({ ...place(d), ...a, task: digest(a.task), sealed: bytes(a.sealed) }));
const waitRows = (d: Draft): Row[] =>
	[...d.waits.values()].map((w) => ({ ...place(d), ...w, task: digest(w.task), event: digest(w.event), sealed: bytes(w.sealed) }));
const answerRows = (d: Draft): Row[] => d.answers.map((a) => ({ ...place(d), ...a, task: digest(a.task), answer: bytes(a.answer) }));
const OVER = ["succeeded", "failed", "cancelled", "skipped"];
const taskRows = (d: Draft): Row[] =>
	[...d.tasks.values()].map((t) => ({
		...place(d),
		...t,
		id: digest(t.id),
		map: digest(t.map),
		parents: t.parents.map(digest),
		sealed: bytes(t.sealed),
	}));

function wake(drafts: Draft[]): void {
	for (const d of drafts) {
		if (changesRun(d)) bus.run({ workspace: d.run.workspace, flow: d.run.flow, run: d.run.id });
		if (d.queue === "enter") bus.pool(d.run.pool);
		if (d.end) bus.freed(d.run.pool);
		if (d.hook) bus.pool(d.run.pool);
		if (d.execution && !d.end && (d.cancelRequested || d.answers.length || d.paused !== d.run.paused)) bus.agent(d.execution.agent);
	}
}

/** What becomes of the waits of one run; nothing is sent where there are none. */
function sendWaits(d: Draft, send: (statement: Statement, params: unknown[]) => void): void {
	if (!hasWaits(d)) return;
	const bytesOf = (ids: string[]): Buffer[] => ids.map((id) => Buffer.from(id, "hex"));
	if (d.suspendedOn) send(waitSql.awaitThese, [d.run.id, bytesOf(d.suspendedOn)]);
	const over = [...d.tasks.values()].filter((task) => OVER.includes(task.state)).map((task) => task.id);
	if (over.length || endsNow(d)) send(waitSql.closeWaits, [d.run.id, endsNow(d), bytesOf(over)]);
	if (endsNow(d) && !d.end) send(waitSql.closeTasks, [d.run.id]);
}

/** Writes the drafts, of different runs, each of which `tx` holds locked. Whoever waits is woken after the commit. */
export async function write(tx: Tx, drafts: Draft[]): Promise<void> {
	const sent: Promise<QueryResult>[] = [];
	const send = (statement: Statement, params: unknown[]): void => void sent.push(tx.query(statement, params));
	const sendRows = (statement: Statement, rows: Row[]): void => void (rows.length && send(statement, [JSON.stringify(rows)]));
	const changed = drafts.filter(changesRun);
	if (changed.length)
		send(sql.setRuns, [changed.map((d) => d.run.id), JSON.stringify(changed.map(runRow)), JSON.stringify(changed.flatMap(eventRows))]);
	sendRows(sql.putMarks, drafts.flatMap(markRows));
	sendRows(sql.putTasks, drafts.flatMap(taskRows));
	sendRows(sql.addArtifacts, drafts.flatMap(artifactRows));
	const executions = drafts.filter(changesExecution);
	if (executions.length) send(sql.setExecutions, [executions.map((d) => d.run.id), JSON.stringify(executions.map(executionRow))]);
	sendRows(waitSql.putWaits, drafts.flatMap(waitRows));
	const answered = drafts.flatMap(answerRows);
	if (answered.length) send(waitSql.putAnswers, [answered.map(({ run }) => run), JSON.stringify(answered)]);
	for (const d of drafts) sendWaits(d, send);
	for (const d of drafts) {
		const { id, workspace, pool, rank } = d.run;
		const number = d.execution?.number;
		for (const c of d.chunks) send(sql.addChunk, [id, c.seq, workspace, number, c.stream, c.start, c.end, c.lines, iso(c.at), c.sealed]);
		for (const p of d.pieces) send(sql.addPiece, [id, p.artifact, p.start, p.end, workspace, number, p.sealed]);
		if (d.queue === "enter") send(sql.enterQueue, [id, workspace, pool, rank, d.store]);
		if (d.queue === "leave") send(sql.leaveQueue, [id]);
		if (d.hook) send(waitSql.addHook, [id, uuidv7(), d.hook]);
		if (d.nextAttempt) send(sql.newAttempt, [id, d.attempt, workspace]);
	}
	const [first] = await Promise.all(sent);
	if (changed.length && first?.rowCount !== changed.length) throw new Error("a run changed while its row was locked");
	tx.afterCommit(() => wake(drafts));
}
