import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { RunState } from "tidegate/protocol/states.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toIso } from "../../server/inputs.ts";
import { newToken } from "../../server/secrets.ts";
import { presence } from "./presence.ts";

/** An enrolment token is made to be typed into another machine now. */
const TOKEN_SECONDS = 3600;

/** Runs named for one agent; how many it holds is told besides. */
const MAX_NAMED = 100;

/** A run that an agent holds. */
export interface HeldRun {
	run: string;
	flow: string;
	state: RunState;
	/** When it was given to the agent. */
	since: string;
}

export interface AgentItem {
	id: string;
	name: string;
	pool: string;
	host: string;
	/** Release of its program. */
	version: string;
	state: "online" | "away" | "revoked";
	/** It finishes what it has and gets nothing new. */
	draining: boolean;
	lastSeenAt: string | null;
	/** Runs that it takes at once; null until it first polled. */
	slots: number | null;
	running: number;
	/** The first of them to be given. */
	runs: HeldRun[];
	/** The enrolment token that admitted it; null for those of before. */
	token: string | null;
}

interface AgentRow extends Omit<AgentItem, "state" | "lastSeenAt" | "running" | "runs"> {
	last_seen_at: Date | null;
	revoked: boolean;
}
interface HeldRow {
	agent: string;
	run: string;
	claimed_at: Date;
}

/**
 * Those that are revoked come last. In three steps by arrays of ids, each by its index: in one statement the planner, who takes an agent for holding
 * next to nothing, walks all runs for each agent (300 agents: 1.9 s, against a few ms).
 */
export async function listAgents(door: TenantDoor, workspaceId: string): Promise<{ agents: AgentItem[] }> {
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<AgentRow>(
			`SELECT a.id, a.name, p.name AS pool, a.host, a.version, a.slots, a.last_seen_at, a.revoked_at IS NOT NULL AS revoked,
				a.draining_at IS NOT NULL AS draining, (SELECT t.id FROM enrolment_token t WHERE t.agent_id = a.id) AS token
				FROM agent a JOIN pool p ON p.id = a.pool_id WHERE a.workspace_id = $1 ORDER BY revoked, a.name`,
			[workspaceId],
		);
		const held = await readHeld(
			tx,
			rows.map(({ id }) => id),
		);
		const agents = rows.map(({ last_seen_at, revoked, ...agent }): AgentItem => {
			const { away, lastSeenAt } = presence.of(agent.id, last_seen_at);
			const { running, runs } = held.get(agent.id) ?? { running: 0, runs: [] };
			return { ...agent, running, runs, state: revoked ? "revoked" : away ? "away" : "online", lastSeenAt: toIso(lastSeenAt) };
		});
		return { agents };
	});
}

async function readHeld(tx: Sql, agents: string[]): Promise<Map<string, { running: number; runs: HeldRun[] }>> {
	const { rows } = await tx.query<HeldRow>(
		"SELECT agent_id AS agent, run_id AS run, claimed_at FROM execution WHERE agent_id = ANY($1::uuid[]) AND outcome IS NULL ORDER BY claimed_at, run_id",
		[agents],
	);
	const byAgent = Map.groupBy(rows, ({ agent }) => agent);
	const named = [...byAgent.values()].flatMap((own) => own.slice(0, MAX_NAMED));
	const { rows: runs } = named.length
		? await tx.query<{ id: string; flow: string; state: RunState }>(
				"SELECT r.id, f.name AS flow, r.state FROM run r JOIN flow f ON f.id = r.flow_id WHERE r.id = ANY($1::uuid[])",
				[named.map(({ run }) => run)],
			)
		: { rows: [] };
	const known = new Map(runs.map((run) => [run.id, run]));
	const toRun = ({ run, claimed_at }: HeldRow): HeldRun[] => {
		const of = known.get(run);
		return of ? [{ run, flow: of.flow, state: of.state, since: claimed_at.toISOString() }] : [];
	};
	return new Map([...byAgent].map(([agent, own]) => [agent, { running: own.length, runs: own.slice(0, MAX_NAMED).flatMap(toRun) }]));
}

export interface NewToken {
	id: string;
	token: string;
	expiresAt: string;
	/** The same as a span, for whoever's clock is wrong. */
	seconds: number;
}

/** @returns the token that admits one agent to the pool, once: shown now and never again. */
export async function createEnrolmentToken(door: TenantDoor, caller: Caller, pool: string): Promise<NewToken> {
	const { token, hash } = newToken("tge");
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ id: string; expires_at: Date }>(
			`INSERT INTO enrolment_token (id, workspace_id, pool_id, hash, created_by, expires_at)
				SELECT $1, workspace_id, id, $4, $5, tg_now() + make_interval(secs => ${TOKEN_SECONDS}) FROM pool WHERE workspace_id = $2 AND name = $3 RETURNING id, expires_at`,
			[uuidv7(), caller.workspace.id, pool, hash, caller.actor],
		);
		const made = rows[0];
		if (!made) throw new Refused("unknown_pool", `There is no pool "${pool}" in this workspace: tidegate pool list.`);
		await audit(tx, caller, "agent.token", made.id, { pool });
		return { id: made.id, token, expiresAt: made.expires_at.toISOString(), seconds: TOKEN_SECONDS };
	});
}
