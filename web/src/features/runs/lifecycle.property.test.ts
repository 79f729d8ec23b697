import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { hasEnded, type RunState } from "tidegate/protocol/states.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { system, tenant } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import type { Happening } from "./decide.ts";
import {
	type Agent,
	asker,
	cancelled,
	connectFresh,
	finish,
	item,
	makeAgent,
	makePlace,
	moveClock,
	type Place,
	queueRun,
	report,
	rows,
	sealed,
	segment,
} from "./fixture.ts";
import { claim } from "./lifecycle/claim.ts";
import { pauseRun, resumeRun } from "./lifecycle/control.ts";
import { answerDue, answerRun, sendEvent } from "./lifecycle/waiting.ts";
import { settle } from "./lifecycle.ts";
import { MAX_LOST } from "./tunables.ts";
import { chosen, type Step, step } from "./world/fixture.ts";

/** Steps that go out at once, over connections of their own. */
const AT_ONCE = 3;

let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
let agents: Agent[];
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	place = await makePlace();
	agents = [await makeAgent(place), await makeAgent(place)];
});
afterAll(() => database.end());

interface Seen {
	state: RunState;
	attempt: number;
	seq: number;
	seqs: number[];
	entries: number;
	ends: number;
	executions: { number: number; token: string; agent: string; outcome: string | null }[];
	attempts: (string | null)[];
	due: boolean;
	needs: number;
	paused: boolean;
	lost: number;
	waits: { task: string; kind: string; state: string; awaited: boolean; event: string | null }[];
}

async function look(run: string): Promise<Seen> {
	const [seen] = await rows<Seen>(
		`SELECT state, attempt, seq, ARRAY(SELECT seq FROM event WHERE run_id = r.id ORDER BY seq)::int[] AS seqs,
			(SELECT count(*) FROM queue_entry WHERE run_id = r.id) AS entries, (SELECT count(*) FROM event WHERE run_id = r.id AND type = 'ended') AS ends,
			ARRAY(SELECT jsonb_build_object('number', number, 'token', token, 'agent', agent_id, 'outcome', outcome) FROM execution WHERE run_id = r.id ORDER BY number) AS executions,
			ARRAY(SELECT outcome FROM attempt WHERE run_id = r.id ORDER BY number) AS attempts, due_at IS NOT NULL AS due, needs, pause_requested_at IS NOT NULL AS paused, lost,
			ARRAY(SELECT jsonb_build_object('task', encode(task, 'hex'), 'kind', kind, 'state', state, 'awaited', awaited, 'event', encode(event, 'hex')) FROM wait WHERE run_id = r.id ORDER BY at, task) AS waits
			FROM run r WHERE id = $1`,
		[run],
	);
	if (!seen) throw new Error(`no run ${run}`);
	return seen;
}

/** What the control plane said that it has, and must never lose: ids of tasks, by the events that told them. */
const acknowledged = new Set<string>();
const hexOf = (bytes: number): string => randomBytes(bytes).toString("hex");
const KINDS = ["approval", "event", "time"] as const;
const somebody = {
	get workspace() {
		return { id: place.workspaceId };
	},
	actor: "somebody",
};
let streams = 0;

/** Refusals are what the one of two gets who comes second; anything else is a failure. */
const may = (work: Promise<unknown>): Promise<void> =>
	work.then(
		() => undefined,
		(error) => {
			if (!(error instanceof Refused)) throw error;
		},
	);

async function answer(run: string, seen: Seen, which: number): Promise<void> {
	const wait = chosen(seen.waits, which);
	if (!wait) return;
	if (wait.kind === "approval")
		return may(system.transaction((tx) => answerRun(tx, { ...somebody, workspace: somebody.workspace, run, task: wait.task, answer: sealed })));
	if (wait.kind === "event") return void (await sendEvent(tenant(place), place.workspaceId, wait.event as string, sealed, "somebody"));
	await moveClock(61);
	await system.transaction((tx) => answerDue(tx, run));
}

/** One step by the product's own functions. `seen` is what the actor knew, which may be old by now: that is the point. */
async function act(run: string, seen: Seen, one: Step, index: number): Promise<void> {
	if (one.do === "wait") return moveClock(one.milliseconds / 1000);
	if (one.do === "claim") return void (await claim(place.poolId, [asker(agents[index % agents.length] as Agent, 1)]));
	if (one.do === "cancel") return void (await cancelled(place, run));
	if (one.do === "pause") return may(tenant(place).transaction((tx) => pauseRun(tx, somebody, run)));
	if (one.do === "resume") return may(tenant(place).transaction((tx) => resumeRun(tx, somebody, run, false)));
	if (one.do === "sweep") return void (await system.transaction((tx) => settle(tx, run, null, { type: "due" })));
	if (one.do === "answer") return answer(run, seen, one.which);
	const execution = seen.executions[seen.executions.length - 1 - one.back];
	if (!execution) return;
	if (one.do === "untaken" || one.do === "leaseOver" || one.do === "gone") {
		const happening: Happening =
			one.do === "gone" ? { type: "gone", execution: execution.number, reason: "said so" } : { type: one.do, execution: execution.number };
		return void (await system.transaction((tx) => settle(tx, run, null, happening)));
	}
	await tell(run, execution, one);
}

