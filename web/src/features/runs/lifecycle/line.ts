/** Runs that come of other runs: children, and those that resume what has ended. Made as any run, then tied to where they come from in the same transaction. */
import { MAX_CHILDREN, MAX_DEPTH } from "tidegate/protocol/limits.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import type { ChildRequest } from "tidegate/protocol/wire.ts";
import type { Tx } from "../../../server/db.ts";
import { Refused } from "../../../server/errors.ts";
import { createRun, type NewRun } from "../lifecycle.ts";
import { draft, note } from "./draft.ts";
import type { Reporter } from "./reporter.ts";
import { stand } from "./standing.ts";
import { write } from "./write.ts";

export interface Resumes {
	run: string;
	/** Sealed key of the task from which on all is done again. */
	from: Buffer | null;
	changed: "rerun" | "keep";
}

/** Without a pool of its own it goes to that of the run it resumes, whose agents reach its store. The ended run is locked, so that of two who resume it at once one is told of the other. @throws Refused unknown_run, conflict, resumed_already, nothing_to_resume. */
export async function createResuming(
	tx: Tx,
	asked: NewRun,
	resumes: Resumes | undefined,
	refresh: boolean,
	ownPool: boolean,
): Promise<Awaited<ReturnType<typeof createRun>>> {
	let store: string | null = null;
	let run = asked;
	if (resumes) {
		const before = (await stand(tx, [resumes.run], [], false)).runs.get(resumes.run);
		if (!before || before.workspace !== run.workspaceId || before.flow !== run.flowId)
			throw new Refused("unknown_run", `There is no run ${resumes.run} of this flow in this workspace to go on from.`);
		if (!hasEnded(before.state)) throw new Refused("conflict", `Run ${resumes.run} is ${before.state}: it can be relaunched once it has ended.`);
		await assertWhole(tx, resumes.run);
		if (before.state === "succeeded" && !resumes.from && !refresh) await assertLeft(tx, resumes.run, run.versionId);
		const { rows } = await tx.query<{ id: string; by: string }>(
			"SELECT id, created_by AS by FROM run WHERE resumes_id = $1 AND id <> $2 AND state NOT IN ('succeeded', 'failed', 'cancelled') LIMIT 1",
			[resumes.run, run.id],
		);
		if (rows[0]) throw new Refused("resumed_already", `${rows[0].by} relaunched it already, as run ${rows[0].id}, which still goes on.`);
		const last = await tx.query<{ store: string | null }>(
			"SELECT store FROM execution WHERE run_id = $1 AND store IS NOT NULL ORDER BY number DESC LIMIT 1",
			[resumes.run],
		);
		if (!ownPool) run = { ...run, poolId: before.pool };
		store = before.store ?? last.rows[0]?.store ?? null;
	}
	const made = await createRun(tx, run);
	if (!made.created) return made;
	await tx.query("UPDATE run SET resumes_id = $2, resumes_from = $3, resumes_changed = $4, refresh = $5, store = $6 WHERE id = $1", [
		...[run.id, resumes?.run ?? null, resumes?.from ?? null, resumes?.changed ?? null, refresh, store],
	]);
	if (store) await tx.query("UPDATE queue_entry SET store = $2 WHERE run_id = $1", [run.id, store]);
	return made;
}

/** A hook's run and one that does a single task have no parameters of their flow's: they belong to their parents. @throws Refused conflict */
async function assertWhole(tx: Tx, run: string): Promise<void> {
	const { rows } = await tx.query<{ parent: string; step: string | null; hook: string | null }>(
		"SELECT parent_id AS parent, step, hook FROM run WHERE id = $1 AND (step IS NOT NULL OR hook IS NOT NULL)",
		[run],
	);
	const [part] = rows;
	if (!part) return;
	const does =
		part.step === null ? `is what was done after the ${part.hook} of run ${part.parent}` : `does the task ${part.step} of run ${part.parent}`;
	throw new Refused("conflict", `Run ${run} ${does}: relaunch that one.`);
}

