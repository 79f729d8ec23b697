// A whole Tidegate under kill -9: runs that do everything, and whoever takes part in them is killed. Afterwards each run must be as if nobody had been.
import fs from "node:fs";
import path from "node:path";
import { deploy, project } from "../bench/flows.ts";
import { startStack } from "../test/stack.ts";
import { allRuns, ask, feed, type RunRow } from "./feed.ts";
import { CHILD, CHILDREN, CONCURRENCY, EFFECTS, FLOW, files, TOTAL } from "./flow.ts";
import { type Kill, Killer } from "./killer.ts";
import { type Execution, judge } from "./ledger.ts";
import { seeded } from "./random.ts";

const POOL = "storms";
/** The shortest that a pool may have, and twice what anything stays away. Those who come back later are lost, and the run begins elsewhere. */
const LEASE = 8;

export type ChaosOptions = {
	seed: number;
	kills: number;
	/** At a time. */
	runs: number;
	/** No kill after so many; and three minutes later whatever has not ended is stuck. */
	seconds: number;
	note?: (text: string) => void;
};
export type Chaos = {
	kills: Kill[];
	runs: number;
	children: number;
	executions: Record<string, number>;
	repeated: number;
	moved: number;
	wrong: string[];
	seconds: number;
};

export async function chaos({ seed, kills, runs: atATime, seconds, note }: ChaosOptions): Promise<Chaos> {
	const stack = await startStack({ agents: 0, ownPostgres: true, pages: false, slots: 4, pool: POOL });
	let keep = false;
	try {
		await stack.client.api.pools.create.mutate({ name: POOL, leaseSeconds: LEASE });
		await stack.addAgent();
		await stack.addAgent();
		await deploy(stack, project(stack, FLOW, files(POOL)));
		const folder = path.join(stack.dir, "effects");
		fs.mkdirSync(folder);
		const began = performance.now();
		const since = (): number => (performance.now() - began) / 1000;
		const killer = new Killer(stack, seeded(seed));
		let killing = true;
		const feeding = feed(
			stack,
			POOL,
			folder,
			atATime,
			() => killing,
			() => since() > seconds + 180,
		);
		const told = setInterval(() => note?.(`${killer.kills.length} of ${kills} kills`), 1000);
		try {
			await killer.run(kills, () => since() > seconds);
			killing = false;
			await feeding;
		} finally {
			killing = false;
			clearInterval(told);
		}
		const found = await inspect(stack, folder);
		keep = found.wrong.length > 0;
		return { ...found, kills: killer.kills, seconds: since() };
	} finally {
		// What went wrong can be looked at: the logs, the effects and the run directories.
		if (keep) {
			const kept = `${stack.dir}-seed-${seed}`;
			fs.cpSync(stack.dir, kept, { recursive: true, filter: (from) => !from.startsWith(path.join(stack.dir, "postgres")) });
			console.error(`kept: ${kept}`);
		}
		await stack.stop();
	}
}

async function inspect(stack: Awaited<ReturnType<typeof startStack>>, folder: string): Promise<Omit<Chaos, "kills" | "seconds">> {
	const runs = await allRuns(stack);
	const rows = await ask<Execution & { run: string }>(stack, "SELECT run_id AS run, number, outcome, store FROM execution ORDER BY run_id, number");
	const found = { runs: 0, children: 0, executions: {} as Record<string, number>, repeated: 0, moved: 0, wrong: [] as string[] };
	for (const { outcome } of rows) found.executions[outcome ?? "open"] = (found.executions[outcome ?? "open"] ?? 0) + 1;
	for (const run of runs) {
		found[run.parent === null ? "runs" : "children"] += 1;
		const wrong = await inspectRun(stack, run, runs);
		const file = path.join(folder, run.id);
		const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").split("\n").filter(Boolean) : [];
		const verdict = judge(
			lines,
			rows.filter((row) => row.run === run.id),
			expected(run, lines),
			CONCURRENCY + 1,
		);
		found.repeated += verdict.repeated;
		found.moved += verdict.moved;
		found.wrong.push(...[...wrong, ...verdict.wrong].map((what) => `${run.flow} ${run.id} (${run.state}): ${what}`));
	}
	return found;
}

/** A child is one of three: which, it says itself; that all three are there shows in the parent's total. */
const expected = (run: RunRow, lines: string[]): string[] =>
	run.flow === FLOW ? EFFECTS : [lines.find((line) => line.includes(" grow-"))?.split(" ")[2] ?? "grow-?"];

async function inspectRun(stack: Awaited<ReturnType<typeof startStack>>, run: RunRow, all: RunRow[]): Promise<string[]> {
	if (run.state !== "succeeded") return [["failed", "cancelled"].includes(run.state) ? "it must have succeeded" : "it is stuck"];
	const result = await (await stack.client.run(run.id)).result<{ total: number } | number>();
	if (run.flow === CHILD) return [0, 10, 20].includes(result as number) ? [] : [`it returned ${JSON.stringify(result)}`];
	const wrong: string[] = [];
	if ((result as { total: number }).total !== TOTAL) wrong.push(`it returned ${JSON.stringify(result)}, not ${TOTAL}`);
	const children = all.filter(({ parent }) => parent === run.id).length;
	if (children !== CHILDREN) wrong.push(`it has ${children} children, not ${CHILDREN}`);
	return wrong;
}
