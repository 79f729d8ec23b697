import { expect, test } from "vitest";
import { reasonOf } from "./waiting.ts";

const pool = { name: "gpu", paused: false, limit: null, running: 0 };
const agent = { name: "one", pool: "gpu", state: "online" as const, draining: false, slots: 2, running: 0 };

test.each([
	["a paused pool", { ...pool, paused: true }, [agent], /is paused/],
	["agents that all drain", pool, [{ ...agent, draining: true }], /only agent that is online is draining/],
	["a limit that is reached", { ...pool, limit: 1, running: 1 }, [{ ...agent, running: 1 }], /limit of 1 run at once/],
	["slots that are all taken", pool, [{ ...agent, running: 2 }], /all its 2 slots taken/],
	[
		"slots of agents that take work, not of one that drains",
		pool,
		[
			{ ...agent, running: 2 },
			{ ...agent, draining: true },
		],
		/all its 2 slots taken/,
	],
] as const)("%s is told as the reason", (_, of, agents, said) => {
	expect(reasonOf(of, agents)).toMatchObject({ kind: "said", rest: expect.stringMatching(said) });
});

test("a store that nobody reaches is told, and what to do", () => {
	const store = { id: "00112233445566aa", reachable: false, by: "vm" };
	expect(reasonOf(pool, [agent], store)).toMatchObject({
		rest: expect.stringMatching(/reaches the store 00112233, .*\(vm wrote it\).*Go on without its store/),
	});
	expect(reasonOf(pool, [agent], { ...store, reachable: true })).toBeUndefined();
});

test("where no agent is online those that are enrolled are named, and neither another pool's nor one that is revoked", () => {
	const away = { ...agent, state: "away" as const };
	const agents = [away, { ...agent, pool: "cpu" }, { ...agent, name: "gone", state: "revoked" as const }];
	expect(reasonOf(pool, agents)).toEqual({ kind: "nobody", enrolled: ["one"] });
});

test("a run that should start any moment has no reason", () => {
	expect(reasonOf(pool, [agent])).toBeUndefined();
	expect(reasonOf({ ...pool, limit: 2, running: 1 }, [{ ...agent, running: 1 }])).toBeUndefined();
	expect(reasonOf(pool, [{ ...agent, slots: null }])).toBeUndefined();
});
