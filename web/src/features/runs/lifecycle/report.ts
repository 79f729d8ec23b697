/**
 * Takes a report of an agent: one transaction, three round trips, whatever it carries. Runs are locked and read, the segments and the finish of
 * each execution are drafted in order, and all drafts are written together. A resend finds its marks moved and changes nothing; a stranger, or
 * an agent whose execution went to another, is told `fenced` and only its finish is kept, as a note.
 */
import { MAX_TASKS, MAX_WAITS } from "tidegate/protocol/limits.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import type { ReportAnswer, ReportRequest } from "tidegate/protocol/wire.ts";
import type { TenantDoor, Tx } from "../../../server/db.ts";
import { Refused } from "../../../server/errors.ts";
import { decide, type Happening } from "../decide.ts";
import { answerParents, Waits } from "./answering.ts";
import { leaveOut } from "./artifacts.ts";
import { amend, type Draft, draft, type ExecutionEnd, note } from "./draft.ts";
import { assertAgent, type Reporter } from "./reporter.ts";
import { mayPass, type Parts, partOf, takeSegments } from "./segments.ts";
import { type ExecutionRow, type Standing, situation, stand } from "./standing.ts";
import { readMarks } from "./statements.ts";
import { write } from "./write.ts";

type Reported = ReportRequest["executions"][number];
type Answer = ReportAnswer["executions"][number];
interface MarkRow {
	run: string;
	execution: number;
	stream: string;
	mark: number;
}

/** The agent's instant, within what our own clock knows to be true: clocks differ, and pages compare these with our own. */
const between = (from: number, told: string, to: number): number => Math.min(Math.max(from, Date.parse(told)), to);

class Report {
	readonly #tx: Tx;
	readonly #agent: string;
	readonly #parts: Parts;
	readonly #runs: Map<string, Standing>;
	readonly #executions: ExecutionRow[];
	readonly #waits: Waits;
	readonly #marks = new Map<string, Map<string, number>>();
	readonly #drafts = new Map<string, Draft>();

	constructor(tx: Tx, agent: string, parts: Parts, stood: Awaited<ReturnType<typeof stand>>, marks: MarkRow[], waits: Waits) {
		this.#tx = tx;
		this.#agent = agent;
		this.#parts = parts;
		this.#runs = stood.runs;
		this.#executions = stood.executions;
		this.#waits = waits;
		for (const { run, execution, stream, mark } of marks) this.#marksOf(run, execution).set(stream, mark);
	}

