/**
 * Claims runs for agents that wait: one statement for a pool, whatever the number of waiters. Runs are taken from the top of the queue, skipping
 * what others are taking; those whose checkpoints lie in a store that only some agents reach go first, to one of them; entries leave, executions with fresh fence tokens appear, and all that an assignment needs comes back. Who may be given work,
 * and how much of it, the database's gate says (tg_claim_gate): a paused pool, a draining agent and a pool's limit hold exactly, whatever the number of servers.
 *
 * What is given is gathered once, token and all, before it is written and told: to join what was written costs the square of it, since the planner
 * takes either side for one row.
 *
 * Rejected: a claim per waiter (a commit each, and waiters race for the same top); reading the assignment in a second statement (a round trip);
 * joining `run` to the taken entries (a plan cached while the queue was short scans the table when it is long: arrays keep to the index).
 */
import type { Hook, RunEnded } from "tidegate/protocol/states.ts";
import { type Door, system } from "../../../server/db.ts";
import { bus } from "../../../server/pubsub.ts";
import { shared } from "../../../server/shared.ts";
import { decide } from "../decide.ts";

export interface Asker {
	agent: string;
	session: number;
	poll: string;
	/** Slots to fill, at most MAX_CLAIM. */
	free: number;
	/** That it reaches; new runs keep theirs in the first. */
	stores?: string[];
}

export interface Claimed {
	agent: string;
	poll: string;
	run: string;
	execution: number;
	attempt: number;
	token: string;
	workspace: string;
	flowId: string;
	flow: string;
	version: string;
	number: number;
	address: Buffer;
	parameters: Buffer | null;
	logicalDate: Date;
	answered: number;
	resumes: string | null;
	resumesFrom: Buffer | null;
	resumesChanged: "rerun" | "keep" | null;
	refresh: boolean;
	parent: string | null;
	step: string | null;
	hook: Hook | null;
	store: string | null;
	/** The revision of what the workspace keeps for its flows. */
	settings: number;
}

/** One row at least; where nothing was given, of nulls. */
type Row = (Claimed | { [K in keyof Claimed]: null }) & { room: number | null };

// What decide says of a queued run, the same for all of them.
const claimed = decide(
	{ ...{ state: "queued", attempt: 1, lost: 0, paused: false, waitingFor: null, needs: 0, dueAt: null, queueTimeout: null, hooks: [] }, live: null },
	{ type: "claimed", execution: 1 },
	0,
);
if ("refused" in claimed) throw new Error("decide refuses the claim of a queued run");

/** What an agent is told, of `r` the run and of `e`, where its execution's columns are. */
const assignment = (e: string): string =>
	`r.id AS run, ${e}.number AS execution, ${e}.attempt, ${e}.token, ${e}.agent_id AS agent, ${e}.poll_id AS poll, r.workspace_id AS workspace, r.flow_id AS "flowId",
	f.name AS flow, v.id AS version, v.number, v.address, r.parameters, r.logical_date AS "logicalDate", r.answered, r.resumes_id AS resumes, r.resumes_from AS "resumesFrom",
	r.resumes_changed AS "resumesChanged", r.refresh, r.parent_id AS parent, r.step, r.hook, ${e}.store, w.settings`;
const named = "JOIN version v ON v.id = r.version_id JOIN flow f ON f.id = r.flow_id JOIN workspace w ON w.id = r.workspace_id";

