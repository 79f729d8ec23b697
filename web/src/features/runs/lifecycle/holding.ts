/**
 * Compares what an agent says it holds, by its run directories, with what it was given. Runs at each poll, so that an agent that came back, on the
 * same host or a restarted one, and the control plane agree again at once, without waiting for a lease.
 */
import type { ExecutionRef, News, PollRequest } from "tidegate/protocol/wire.ts";
import { system } from "../../../server/db.ts";
import { settle } from "../lifecycle.ts";
import { UNTAKEN_AFTER } from "../tunables.ts";
import { type Reporter, refuseAgent } from "./reporter.ts";

/** As many as `holding` can name: an agent that holds more says nothing about the rest. */
const MAX_HOLDING = 1000;

interface Row {
	session: number;
	revoked: boolean;
	draining: boolean;
	boot: string | null;
	slots: number | null;
	leaseSeconds: number;
	run: string | null;
	execution: number;
	poll: string;
	state: string;
	answered: number;
	paused: boolean;
	taken: boolean;
	/** Its directory was there for so long that no message under way can explain its absence. */
	settled: boolean;
}

const read = {
	name: "agent-holding",
	text: `SELECT a.session, a.revoked_at IS NOT NULL AS revoked, a.draining_at IS NOT NULL AS draining, a.boot, a.slots, p.lease_seconds AS "leaseSeconds", e.run_id AS run, e.number AS execution, e.poll_id AS poll, r.state, r.answered, r.pause_requested_at IS NOT NULL AS paused,
			e.taken_at IS NOT NULL AS taken, coalesce(e.taken_at < tg_now() - make_interval(secs => $2), false) AS settled
		FROM agent a JOIN pool p ON p.id = a.pool_id LEFT JOIN execution e ON e.agent_id = a.id AND e.outcome IS NULL LEFT JOIN run r ON r.id = e.run_id WHERE a.id = $1`,
};
const take = {
	name: "take-held",
	text: `UPDATE execution e SET taken_at = tg_now() FROM unnest($1::uuid[], $2::int[]) h(run, number)
		WHERE e.run_id = h.run AND e.number = h.number AND e.run_id = ANY($1::uuid[]) AND e.taken_at IS NULL AND e.outcome IS NULL`,
};

export const keyOf = (ref: ExecutionRef): string => `${ref.run} ${ref.execution}`;

export interface Compared {
	leaseSeconds: number;
	/** It finishes what it has and gets nothing new. */
	draining: boolean;
	/** Held, but to be ended: asked for, fenced or unknown. */
	cancels: ExecutionRef[];
	/** Other than it heard. */
	news: News[];
	/** Given by an earlier answer to the same poll, which was lost. */
	isRepeated: boolean;
}

/** @throws Refused revoked or superseded. */
export async function compareHolding(who: Reporter, poll: PollRequest): Promise<Compared> {
	const { rows } = await system.query<Row>(read, [who.agent, UNTAKEN_AFTER / 1000]);
	refuseAgent(rows[0], who.session);
	const agent = rows[0] as Row;
	const restarted = agent.boot !== null && agent.boot !== poll.boot;
	if (agent.boot !== poll.boot || agent.slots !== poll.slots) {
		await system.query("UPDATE agent SET boot = $2, slots = $3 WHERE id = $1", [who.agent, poll.boot, poll.slots]);
	}
	const held = new Set(poll.holding.map(keyOf));
	const live = new Map(
		rows.flatMap((row) => (row.run === null ? [] : [[keyOf({ run: row.run, execution: row.execution }), { ...row, run: row.run }]])),
	);
	const untaken = [...live].filter(([key, row]) => held.has(key) && !row.taken).map(([, row]) => row);
	if (untaken.length) await system.query(take, [untaken.map((row) => row.run), untaken.map((row) => row.execution)]);
	let isRepeated = false;
	for (const [key, row] of live) {
		if (held.has(key) || poll.holding.length >= MAX_HOLDING) continue;
		const reason = restarted ? "its host restarted" : row.settled ? "its agent does not hold its run directory any more" : undefined;
		if (row.poll === poll.poll) isRepeated = true;
		else if (reason) await system.transaction((tx) => settle(tx, row.run, null, { type: "gone", execution: row.execution, reason }));
	}
	return { leaseSeconds: agent.leaseSeconds, draining: agent.draining, ...hearing(poll.holding, live), isRepeated };
}

type Holding = PollRequest["holding"];
function hearing(holding: Holding, live: Map<string, Pick<Row, "state" | "answered" | "paused">>): Pick<Compared, "cancels" | "news"> {
	const refs = holding.map(({ run, execution, answered = 0, paused = false }) => {
		const ref = { run, execution };
		return { ref, answered, paused, row: live.get(keyOf(ref)) };
	});
	return {
		cancels: refs.flatMap(({ ref, row }) => ((row?.state ?? "cancelling") === "cancelling" ? [ref] : [])),
		news: refs.flatMap(({ ref, answered, paused, row }) =>
			row && (row.answered > answered || row.paused !== paused) ? [{ ...ref, answered: row.answered, paused: row.paused }] : [],
		),
	};
}

/** What of `holding` is to be ended, or has news, by now. Only that: what an agent held a while ago tells nothing about what it lost. */
export async function hearingOf(who: Reporter, holding: Holding): Promise<Pick<Compared, "cancels" | "news">> {
	const { rows } = await system.query<Row>(read, [who.agent, UNTAKEN_AFTER / 1000]);
	refuseAgent(rows[0], who.session);
	return hearing(holding, new Map(rows.flatMap((row) => (row.run === null ? [] : [[keyOf({ run: row.run, execution: row.execution }), row]]))));
}

export interface Hint {
	agent: string;
	session: number;
	revoked: boolean;
	draining: boolean;
	/** Executions as `run number`; of those with answers or a pause: `run number answered paused`. */
	cancelling: string[];
	news: string[];
}
const hints = {
	name: "agent-hints",
	text: `SELECT a.id AS agent, a.session, a.revoked_at IS NOT NULL AS revoked, a.draining_at IS NOT NULL AS draining,
			ARRAY(SELECT e.run_id || ' ' || e.number FROM execution e JOIN run r ON r.id = e.run_id WHERE e.agent_id = a.id AND e.outcome IS NULL AND r.state = 'cancelling') AS cancelling,
			ARRAY(SELECT concat_ws(' ', e.run_id, e.number, r.answered, r.pause_requested_at IS NOT NULL) FROM execution e JOIN run r ON r.id = e.run_id WHERE e.agent_id = a.id AND e.outcome IS NULL) AS news
		FROM agent a WHERE a.id = ANY($1::uuid[])`,
};

/** What agents whose polls are held should hear by now. */
export async function readHints(agents: string[]): Promise<Hint[]> {
	return (await system.query<Hint>(hints, [agents])).rows;
}
