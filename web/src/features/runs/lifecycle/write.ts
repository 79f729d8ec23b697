/**
 * The one writer. All that a draft holds goes out in one pipelined round trip: a compare-and-set on the run's row, which its transaction has
 * locked, then the rest. Many small rows travel as one JSON parameter; sealed stretches as parameters of their own, in binary.
 */
import type { Statement, Tx } from "../../../server/db.ts";
import { bus } from "../../../server/pubsub.ts";
import type { Draft } from "./draft.ts";
import * as sql from "./statements.ts";

type Send = (statement: Statement, params: unknown[]) => void;

const iso = (at: number | null): string | null => (at === null ? null : new Date(at).toISOString());
// As Postgres reads bytea from text.
const bytes = (sealed: Uint8Array | null): string | null =>
	sealed === null ? null : `\\x${Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength).toString("hex")}`;
const digest = (hex: string | null): string | null => (hex === null ? null : `\\x${hex}`);

function changesRun(d: Draft): boolean {
	return d.seq !== d.run.seq || d.state !== d.run.state;
}

function writeExecution(d: Draft, send: Send): void {
	const e = d.execution;
	if (!e) return;
	if (d.taken || d.startedAt !== null || d.result || d.error) {
		send(sql.touchExecution, [d.run.id, e.number, iso(d.startedAt), d.result, d.error]);
	}
	if (!d.end) return;
	const { outcome, at, code, signal, cpuSeconds, peakMemory, finish } = d.end;
	send(sql.endExecution, [
		d.run.id,
		e.number,
		outcome,
		iso(at),
		code ?? null,
		signal ?? null,
		cpuSeconds ?? null,
		peakMemory ?? null,
		finish ?? null,
	]);
}

function writeQueue(d: Draft, send: Send): void {
	const { id, workspace, pool, rank } = d.run;
	if (d.queue === "enter") send(sql.enterQueue, [id, workspace, pool, rank]);
	if (d.queue === "leave") send(sql.leaveQueue, [id]);
	const at = iso(d.finishedAt ?? d.end?.at ?? null);
	if (d.attemptOutcome) send(sql.endAttempt, [id, d.run.attempt, d.attemptOutcome, at]);
	else if (d.startedAt !== null) send(sql.startAttempt, [id, d.run.attempt, iso(d.startedAt)]);
	if (d.nextAttempt) send(sql.newAttempt, [id, d.attempt, workspace]);
}

function writeContent(d: Draft, send: Send): void {
	const { id, workspace } = d.run;
	const number = d.execution?.number ?? 0;
	if (d.events.length) {
		const rows = d.events.map((e) => ({ ...e, at: iso(e.at), sealed: bytes(e.sealed) }));
		send(sql.addEvents, [id, workspace, JSON.stringify(rows)]);
	}
	for (const c of d.chunks) send(sql.addChunk, [id, c.seq, workspace, number, c.stream, c.start, c.end, c.lines, iso(c.at), c.sealed]);
	for (const p of d.pieces) send(sql.addPiece, [id, p.artifact, p.start, p.end, workspace, number, p.sealed]);
	if (d.tasks.size) {
		const rows = [...d.tasks.values()].map((t) => ({
			...t,
			id: digest(t.id),
			map: digest(t.map),
			parents: t.parents.map(digest),
			sealed: bytes(t.sealed),
		}));
		send(sql.putTasks, [id, workspace, number, JSON.stringify(rows)]);
	}
	if (d.artifacts.length) {
		const rows = d.artifacts.map((a) => ({ ...a, task: digest(a.task), sealed: bytes(a.sealed) }));
		send(sql.addArtifacts, [id, workspace, number, JSON.stringify(rows)]);
	}
	if (d.marks.size) {
		const rows = [...d.marks].map(([stream, mark]) => ({ stream, mark }));
		send(sql.putMarks, [id, workspace, number, JSON.stringify(rows)]);
	}
}

/** After the tasks of this same report are in: what is still open then, nobody will end. */
function closeTasks(d: Draft, send: Send): void {
	if (!d.execution || !d.end) return;
	const { outcome, at } = d.end;
	const unbegun = outcome === "succeeded" || outcome === "failed" ? "skipped" : "cancelled";
	send(sql.closeTasks, [d.run.id, d.execution.number, unbegun, iso(at)]);
}

/** Writes the drafts, of different runs, each of which `tx` holds locked. Whoever waits is woken after the commit. */
export async function write(tx: Tx, drafts: Draft[]): Promise<void> {
	const sent: Promise<{ rowCount: number | null }>[] = [];
	const send: Send = (statement, params) => void sent.push(tx.query(statement, params));
	const sets: Promise<{ rowCount: number | null }>[] = [];
	for (const d of drafts) {
		if (changesRun(d)) {
			const { id, state, seq } = d.run;
			const set = tx.query(sql.setRun, [
				id,
				state,
				seq,
				d.state,
				d.attempt,
				d.seq,
				d.logBytes,
				iso(d.startedAt),
				iso(d.finishedAt),
				d.cancelRequested,
			]);
			sets.push(set);
			sent.push(set);
		}
		writeExecution(d, send);
		writeQueue(d, send);
		writeContent(d, send);
		closeTasks(d, send);
	}
	await Promise.all(sent);
	for (const set of sets) if ((await set).rowCount !== 1) throw new Error("a run changed while its row was locked");
	tx.afterCommit(() => {
		for (const d of drafts) {
			if (changesRun(d)) bus.run({ workspace: d.run.workspace, flow: d.run.flow, run: d.run.id });
			if (d.queue === "enter") bus.pool(d.run.pool);
			if (d.cancelRequested && d.execution) bus.agent(d.execution.agent);
		}
	});
}