const take = {
	name: "claim",
	text: `WITH t AS MATERIALIZED (SELECT tg_now() AS at),
		gate AS MATERIALIZED (SELECT agent, session, room FROM tg_claim_gate($1, $2::uuid[])),
		asker AS MATERIALIZED (
			SELECT w.agent, w.poll, w.free, w.place, string_to_array(w.stores, ',') AS stores, (SELECT name FROM agent WHERE id = w.agent) AS name
			FROM unnest($2::uuid[], $3::int[], $4::uuid[], $5::int[], $9::text[]) WITH ORDINALITY w(agent, session, poll, free, stores, place)
			JOIN gate ON gate.agent = w.agent AND gate.session = w.session),
		bound AS MATERIALIZED (
			SELECT * FROM (
				SELECT *, row_number() OVER (ORDER BY rank, run_id) AS nth FROM (
					SELECT *, row_number() OVER (PARTITION BY poll ORDER BY rank, run_id) AS own FROM (
						SELECT DISTINCT ON (q.run_id) q.run_id, q.rank, asker.agent, asker.poll, asker.free FROM asker CROSS JOIN LATERAL unnest(asker.stores) reached
						CROSS JOIN LATERAL (
							SELECT run_id, rank FROM queue_entry WHERE pool_id = $1 AND store = reached ORDER BY rank, run_id LIMIT asker.free FOR UPDATE SKIP LOCKED) q
						ORDER BY q.run_id, asker.place) once) ranked
				WHERE own <= free) numbered
			WHERE nth <= coalesce((SELECT min(room) FROM gate), nth)),
		slot AS MATERIALIZED (
			SELECT w.agent, w.poll, row_number() OVER (ORDER BY s, w.place) AS place
			FROM asker w CROSS JOIN LATERAL generate_series(1, w.free - (SELECT count(*) FROM bound WHERE bound.poll = w.poll)) s),
		top AS MATERIALIZED (
			SELECT run_id FROM queue_entry WHERE pool_id = $1 AND store = '' ORDER BY rank, run_id
			LIMIT CASE WHEN EXISTS (SELECT FROM gate) THEN least($6::int, (SELECT min(room) FROM gate)) - (SELECT count(*) FROM bound) ELSE 0 END FOR UPDATE SKIP LOCKED),
		pick AS MATERIALIZED (
			SELECT run_id, agent, poll FROM bound UNION ALL SELECT top.run_id, slot.agent, slot.poll FROM (SELECT run_id, row_number() OVER () AS place FROM top) top JOIN slot ON slot.place = top.place),
		gone AS (DELETE FROM queue_entry WHERE run_id = ANY(ARRAY(SELECT run_id FROM pick))),
		r AS (
			UPDATE run SET state = $7, execution = execution + 1, seq = seq + 1, due_at = NULL WHERE id = ANY(ARRAY(SELECT run_id FROM pick)) AND state = 'queued'
			RETURNING id, workspace_id, flow_id, version_id, attempt, execution, seq, parameters, logical_date, answered, resumes_id, resumes_from, resumes_changed, refresh, parent_id, step, hook, store),
		given AS MATERIALIZED (
			SELECT r.id, r.workspace_id, r.flow_id, r.version_id, r.attempt, r.execution AS number, r.seq, r.parameters, r.logical_date, r.answered, r.resumes_id, r.resumes_from,
				r.resumes_changed, r.refresh, r.parent_id, r.step, r.hook, coalesce(r.store, asker.stores[1]) AS store, pick.agent AS agent_id, pick.poll AS poll_id, asker.name,
				replace(gen_random_uuid()::text, '-', '') AS token
			FROM r JOIN pick ON pick.run_id = r.id JOIN asker ON asker.poll = pick.poll),
		e AS (
			INSERT INTO execution (run_id, number, workspace_id, attempt, agent_id, token, poll_id, claimed_at, store)
			SELECT id, number, workspace_id, attempt, agent_id, token, poll_id, t.at, store FROM given CROSS JOIN t),
		noted AS (
			INSERT INTO event (run_id, seq, workspace_id, execution, type, at, data)
			SELECT id, seq, workspace_id, number, $8, t.at, jsonb_build_object('agent', agent_id, 'name', name, 'attempt', attempt) FROM given CROSS JOIN t)
		SELECT told.*, g.room FROM (SELECT min(room) AS room FROM gate) g LEFT JOIN (
			SELECT ${assignment("r")} FROM given r ${named}) told ON true`,
};

/** Pools whose limit the last claim here met: their waiters are served again when one of their runs ends. */
const full = shared("full pools", () => new Set<string>());
export const isFull = (pool: string): boolean => full.has(pool);

// The agent asks again with the same poll id: what it was given, as far as it has not begun.
const again = {
	name: "claim-again",
	text: `SELECT ${assignment("e")} FROM execution e JOIN run r ON r.id = e.run_id ${named}
		WHERE e.agent_id = $1 AND e.poll_id = $2 AND e.outcome IS NULL AND e.started_at IS NULL AND r.state = $3`,
};

/** @param pool the askers' own. Askers that are revoked, superseded or draining by now get nothing. */
export async function claim(pool: string, askers: Asker[], door: Pick<Door, "query"> = system): Promise<Claimed[]> {
	if ("refused" in claimed) return [];
	const columns = [askers.map((a) => a.agent), askers.map((a) => a.session), askers.map((a) => a.poll), askers.map((a) => a.free)];
	const stores = askers.map((a) => (a.stores?.length ? a.stores.join(",") : null));
	const wanted = askers.reduce((sum, a) => sum + a.free, 0);
	if (wanted === 0) return [];
	const { rows } = await door.query<Row>(take, [pool, ...columns, wanted, claimed.state, claimed.notes[0]?.type, stores]);
	const given = rows.flatMap(({ room: _, ...one }) => (one.run === null ? [] : [one as Claimed]));
	const room = rows[0]?.room ?? null;
	if (room !== null && given.length >= room) full.add(pool);
	else full.delete(pool);
	for (const one of given) bus.run({ workspace: one.workspace, flow: one.flowId, run: one.run });
	return given;
}

/** What an earlier poll with this id was given and its agent has not begun: the answer may have been lost. */
export async function claimedBy(agent: string, poll: string): Promise<Claimed[]> {
	if ("refused" in claimed) return [];
	const { rows } = await system.query<Claimed>(again, [agent, poll, claimed.state]);
	return rows;
}

/** What a hook's run is told of its parent's end: its state, and the sealed error it failed with. */
export async function endOfParent(parent: string): Promise<{ state: RunEnded; execution: number | null; error: Buffer | null }> {
	const { rows } = await system.query<{ state: RunEnded; execution: number | null; error: Buffer | null }>(
		"SELECT r.state, e.number AS execution, e.error FROM run r LEFT JOIN execution e ON e.run_id = r.id AND e.number = r.execution WHERE r.id = $1",
		[parent],
	);
	return rows[0] ?? { state: "failed", execution: null, error: null };
}
