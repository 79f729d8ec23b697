/** Writes what was heard of agents, a batch a second: when they were last seen, and until when what they hold is theirs. */
import { system } from "../../server/db.ts";
import { bus } from "../../server/pubsub.ts";
import { presence } from "./presence.ts";

const renew = {
	name: "renew-leases",
	text: `UPDATE agent a SET last_seen_at = greatest(a.last_seen_at, w.at),
			lease_until = CASE WHEN w.word THEN greatest(a.lease_until, w.at + make_interval(secs => p.lease_seconds)) ELSE a.lease_until END
		FROM (SELECT id, word, tg_now() - make_interval(secs => age) AS at FROM unnest($1::uuid[], $2::float8[], $3::bool[]) t(id, age, word) ORDER BY id) w,
			pool p
		WHERE a.id = w.id AND p.id = a.pool_id`,
};

export async function writeLeases(): Promise<void> {
	const words = presence.takeWords();
	if (words.length === 0) return;
	try {
		await system.query(renew, [words.map((w) => w.agent), words.map((w) => w.age), words.map((w) => w.word)]);
	} catch (error) {
		presence.keep(words);
		throw error;
	}
}

/** Whoever watches an agent that went away, or a run of it,, or came back, looks again. */
export async function tellPresence(): Promise<void> {
	const agents = presence.takeChanges();
	if (agents.length === 0) return;
	const { rows } = await system.query<{ workspace: string; flow: string; run: string }>(
		`SELECT r.workspace_id AS workspace, r.flow_id AS flow, r.id AS run FROM execution e JOIN run r ON r.id = e.run_id WHERE e.agent_id = ANY($1::uuid[]) AND e.outcome IS NULL`,
		[agents],
	);
	for (const row of rows) bus.run(row);
	const { rows: places } = await system.query<{ workspace: string }>(
		"SELECT DISTINCT workspace_id AS workspace FROM agent WHERE id = ANY($1::uuid[])",
		[agents],
	);
	for (const { workspace } of places) bus.fleet(workspace);
}