async function tell(
	run: string,
	execution: Seen["executions"][number],
	one: Extract<Step, { do: "take" | "start" | "finish" | "suspend" }>,
): Promise<void> {
	const agent = agents.find((each) => each.id === execution.agent) as Agent;
	const at = new Date().toISOString();
	const [{ now } = { now: at }] = await rows<{ now: string }>(
		"SELECT to_char(tg_now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') AS now",
	);
	const task = hexOf(16);
	const waits = Array.from({ length: one.do === "suspend" ? one.waits : 0 }, (_, i) => ({
		task: hexOf(16),
		kind: KINDS[i % KINDS.length] as (typeof KINDS)[number],
	}));
	const events = [
		{ type: "task" as const, at, task, fn: "f", index: null, map: null, state: "succeeded" as const, attempt: 1, parents: [], sealed: null },
		...waits.map(({ task: id, kind }) => ({
			...{ type: "wait" as const, at, task: id, kind, child: null, sealed: 0 },
			due: kind === "time" ? new Date(Date.parse(now) + 60_000).toISOString() : null,
			event: kind === "event" ? hexOf(32) : null,
		})),
	];
	const stream = `events.${++streams}`;
	const ending = one.do === "finish" ? { ...finish(one.outcome), retryAfter: one.retryAfter } : null;
	const suspending = one.do === "suspend" ? { ...finish("suspended"), waits: waits.map((wait) => wait.task), mode: one.mode } : null;
	const said = item(
		{ run, execution: execution.number, token: execution.token },
		{ startedAt: one.do === "start" ? at : null, segments: [segment({ stream, events })], finish: ending ?? suspending },
	);
	// Told twice at once, as by an agent whose answer was lost: it counts once.
	const answers = await Promise.all([report(place, agent, [said]), report(place, agent, [said])]);
	if (answers.some((each) => each.executions[0]?.marks[stream] === 10)) acknowledged.add(task);
}

function check(before: Seen, now: Seen): void {
	const live = now.executions.filter((each) => each.outcome === null);
	const over = hasEnded(now.state);
	expect(live.length).toBe(["starting", "running", "cancelling"].includes(now.state) ? 1 : 0);
	if (live.length) expect(live[0]?.number).toBe(now.executions.length);
	expect(now.entries).toBe(now.state === "queued" ? 1 : 0);
	if (hasEnded(before.state)) expect(now.state).toBe(before.state);
	expect(now.ends).toBe(over ? 1 : 0);
	expect(now.seqs).toEqual(Array.from({ length: now.seq }, (_, i) => i + 1));
	expect(now.attempts).toHaveLength(now.attempt);
	expect(now.lost).toBeLessThanOrEqual(MAX_LOST);
	const answerable = now.waits.filter((wait) => wait.state === "open" && wait.awaited).length;
	if (now.state === "waiting") expect(now.due || (now.needs > 0 && now.needs <= answerable)).toBe(true);
	if (now.paused) expect(live.length).toBe(1);
	if (over) expect(now.waits.filter((wait) => wait.state === "open")).toEqual([]);
	expect(now.attempts.at(-1) === null).toBe(!over);
}

async function finishIt(run: string): Promise<void> {
	for (let round = 0; round < 4; round++) {
		const seen = await look(run);
		if (hasEnded(seen.state)) return;
		await act(run, seen, { do: "resume" }, 0);
		for (let which = 0; which < seen.waits.length; which++) if (chosen(seen.waits, which)?.state === "open") await answer(run, seen, which);
		await act(run, seen, { do: "wait", milliseconds: 41_000 }, 0);
		await act(run, seen, { do: "sweep" }, 0);
		await act(run, seen, { do: "claim" }, 0);
		await act(run, await look(run), { do: "finish", back: 0, outcome: "succeeded", retryAfter: null }, 0);
	}
	expect.unreachable("the run is stuck");
}

const seed = Number(process.hrtime.bigint() % 2_147_483_647n);
test(`any sequence of happenings, ${AT_ONCE} at a time, keeps the run sound in Postgres (seed ${seed})`, { timeout: 60_000 }, async () => {
	const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
		await system.query("UPDATE clock SET shift = '0'");
		const run = await queueRun(place);
		let seen = await look(run);
		for (let at = 0; at < steps.length; at += AT_ONCE) {
			const known = seen;
			await Promise.all(steps.slice(at, at + AT_ONCE).map((one, index) => act(run, known, one, index)));
			seen = await look(run);
			check(known, seen);
		}
		await finishIt(run);
		const kept = new Set(
			(await rows<{ task: string }>("SELECT data->>'task' AS task FROM event WHERE run_id = $1 AND type = 'task'", [run])).map((row) => row.task),
		);
		expect([...acknowledged].filter((task) => !kept.has(task))).toEqual([]);
		acknowledged.clear();
	});
	await fc.assert(property, { seed, numRuns: 40, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false });
});
