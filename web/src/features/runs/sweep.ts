/**
 * What happens to runs by the passing of time, once a second on one server at a time: assignments that nobody took go back to the queue, and what
 * an agent held goes on elsewhere when its lease is over. Suspicions only are read here; lifecycle proves each under the run's lock.
 *
 * Nothing is declared lost until this server and the database have been reachable together for one whole lease: after an outage of ours, it is
 * not the agents that were silent.
 */
import { system, type Tx } from "../../server/db.ts";
import { log } from "../../server/log.ts";
import { again } from "../../server/ways.ts";
import { tellPresence, writeLeases } from "../agents/leases.ts";
import type { Happening } from "./decide.ts";
import { repair } from "./lifecycle/repair.ts";
import { answerDue, endOrphaning, findDue } from "./lifecycle/waiting.ts";
import { settle } from "./lifecycle.ts";
import { UNTAKEN_AFTER } from "./tunables.ts";

const EVERY = 1_000;
const JITTER = 200;
/** A pause of this process (stopped, or a machine that slept) is an outage too. Milliseconds. */
const PAUSE = 3_000;
/** Runs that one sweep settles, so that it ends within its second; the next goes on. */
const BATCH = 200;

interface Due {
	runs: string[];
	waits: string[];
	orphans: string[];
}

interface Suspect {
	run: string;
	execution: number;
	untaken: boolean;
}

const suspects = {
	name: "sweep-suspects",
	text: `SELECT e.run_id AS run, e.number AS execution, e.taken_at IS NULL AND e.claimed_at <= tg_now() - make_interval(secs => $1) AS untaken
		FROM execution e JOIN agent a ON a.id = e.agent_id JOIN pool p ON p.id = a.pool_id
		WHERE e.outcome IS NULL AND ((e.taken_at IS NULL AND e.claimed_at <= tg_now() - make_interval(secs => $1))
			OR (p.lease_seconds <= $2 AND greatest(a.lease_until, e.claimed_at + make_interval(secs => p.lease_seconds)) <= tg_now()))
		LIMIT ${BATCH}`,
};

export class Sweep {
	#reachableSince: number | undefined;
	#lastAt = performance.now();
	#timer: NodeJS.Timeout | undefined;
	#running: Promise<void> | undefined;
	#stopped = false;

	start(): void {
		this.#timer = setTimeout(
			() => {
				this.#running = this.tick().finally(() => !this.#stopped && this.start());
			},
			EVERY + (Math.random() - 0.5) * JITTER,
		);
	}

	async stop(): Promise<void> {
		this.#stopped = true;
		clearTimeout(this.#timer);
		await this.#running;
		// The last words that were heard here.
		await writeLeases().catch(() => undefined);
	}

	/** One round. Never rejects. */
	async tick(): Promise<void> {
		try {
			await writeLeases();
			await tellPresence();
			await this.#sweep();
		} catch (error) {
			this.#reachableSince = undefined;
			log.warn("the sweep could not reach the database", { error });
		}
	}

	async #sweep(): Promise<void> {
		const found = await system.transaction(async (tx) => {
			const { rows } = await tx.query<{ now: string; mine: boolean }>(
				"SELECT extract(epoch FROM tg_now()) AS now, pg_try_advisory_xact_lock(7411, 2) AS mine",
			);
			const reachable = this.#reachable(Number(rows[0]?.now));
			return rows[0]?.mine ? this.#look(tx, reachable) : undefined;
		});
		if (!found) return;
		for (const { run, execution, untaken } of found.suspects) {
			const happening: Happening = { type: untaken ? "untaken" : "leaseOver", execution };
			const settled = await again(() => system.transaction((tx) => settle(tx, run, null, happening)));
			if (settled && !("refused" in settled.done)) log.info("a run was taken from its agent", { run, execution, reason: settled.done.execution });
		}
		for (const run of found.runs) await again(() => system.transaction((tx) => settle(tx, run, null, { type: "due" })));
		for (const run of found.waits) await again(() => system.transaction((tx) => answerDue(tx, run)));
		for (const run of found.orphans) await again(() => system.transaction((tx) => settle(tx, run, null, { type: "cancel", by: "its parent's end" })));
	}

	/** Whole seconds for which server and database have been reachable together. @param now the database's clock, seconds */
	#reachable(now: number): number {
		const at = performance.now();
		if (at - this.#lastAt > PAUSE) this.#reachableSince = undefined;
		this.#lastAt = at;
		this.#reachableSince ??= now;
		return Math.floor(now - this.#reachableSince);
	}

	async #look(tx: Tx, reachable: number): Promise<Due & { suspects: Suspect[] }> {
		const [{ rows }, { rows: due }] = await Promise.all([
			tx.query<Suspect>(suspects, [UNTAKEN_AFTER / 1000, reachable]),
			tx.query<Due>(findDue, [BATCH]),
			tx.query(endOrphaning),
			repair(tx),
		]);
		return { ...(due[0] as Due), suspects: rows };
	}
}
