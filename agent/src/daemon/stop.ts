/** `tidegate agent stop`: ends the agent's process; its runs go on, unless they are to end too. */
import { setTimeout as sleep } from "node:timers/promises";
import { executors } from "../executors/each.ts";
import { signal } from "../executors/identity.ts";
import { GRACE } from "./execution.ts";
import { RunFolder } from "./folder.ts";
import { type Home, openHome, readIdentity, readLease } from "./home.ts";
import { holderOf } from "./lock.ts";

/** What an agent needs for its last report, and a little. Milliseconds. */
const PATIENCE = 5000;

export interface Stopped {
	/** The agent was running. */
	agent: boolean;
	/** null where the home has no identity that can be read. */
	name: string | null;
	/** Runs whose processes go on. */
	running: number;
	/** Seconds after which another agent takes over the runs that go on; null where the control plane did not tell them yet. */
	leaseSeconds: number | null;
	/** Runs whose processes were ended. The control plane hears of it from the agent's next start. */
	ended: number;
}

export async function stopAgent(folder: string, options: { endRuns: boolean; graceMs?: number }): Promise<Stopped> {
	const home = openHome(folder);
	const holder = holderOf(home);
	if (holder) {
		signal(holder, "SIGTERM");
		for (let waited = 0; waited < PATIENCE && holderOf(home); waited += 20) await sleep(20);
		if (holderOf(home)) signal(holder, "SIGKILL");
	}
	const alive = RunFolder.open(home.runs).flatMap((run) => {
		const { process } = run.notes;
		const held = process && { ...run.ref, folder: run.path, process };
		return held && executors.isAlive(held) ? [{ run, held }] : [];
	});
	const stopped = { agent: holder !== undefined, name: nameIn(home), leaseSeconds: readLease(home) };
	if (!options.endRuns) return { ...stopped, running: alive.length, ended: 0 };
	await Promise.all(
		alive.map(async ({ run, held }) => {
			run.notes.cancelled = true;
			run.save();
			await executors.end(held, options.graceMs ?? GRACE);
		}),
	);
	return { ...stopped, running: 0, ended: alive.length };
}

/** What runs is stopped all the same where its identity is damaged. */
function nameIn(home: Home): string | null {
	try {
		return readIdentity(home)?.name ?? null;
	} catch {
		return null;
	}
}
