// Claim and complete in SQL, as the gateway does it (executions, fence tokens, events and all), against pg-boss fetch and complete at the same batch
// sizes, on the same Postgres with durability on. Ours write more for each job: what a run's page and its fences need.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { PgBoss } from "pg-boss";
import { migrate } from "../../prisma/migrate.ts";
import { item, makeAgent, makePlace, newRun, type Place, report, sealed, finish as toFinish } from "../../web/src/features/runs/fixture.ts";
import { type Claimed, claim } from "../../web/src/features/runs/lifecycle/claim.ts";
import { createRun } from "../../web/src/features/runs/lifecycle.ts";
import { connect } from "../../web/src/server/connect.ts";
import { system, tenant } from "../../web/src/server/db.ts";
import { startPostgres } from "../postgres/postgres.ts";
import { machine, percentile } from "./measure.ts";

const BATCHES = [1, 10, 100];
/** Jobs of each measurement: enough for a p99 at batch 1, few enough for a coffee. */
const jobsFor = (batch: number): number => (batch === 1 ? 500 : batch === 10 ? 2_000 : 10_000);
const WARM_UP = 5;

interface Side {
	fill(jobs: number): Promise<void>;
	/** One batch, claimed and completed. @returns jobs done */
	take(batch: number): Promise<number>;
}

async function ours(): Promise<Side> {
	const place: Place = await makePlace("bench");
	const agent = await makeAgent(place);
	return {
		async fill(jobs) {
			for (let done = 0; done < jobs; done += 500) {
				await tenant(place).transaction(
					async (tx) => void (await Promise.all(Array.from({ length: Math.min(500, jobs - done) }, () => createRun(tx, newRun(place))))),
				);
			}
		},
		async take(batch) {
			const claimed: Claimed[] = await claim(place.poolId, [{ agent: agent.id, session: agent.session, poll: crypto.randomUUID(), free: batch }]);
			await report(
				place,
				agent,
				claimed.map((one) => item(one, { finish: toFinish("succeeded") })),
				[sealed],
			);
			return claimed.length;
		},
	};
}

async function theirs(url: string): Promise<Side & { stop(): Promise<void> }> {
	const boss = new PgBoss({ connectionString: url, supervise: false, schedule: false });
	await boss.start();
	await boss.createQueue("bench");
	return {
		async fill(jobs) {
			for (let done = 0; done < jobs; done += 500)
				await boss.insert(
					"bench",
					Array.from({ length: Math.min(500, jobs - done) }, () => ({ data: {} })),
				);
		},
		async take(batch) {
			const jobs = await boss.fetch("bench", { batchSize: batch });
			await boss.complete(
				"bench",
				jobs.map((job) => job.id),
			);
			return jobs.length;
		},
		stop: () => boss.stop({ graceful: false }),
	};
}

async function measure(side: Side, batch: number): Promise<{ perSecond: number; taken: number[] }> {
	const jobs = jobsFor(batch);
	await side.fill(jobs + WARM_UP * batch);
	for (let i = 0; i < WARM_UP; i++) await side.take(batch);
	const taken: number[] = [];
	const began = performance.now();
	for (let done = 0; done < jobs; ) {
		const from = performance.now();
		const took = await side.take(batch);
		if (took === 0) throw new Error(`the queue was empty after ${done} of ${jobs} jobs`);
		taken.push(performance.now() - from);
		done += took;
	}
	return { perSecond: jobs / ((performance.now() - began) / 1000), taken };
}

function print(name: string, batch: number, { perSecond, taken }: Awaited<ReturnType<typeof measure>>): void {
	const figures = [0.5, 0.95, 0.99].map((share) => `p${share * 100} ${percentile(taken, share).toFixed(2).padStart(7)}`);
	console.log(`${name.padEnd(10)} batch ${String(batch).padStart(3)}  ${figures.join("  ")} ms a batch  ${perSecond.toFixed(0).padStart(6)} jobs/s`);
}

export async function bench(): Promise<void> {
	machine();
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-bench-"));
	const postgres = await startPostgres({ dir });
	try {
		await migrate(postgres.url);
		const pools = connect(postgres.url);
		const { rows } = await system.query<{ name: string; setting: string }>(
			"SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'synchronous_commit', 'full_page_writes') ORDER BY name",
		);
		console.log(`${rows.map((row) => `${row.name} ${row.setting}`).join(", ")}\n`);
		const [mine, boss] = [await ours(), await theirs(postgres.url)];
		for (const batch of BATCHES) {
			const a = await measure(mine, batch);
			print("tidegate", batch, a);
			const b = await measure(boss, batch);
			print("pg-boss", batch, b);
			console.log(
				`${" ".repeat(10)} batch ${String(batch).padStart(3)}  tidegate does ${(a.perSecond / b.perSecond).toFixed(2)} × the jobs of pg-boss\n`,
			);
		}
		await boss.stop();
		await pools.close();
	} finally {
		await postgres.stop();
		fs.rmSync(dir, { recursive: true, force: true });
	}
}
