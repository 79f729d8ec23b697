/** The control plane's own jobs, by pg-boss in a schema of its own. Runs never pass through it: no hot path waits for this. */
import { PgBoss } from "pg-boss";
import { log } from "./log.ts";

/** Each is idempotent: it may run twice, or late, and do no harm. */
export interface Job {
	name: string;
	/** Five fields, UTC. */
	cron: string;
	/** @returns how many things it did, for the log. */
	run(): Promise<number>;
}

/** Cron has minutes; looking twice in one is enough. Seconds. */
const POLL = 30;
const STOP_TIMEOUT = 3_000;

export interface Jobs {
	stop(): Promise<void>;
}

export async function startJobs(url: string, jobs: Job[]): Promise<Jobs> {
	const boss = new PgBoss({ connectionString: url, application_name: "tidegate_jobs", schema: "pgboss", max: 2, cronWorkerIntervalSeconds: POLL });
	boss.on("error", (error) => log.warn("the job queue is away", { error }));
	await boss.start();
	for (const job of jobs) {
		await boss.createQueue(job.name, { policy: "singleton", retryLimit: 3, retryDelay: 60, expireInSeconds: 15 * 60 });
		await boss.schedule(job.name, job.cron);
		await boss.work(job.name, { pollingIntervalSeconds: POLL }, () => doJob(job));
	}
	return { stop: () => boss.stop({ graceful: true, timeout: STOP_TIMEOUT, close: true }) };
}

export async function doJob(job: Job): Promise<void> {
	const began = performance.now();
	try {
		const count = await job.run();
		log.info("job done", { job: job.name, count, milliseconds: Math.round(performance.now() - began) });
	} catch (error) {
		log.error("job failed", { job: job.name, error });
		throw error;
	}
}