/** Of a run that succeeded, another version does what has changed, and a mark by hand or a task that failed and was caught may come out otherwise. @throws Refused nothing_to_resume */
async function assertLeft(tx: Tx, run: string, version: string): Promise<void> {
	const { rows } = await tx.query<{ number: number }>(
		`SELECT v.number FROM run r JOIN version v ON v.id = r.version_id WHERE r.id = $1 AND r.version_id = $2
			AND NOT EXISTS (SELECT FROM task WHERE run_id = r.id AND state <> 'succeeded') AND NOT EXISTS (SELECT FROM task_mark WHERE run_id = r.id)`,
		[run, version],
	);
	const [same] = rows;
	if (!same) return;
	const why = `Run ${run} succeeded, so version ${same.number} has nothing to go on with: all its tasks are done.`;
	throw new Refused("nothing_to_resume", `${why} Choose the task to begin at (--from TASK), or run the flow anew from the start.`);
}

export interface Made {
	id: string;
	flow: string;
	number: number;
	depth: number;
}

const readChild = {
	name: "read-child",
	text: `SELECT r.id, f.name AS flow, v.number, r.depth FROM run r JOIN flow f ON f.id = r.flow_id JOIN version v ON v.id = r.version_id
		WHERE r.id = (SELECT id FROM run WHERE parent_id = $1 AND parent_task = $2 LIMIT 1)`,
};

/** The parent of a child that is asked for: its execution must be the live one, and the asker's own. @throws Refused fenced as conflict */
export async function standParent(tx: Tx, who: Reporter, asked: Pick<ChildRequest, "run" | "execution" | "token">) {
	const { runs, executions } = await stand(tx, [asked.run], [], false);
	const execution = executions.find((one) => one.number === asked.execution && one.outcome === null);
	const run = runs.get(asked.run);
	if (!run || !execution || execution.token !== asked.token || execution.agent !== who.agent)
		throw new Refused("conflict", `Execution ${asked.execution} of run ${asked.run} is not this agent's any more.`);
	return { run, execution };
}

/** @returns the child that the task has already */
export async function childOf(tx: Tx, asked: Pick<ChildRequest, "run" | "task">): Promise<Made | undefined> {
	return (await tx.query<Made>(readChild, [asked.run, Buffer.from(asked.task, "hex")])).rows[0];
}

/** @throws Refused too_deep, too_many, conflict. */
export async function createChild(
	tx: Tx,
	parent: Awaited<ReturnType<typeof standParent>>,
	asked: ChildRequest,
	run: NewRun,
): Promise<{ depth: number }> {
	const { rows } = await tx.query<{ depth: number; children: number; by: string }>(
		"SELECT depth, children, created_by AS by FROM run WHERE id = $1",
		[asked.run],
	);
	const { depth, children, by } = rows[0] as { depth: number; children: number; by: string };
	if (parent.run.state === "cancelling") throw new Refused("conflict", `Run ${asked.run} is being cancelled: it gets no more children.`);
	if (depth >= MAX_DEPTH)
		throw new Refused(
			"too_deep",
			`Run ${asked.run} lies ${depth} children deep, and at most ${MAX_DEPTH} are taken: look for flows that call each other in a circle.`,
		);
	if (children >= MAX_CHILDREN) throw new Refused("too_many", `Run ${asked.run} has ${children} children, at most ${MAX_CHILDREN} are taken.`);
	const made = await createRun(tx, { ...run, createdBy: by });
	if (!made.created) throw new Refused("id_taken", `The id ${asked.id} is taken by a run that is no child of ${asked.run}: make a new one.`);
	const { step = null } = asked;
	const noted = draft(parent.run, parent.execution);
	note(noted, { type: "child", at: parent.run.now, data: { task: asked.task, run: asked.id, flow: asked.flow } });
	await Promise.all([
		tx.query(
			"UPDATE run SET parent_id = $2, parent_task = $3, depth = $4, detached = $5, step = $6, hooks = CASE WHEN $6::text IS NULL THEN hooks ELSE '{}' END WHERE id = $1",
			[...[asked.id, asked.run, Buffer.from(asked.task, "hex"), depth + 1, asked.detached, step]],
		),
		tx.query("UPDATE run SET children = children + 1 WHERE id = $1", [asked.run]),
		write(tx, [noted]),
	]);
	return { depth: depth + 1 };
}
