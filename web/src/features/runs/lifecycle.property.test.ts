import fc from "fast-check";
import { hasEnded, type RunState } from "tidegate/protocol/states.ts";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { system } from "../../server/db.ts";
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
} from "./fixture.ts";
import { claim } from "./lifecycle/claim.ts";
import { settle } from "./lifecycle.ts";
import { MAX_LOST } from "./tunables.ts";
import { type Step, step } from "./world/fixture.ts";

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
}

async function look(run: string): Promise<Seen> {
	const [seen] = await rows<Seen>(
		`SELECT state, attempt, seq, ARRAY(SELECT seq FROM event WHERE run_id = r.id ORDER BY seq)::int[] AS seqs,
			(SELECT count(*) FROM queue_entry WHERE run_id = r.id) AS entries, (SELECT count(*) FROM event WHERE run_id = r.id AND type = 'ended') AS ends,
			ARRAY(SELECT jsonb_build_object('number', number, 'token', token, 'agent', agent_id, 'outcome', outcome) FROM execution WHERE run_id = r.id ORDER BY number) AS executions,
			ARRAY(SELECT outcome FROM attempt WHERE run_id = r.id ORDER BY number) AS attempts
			FROM run r WHERE id = $1`,
		[run],
	);
	if (!seen) throw new Error(`no run ${run}`);
	return seen;
}

/** One step by the product's own functions. `seen` is what the actor knew, which may be old by now: that is the point. */
async function act(run: string, seen: Seen, one: Step, index: number): Promise<void> {
	if (one.do === "wait") return moveClock(one.milliseconds / 1000);
	if (one.do === "claim") return void (await claim(place.poolId, [asker(agents[index % agents.length] as Agent, 1)]));
	if (one.do === "cancel") return void (await cancelled(place, run));
	const execution = seen.executions[seen.executions.length - 1 - one.back];
	if (!execution) return;
	if (one.do === "untaken" || one.do === "leaseOver" || one.do === "gone") {
		const happening: Happening =
			one.do === "gone" ? { type: "gone", execution: execution.number, reason: "said so" } : { type: one.do, execution: execution.number };
		return void (await system.transaction((tx) => settle(tx, run, null, happening)));
	}
	const agent = agents.find((each) => each.id === execution.agent) as Agent;
	const startedAt = one.do === "start" ? new Date().toISOString() : null;
	const said = item(
		{ run, execution: execution.number, token: execution.token },
		{ startedAt, finish: one.do === "finish" ? finish(one.outcome) : null },
	);
	await report(place, agent, [said]);
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
	expect(now.attempt).toBeLessThanOrEqual(MAX_LOST);
	expect(now.attempts.at(-1) === null).toBe(!over);
}

async function finishIt(run: string): Promise<void> {
	for (let round = 0; round < 4; round++) {
		const seen = await look(run);
		if (hasEnded(seen.state)) return;
		await act(run, seen, { do: "claim" }, 0);
		await act(run, await look(run), { do: "finish", back: 0, outcome: "succeeded" }, 0);
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
	});
	await fc.assert(property, { seed, numRuns: 40, interruptAfterTimeLimit: 20_000, markInterruptAsFailure: false });
});
