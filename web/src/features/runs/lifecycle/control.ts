/** What people do to runs that go on, besides cancelling them; and to tasks of runs that have ended. Audited, in the same transaction. */
import { hasEnded, type RunState } from "tidegate/protocol/states.ts";
import { audit } from "../../../server/audit.ts";
import type { Tx } from "../../../server/db.ts";
import { Refused } from "../../../server/errors.ts";
import { settle } from "../lifecycle.ts";
import { draft, note } from "./draft.ts";
import { stand } from "./standing.ts";
import { write } from "./write.ts";

export interface By {
	workspace: { id: string };
	actor: string;
}

const unknownRun = (id: string): Refused => new Refused("unknown_run", `There is no run ${id} in this workspace.`);

/** At its next task, or at once where no process of it runs. @throws Refused unknown_run, run_ended, conflict. */
export async function pauseRun(tx: Tx, by: By, run: string): Promise<{ id: string; state: RunState }> {
	const settled = await settle(tx, run, by.workspace.id, { type: "pause", by: by.actor });
	if (!settled) throw unknownRun(run);
	if ("refused" in settled.done) {
		if (settled.done.refused === "ended") throw new Refused("run_ended", `Run ${run} has ended: there is nothing to pause.`);
		if (settled.state === "cancelling") throw new Refused("conflict", `Run ${run} is being cancelled: it can't be paused any more.`);
		return { id: run, state: settled.state };
	}
	await audit(tx, by, "run.pause", run);
	return { id: run, state: settled.state };
}

/** Where its store is out of reach for good: what was remembered there is done again. @returns false where the run is in no state to leave it */
async function leaveStore(tx: Tx, run: string, workspace: string): Promise<boolean> {
	await tx.query("SELECT FROM queue_entry WHERE run_id = $1 FOR UPDATE", [run]);
	const { rowCount } = await tx.query("UPDATE run SET store = NULL WHERE id = $1 AND workspace_id = $2 AND state IN ('queued', 'held', 'waiting')", [
		run,
		workspace,
	]);
	await tx.query("UPDATE queue_entry SET store = '' WHERE run_id = $1", [run]);
	return Boolean(rowCount);
}

/** @param scratch without what its store holds, on any agent @throws Refused unknown_run, run_ended, conflict. */
export async function resumeRun(tx: Tx, by: By, run: string, scratch: boolean): Promise<{ id: string; state: RunState }> {
	const left = scratch && (await leaveStore(tx, run, by.workspace.id));
	const settled = await settle(tx, run, by.workspace.id, { type: "resume", by: by.actor });
	if (!settled) throw unknownRun(run);
	if ("refused" in settled.done && !left) {
		if (settled.done.refused === "ended") throw new Refused("run_ended", `Run ${run} has ended: relaunch it from where it failed instead.`);
		throw new Refused("conflict", `Run ${run} is ${settled.state}, not paused: there is nothing to resume.`);
	}
	await audit(tx, by, "run.resume", run, scratch ? { scratch: "true" } : {});
	return { id: run, state: settled.state };
}

/** Bytes of all marks of one run: they go along with the first answer to a run that resumes it, beside all other answers. */
const MAX_MARKED = 2 * 1024 * 1024;

export interface NewMark {
	run: string;
	task: string;
	state: "succeeded" | "skipped";
	/** Sealed to the run and its task. */
	value: Buffer;
}

/** A task of an ended run counts as ended so in the runs that resume it. @throws Refused unknown_run, unknown_task, conflict, too_large. */
export async function markTask(tx: Tx, by: By, { run, task, state, value }: NewMark): Promise<void> {
	const standing = (await stand(tx, [run], [], false)).runs.get(run);
	if (!standing || standing.workspace !== by.workspace.id) throw unknownRun(run);
	if (!hasEnded(standing.state))
		throw new Refused("conflict", `Run ${run} is ${standing.state}: a task can be marked once its run has ended, for the run that resumes it.`);
	const id = Buffer.from(task, "hex");
	const { rowCount } = await tx.query("SELECT FROM task WHERE run_id = $1 AND id = $2", [run, id]);
	if (!rowCount) throw new Refused("unknown_task", `Run ${run} told no such task.`);
	const { rows: marks } = await tx.query<{ bytes: number }>(
		"SELECT coalesce(sum(length(sealed)), 0)::int AS bytes FROM task_mark WHERE run_id = $1 AND task <> $2",
		[run, id],
	);
	if ((marks[0]?.bytes ?? 0) + value.length > MAX_MARKED)
		throw new Refused(
			"too_large",
			`The values set by hand in run ${run} come to more than ${MAX_MARKED / 1024 / 1024} MiB: the run that resumes it takes no more.`,
		);
	const marked = draft(standing, undefined);
	note(marked, { type: "marked", at: standing.now, data: { task, state, by: by.actor } });
	await Promise.all([
		tx.query(
			`INSERT INTO task_mark (run_id, task, workspace_id, state, sealed, by) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT (run_id, task) DO UPDATE SET state = excluded.state, sealed = excluded.sealed, by = excluded.by, at = tg_now()`,
			[run, id, by.workspace.id, state, value, by.actor],
		),
		write(tx, [marked]),
		audit(tx, by, "run.mark", run, { task, state }),
	]);
}
