/**
 * A run keeps so many artifacts. Each agent counts those of its own execution, so that the attempts of a run may make more together: what is past
 * the limit is left out, by name of its kind and size among the events. A report that were refused for it would end a run that did nothing wrong.
 */
import { MAX_ARTIFACTS } from "tidegate/protocol/limits.ts";
import type { Tx } from "../../../server/db.ts";
import type { Draft } from "./draft.ts";

/** Takes out of the draft what the run has no room for. */
export async function leaveOut(tx: Tx, to: Draft): Promise<void> {
	const told = [...new Set(to.artifacts.map(({ id }) => id))];
	const { rows } = await tx.query<{ all: number; there: string[] | null }>(
		"SELECT count(*)::int AS all, array_agg(id::text) FILTER (WHERE id = ANY($2::uuid[])) AS there FROM artifact WHERE run_id = $1",
		[to.run.id, [...told, ...to.pieces.map(({ artifact }) => artifact)]],
	);
	const { all = 0, there = null } = rows[0] ?? {};
	const room = MAX_ARTIFACTS - all;
	const kept = new Set(there);
	const fresh = told.filter((id) => !kept.has(id));
	if (fresh.length < room) return;
	for (const id of fresh.slice(0, Math.max(0, room))) kept.add(id);
	to.artifacts = to.artifacts.filter(({ id }) => kept.has(id));
	// Of one that an earlier report told: all that are kept are known by now.
	to.pieces = to.pieces.filter(({ artifact }) => kept.has(artifact));
	to.events = to.events.map((event) =>
		event.type === "artifact" && !kept.has(String(event.data.id)) ? { ...event, type: "artifact_left", sealed: null } : event,
	);
}
