import type { AgentEvent } from "tidegate/protocol/wire.ts";
import { afterAll, beforeAll, beforeEach, expect, inject, test } from "vitest";
import { tenant } from "../../server/db.ts";
import { advance } from "./components/advance.ts";
import { fromSnapshot } from "./components/view.ts";
import { readEvents } from "./events.ts";
import {
	type Agent,
	cancelled,
	claimOne,
	connectFresh,
	finish,
	item,
	makeAgent,
	makePlace,
	type Place,
	queueRun,
	report,
	segment,
} from "./fixture.ts";
import type { Claimed } from "./lifecycle/claim.ts";
import { getRun } from "./read.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let place: Place;
let agent: Agent;
let one: Claimed;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	place = await makePlace();
	agent = await makeAgent(place);
});
afterAll(() => database.end());
beforeEach(async () => {
	await queueRun(place);
	one = await claimOne(place, agent);
});

const A = "a".repeat(32);
const B = "b".repeat(32);
let second = 0;
function task(id: string, state: "pending" | "running" | "succeeded" | "failed", attempt = 1): AgentEvent {
	second += 1;
	const at = new Date(Date.now() + second * 1_000).toISOString();
	return { type: "task", at, task: id, fn: "train", index: null, map: null, state, attempt, parents: [], sealed: 0 };
}
const told = (list: AgentEvent[]) => segment({ stream: "events.7", events: list });
const get = () => getRun(tenant(place), place.workspaceId, one.run);
const events = (given: Partial<Parameters<typeof readEvents>[2]> = {}) =>
	tenant(place).transaction((tx) => readEvents(tx, place.workspaceId, { id: one.run, ...given }));

test("what earlier attempts and lost executions did of a task is told, the same to those who load and to those who watched", async () => {
	const before = await get();
	const first = [task(A, "running"), task(B, "pending"), task(A, "failed"), task(A, "running", 2)];
	await report(place, agent, [item(one, { segments: [told(first)], finish: finish("lost") })]);
	const two = await claimOne(place, agent);
	expect(two.execution).toBe(2);
	await report(place, agent, [item(two, { segments: [told([task(A, "running"), task(B, "running")])] })]);
	const { earlier, tasks } = await get();
	expect(earlier.map(({ task: id, execution, attempt, state }) => [id, execution, attempt, state])).toEqual([
		[A, 1, 1, "failed"],
		[A, 1, 2, "cancelled"],
	]);
	expect(earlier[0]).toMatchObject({ startedAt: first[0]?.at, finishedAt: first[2]?.at });
	expect(tasks.map(({ execution, attempt }) => [execution, attempt])).toEqual([
		[2, 1],
		[2, 1],
	]);
	const watched = advance(fromSnapshot(before), (await events({ limit: 1_000 })).events);
	expect(watched.earlier).toEqual(fromSnapshot(await get()).earlier);
});

test("a run whose tasks were done once tells of no earlier ones, and of nobody who ended it", async () => {
	await report(place, agent, [item(one, { segments: [told([task(A, "running"), task(A, "succeeded")])], finish: finish("succeeded") })]);
	expect(await get()).toMatchObject({ earlier: [], cancelledBy: null });
});

test("who asked for a run's end is told with it", async () => {
	await cancelled(place, one.run);
	expect(await get()).toMatchObject({ cancelledBy: "test", run: { state: "cancelling" } });
});

test("events come page by page without a gap, sealed parts only with those of one task", async () => {
	await report(place, agent, [
		item(one, { segments: [told([task(A, "running"), task(B, "running"), task(A, "succeeded")])], finish: finish("succeeded") }),
	]);
	const { events: all, next } = await events();
	expect(next).toBeNull();
	expect(all.map(({ type }) => type)).toEqual(["queued", "claimed", "started", "task", "task", "task", "finished", "ended"]);
	expect(all.every(({ sealed }) => sealed === null)).toBe(true);
	const paged: number[] = [];
	for (let after: number | null = 0; after !== null; ) {
		const page: Awaited<ReturnType<typeof events>> = await events({ after, limit: 3 });
		paged.push(...page.events.map(({ seq }) => seq));
		after = page.next;
	}
	expect(paged).toEqual(all.map(({ seq }) => seq));
	const ofA = (await events({ task: A })).events;
	expect(ofA.map(({ data }) => data.state)).toEqual(["running", "succeeded"]);
	expect(ofA.every(({ sealed }) => sealed !== null)).toBe(true);
});
