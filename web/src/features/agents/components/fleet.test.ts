import { expect, test } from "vitest";
import { type Agent, capacity, isOlder, merge, type Pool } from "./fleet.ts";

const agent = (given: Partial<Agent>): Agent => ({
	...{ id: "1", name: "one", pool: "gpu", host: "h", version: "0.1.0", state: "online", draining: false },
	...{ lastSeenAt: null, slots: 2, running: 0, runs: [], token: null, ...given },
});
const pool = (given: Partial<Pool>): Pool => ({
	...{ id: "p", name: "gpu", leaseSeconds: 30, paused: false, limit: null, queued: 0, running: 0, agents: 0, ...given },
});

test.each([
	["0.9.0", "0.10.0", true],
	["0.10.0", "0.9.0", false],
	["1.0.0", "1.0.0", false],
	["0.0.9", "0.1.0", true],
	["<b>nonsense", "0.1.0", false],
] as const)("release %s against a server's %s: older %s", (version, release, older) => {
	expect(isOlder(version, release)).toBe(older);
});

test("a change replaces what it names and leaves the rest the same object; a whole one forgets what it does not name", () => {
	const [one, two] = [agent({ id: "1", name: "b" }), agent({ id: "2", name: "c" })];
	const before = merge(undefined, { whole: true, release: "1.0.0", pools: [pool({})], agents: [one, two] });
	const after = merge(before, { whole: false, release: "1.0.0", pools: [], agents: [agent({ id: "2", name: "a", draining: true })] });
	expect(after.agents.map(({ id, draining }) => [id, draining])).toEqual([
		["2", true],
		["1", false],
	]);
	expect(after.agents[1]).toBe(one);
	expect(after.pools).toBe(before.pools);
	expect(merge(after, { whole: true, release: "1.0.0", pools: [], agents: [one] })).toEqual({ release: "1.0.0", pools: [], agents: [one] });
});

test("what a pool can do counts agents that are online and take work", () => {
	const agents = [
		agent({ running: 1 }),
		agent({ slots: 8, running: 3, draining: true }),
		agent({ slots: 4, state: "away" }),
		agent({ slots: 4, state: "revoked" }),
	];
	expect(capacity(agents)).toEqual({ online: 2, there: 3, slots: 2, busy: 1, draining: 1 });
});
