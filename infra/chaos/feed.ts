// The people around the runs: who asks for them, who says yes, who sends the event. They ask again where nobody answers.
import pg from "pg";
import type { Stack } from "../test/stack.ts";
import { FLOW, MORE } from "./flow.ts";

const PAUSE = 200;
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export type RunRow = { id: string; flow: string; parent: string | null; state: string; waiting: string | null };

/** One question to the database, which may be away: then it is asked again. */
export async function ask<T>(stack: Stack, text: string, values: unknown[] = []): Promise<T[]> {
	for (let tries = 1; ; tries += 1) {
		const client = new pg.Client({ connectionString: stack.databaseUrl, application_name: "chaos" });
		client.on("error", () => undefined);
		try {
			await client.connect();
			return (await client.query(text, values)).rows as T[];
		} catch (error) {
			if (tries > 300) throw error;
			await pause(PAUSE);
		} finally {
			await client.end().catch(() => undefined);
		}
	}
}

export const allRuns = (stack: Stack): Promise<RunRow[]> =>
	ask(
		stack,
		`SELECT r.id, f.name AS flow, r.parent_id AS parent, r.state,
			(SELECT w.kind FROM wait w WHERE w.run_id = r.id AND w.state = 'open' AND w.kind IN ('approval', 'event') LIMIT 1) AS waiting
		FROM run r JOIN flow f ON f.id = r.flow_id ORDER BY r.id`,
	);

export const ENDED = ["succeeded", "failed", "cancelled"];

/** Keeps `atATime` runs going until told to begin no more, and answers all that they ask. Ends when all have. */
export async function feed(stack: Stack, pool: string, folder: string, atATime: number, more: () => boolean, giveUp: () => boolean): Promise<void> {
	for (;;) {
		const runs = await allRuns(stack);
		const live = runs.filter(({ state }) => !ENDED.includes(state));
		if (giveUp() || (live.length === 0 && !more() && runs.length > 0)) return;
		// A server that dies between commit and answer leaves a run that nobody heard of: it is one of the runs all the same.
		// Half of the runs hear at once, in their process; the others once they wait without one.
		const hears = live.filter(({ id, state }) => state === "waiting" || Number.parseInt(id.slice(-1), 16) % 2 === 0);
		const top = live.filter(({ parent }) => parent === null).length;
		const asking: Array<Promise<unknown>> = [];
		if (more() && top < atATime) asking.push(stack.client.trigger(FLOW, { folder }, { pool }));
		for (const { id, waiting } of hears) if (waiting === "event") asking.push(stack.client.sendEvent("go", id, { more: MORE }, id));
		for (const { id, waiting } of hears) if (waiting === "approval") asking.push(approve(stack, id));
		await Promise.allSettled(asking);
		await pause(PAUSE);
	}
}

async function approve(stack: Stack, id: string): Promise<void> {
	const run = await stack.client.run(id);
	for (const { key } of await run.approvals()) await run.answer(key, true);
}