	#marksOf(run: string, execution: number): Map<string, number> {
		const key = `${run} ${execution}`;
		const marks = this.#marks.get(key) ?? new Map<string, number>();
		this.#marks.set(key, marks);
		return marks;
	}

	#draftOf(run: Standing): Draft {
		const live = this.#executions.find((one) => one.run === run.id && one.outcome === null);
		const there = this.#drafts.get(run.id) ?? draft(run, live);
		this.#drafts.set(run.id, there);
		return there;
	}

	async take(one: Reported): Promise<Answer> {
		const answer = (state: Answer["state"]): Answer => {
			const marks = this.#marksOf(one.run, one.execution);
			const named = new Set(one.segments.map((segment) => segment.stream));
			return {
				run: one.run,
				execution: one.execution,
				state,
				marks: state === "fenced" ? {} : Object.fromEntries([...named].map((stream) => [stream, marks.get(stream) ?? 0])),
			};
		};
		const run = this.#runs.get(one.run);
		const execution = this.#executions.find((row) => row.run === one.run && row.number === one.execution);
		if (!run || !execution || execution.token !== one.token || execution.agent !== this.#agent) return answer("fenced");
		const to = this.#draftOf(run);
		if (execution.outcome !== null || to.end) {
			if (execution.reported || to.end) return answer("ended");
			if (one.finish) await this.#keepLate(to, one);
			return answer("fenced");
		}
		this.#takeLive(to, execution, one);
		return answer(to.end ? "ended" : "live");
	}

	#takeLive(to: Draft, execution: ExecutionRow, one: Reported): void {
		if (execution.takenAt === null) {
			execution.takenAt = to.run.now;
			to.taken = true;
		}
		if (one.startedAt !== null && execution.startedAt === null) {
			const at = between(execution.claimedAt, one.startedAt, to.run.now);
			if (this.#happens(to, execution, { type: "started", execution: one.execution }, at)) execution.startedAt = at;
		}
		takeSegments(to, this.#marksOf(one.run, one.execution), one.segments, this.#parts);
		this.#waits.answerEnded(to);
		if (!one.finish) return;
		// A restarted agent may not know how far we are: the end waits until all that it told with it is here, or its result would be lost.
		const marks = this.#marksOf(one.run, one.execution);
		if (one.segments.some(({ stream, end }) => (marks.get(stream) ?? 0) < end)) return;
		const { outcome, code, cpuSeconds, peakMemory, waits = [], mode = "all", retryAfter = null } = one.finish;
		const signal = one.finish.signal?.replaceAll("\0", "") ?? null;
		const at = between(execution.startedAt ?? execution.claimedAt, one.finish.at, to.run.now);
		const finish = partOf(this.#parts, one.finish.sealed, "the finish");
		const isSuspended = outcome === "suspended";
		if (isSuspended) to.suspendedOn = waits;
		const finished: Happening = {
			...{ type: "finished", execution: one.execution, outcome, data: { code, signal } },
			retryAfter: retryAfter === null ? null : retryAfter * 1000,
			suspension: isSuspended ? this.#waits.suspension(to, waits, mode) : undefined,
		};
		this.#happens(to, execution, finished, at, {
			code,
			signal,
			cpuSeconds,
			peakMemory,
			finish,
		});
	}

	#happens(to: Draft, live: ExecutionRow, happening: Happening, at: number, end?: Omit<ExecutionEnd, "outcome" | "at">): boolean {
		const change = decide(situation(to, live), happening, to.run.now);
		if ("refused" in change) return false;
		amend(to, change, at, end);
		return true;
	}

	/** Once an execution: what its agent would have finished with, had it been in time. */
	async #keepLate(to: Draft, one: Reported): Promise<void> {
		const { rows } = await this.#tx.query("SELECT FROM event WHERE run_id = $1 AND execution = $2 AND type = 'late' LIMIT 1", [
			one.run,
			one.execution,
		]);
		if (rows.length || to.events.some((event) => event.type === "late" && event.execution === one.execution) || !one.finish) return;
		const { outcome, code } = one.finish;
		note(to, { type: "late", at: to.run.now, data: { outcome, code }, sealed: partOf(this.#parts, one.finish.sealed, "the finish") }, one.execution);
	}

	/** Writes all. @returns what the agent should know of the executions that go on. */
	async write(): Promise<Pick<ReportAnswer, "cancels" | "news">> {
		// Before parents join them, which other agents may hold.
		const own = [...this.#drafts.values()];
		await answerParents(this.#tx, own, (id) => {
			const run = this.#runs.get(id);
			return run && this.#draftOf(run);
		});
		const drafts = [...this.#drafts.values()];
		for (const to of drafts) await this.#assertCounts(to);
		await write(this.#tx, drafts);
		const live = own.flatMap((to) => (to.execution && !to.end ? [{ to, ref: { run: to.run.id, execution: to.execution.number } }] : []));
		return {
			cancels: live.flatMap(({ to, ref }) => (to.state === "cancelling" ? [ref] : [])),
			news: live.flatMap(({ to, ref }) => (to.answered > 0 || to.paused ? [{ ...ref, answered: to.answered, paused: to.paused }] : [])),
		};
	}

	async #assertCounts(to: Draft): Promise<void> {
		if (mayPass.waits(to)) {
			const { rows } = await this.#tx.query<{ n: number }>("SELECT count(*) AS n FROM wait WHERE run_id = $1 AND state = 'open'", [to.run.id]);
			if ((rows[0]?.n ?? 0) + to.waits.size > MAX_WAITS)
				throw new Refused("too_large", `run ${to.run.id} has more than ${MAX_WAITS} waits open at once.`);
		}
		if (mayPass.tasks(to)) {
			const ids = [...to.tasks.keys()].map((id) => Buffer.from(id, "hex"));
			// Joined, not compared with ALL of them: under one plan for all reports that is a look at each id for each task that there is.
			const { rows } = await this.#tx.query<{ n: number }>(
				`SELECT (SELECT count(*) FROM task WHERE run_id = $1) + cardinality($2::bytea[])
					- (SELECT count(*) FROM unnest($2::bytea[]) AS told(id) JOIN task t ON t.run_id = $1 AND t.id = told.id) AS n`,
				[to.run.id, ids],
			);
			if ((rows[0]?.n ?? 0) > MAX_TASKS) throw new Refused("too_large", `run ${to.run.id} told more than ${MAX_TASKS} tasks.`);
		}
		if (mayPass.artifacts(to)) await leaveOut(this.#tx, to);
		if (hasEnded(to.run.state) && to.state !== to.run.state) throw new Error("an ended run was about to change");
	}
}

/** @param door of the agent's own workspace */
export async function takeReport(door: TenantDoor, who: Reporter, report: ReportRequest, parts: Parts): Promise<ReportAnswer> {
	if (report.executions.length === 0) {
		await assertAgent(door, who);
		return { executions: [], cancels: [], news: [] };
	}
	return door.transaction(async (tx) => {
		const runs = [...new Set(report.executions.map((one) => one.run))];
		const numbers = [...new Set(report.executions.map((one) => one.execution))];
		const moves = report.executions.some((one) => one.segments.length > 0);
		const mayEnd = report.executions.some((one) => one.finish !== null);
		const segments = report.executions.flatMap((one) => one.segments);
		const suspendedOn = report.executions.flatMap((one) => one.finish?.waits ?? []);
		// In this order on the wire: marks are read under the lock.
		const [, stood, marks, waits] = await Promise.all([
			assertAgent(tx, who),
			stand(tx, runs, numbers, mayEnd),
			moves && tx.query<MarkRow>(readMarks, [runs, numbers]),
			Waits.read(tx, runs, segments, suspendedOn),
		]);
		const taken = new Report(tx, who.agent, parts, stood, marks ? marks.rows : [], waits);
		const executions: Answer[] = [];
		for (const one of report.executions) executions.push(await taken.take(one));
		return { executions, ...(await taken.write()) };
	});
}
