/** A deploy's last step: all of it in one transaction, or nothing of it. */
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { envelopeKid } from "tidegate/protocol/seal.ts";
import type { Hook } from "tidegate/protocol/states.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { bus } from "../../server/pubsub.ts";
import { bindWorkspaceKey } from "../workspaces/workspaces.ts";
import { chunkBytes, missingChunks } from "./chunks.ts";

export interface NewVersion {
	id: string;
	flow: string;
	/** As sealed into the manifest. */
	number: number;
	address: string;
	kid: string;
	manifest: Buffer;
	chunks: string[];
	size: number;
	files: number;
	commit: string | null;
	/** Seconds that its runs may wait in the queue. */
	queueTimeout?: number | null;
	hooks?: Hook[];
}

/** The flow, made by its first deploy; locked, so that numbers are given out one after the other. */
async function lockFlow(tx: Tx, workspaceId: string, name: string): Promise<{ id: string; last: number }> {
	const [, { rows }] = await Promise.all([
		tx.query("INSERT INTO flow (id, workspace_id, name) VALUES ($1, $2, $3) ON CONFLICT (workspace_id, name) DO NOTHING", [
			uuidv7(),
			workspaceId,
			name,
		]),
		tx.query<{ id: string }>("SELECT id FROM flow WHERE workspace_id = $1 AND name = $2 FOR UPDATE", [workspaceId, name]),
	]);
	const id = (rows[0] as { id: string }).id;
	// A statement of its own: it must see what the one that held the lock before has written.
	const last = await tx.query<{ last: number }>("SELECT coalesce(max(number), 0) AS last FROM version WHERE flow_id = $1", [id]);
	return { id, last: last.rows[0]?.last ?? 0 };
}

/** Where the answer to an earlier try was lost: the version that it made. */
async function madeBefore(tx: Tx, workspaceId: string, version: NewVersion): Promise<{ id: string; number: number } | undefined> {
	const { rows } = await tx.query<{ number: number; same: boolean }>(
		"SELECT v.number, v.address = $3 AND f.name = $4 AS same FROM version v JOIN flow f ON f.id = v.flow_id WHERE v.id = $1 AND v.workspace_id = $2",
		[version.id, workspaceId, chunkBytes(version.address), version.flow],
	);
	const made = rows[0];
	if (!made) return undefined;
	if (made.same && made.number === version.number) return { id: version.id, number: made.number };
	throw new Refused("id_taken", `The id ${version.id} belongs to another version: make a new one for each deploy.`);
}

/** Takes a deploy. The new version is live. @throws Refused number_taken, chunks_missing, wrong_workspace_key. */
export async function createVersion(door: TenantDoor, caller: Caller, version: NewVersion): Promise<{ id: string; number: number }> {
	const workspaceId = caller.workspace.id;
	const kid = envelopeKid(version.manifest);
	if (kid !== version.kid) throw new Refused("bad_request", `The manifest was sealed with key ${kid}, not with ${version.kid} as said.`);
	return door.transaction(async (tx) => {
		await bindWorkspaceKey(tx, caller, version.kid);
		const flow = await lockFlow(tx, workspaceId, version.flow);
		const before = await madeBefore(tx, workspaceId, version);
		if (before) return before;
		if (version.number !== flow.last + 1) {
			throw new Refused(
				"number_taken",
				`Version ${version.number} of "${version.flow}" is not the next one, ${flow.last + 1} is: ask again and seal that number in.`,
			);
		}
		const missing = await missingChunks(tx, workspaceId, version.chunks);
		if (missing.length)
			throw new Refused(
				"chunks_missing",
				`${missing.length} of ${version.chunks.length} chunks are not here: ask versions.prepare which, and upload them.`,
			);
		await insert(tx, caller, flow.id, version);
		tx.afterCommit(() => bus.flow(workspaceId, flow.id));
		return { id: version.id, number: version.number };
	});
}

async function insert(tx: Tx, caller: Caller, flowId: string, version: NewVersion): Promise<void> {
	const { id, number, manifest, kid, commit, queueTimeout = null, hooks = [] } = version;
	const workspaceId = caller.workspace.id;
	const bundleId = uuidv7();
	const chunks = [...new Set(version.chunks)].map(chunkBytes);
	const inserted = await Promise.all([
		tx.query("INSERT INTO bundle (id, workspace_id, chunk_ids, size, files) VALUES ($1, $2, $3::bytea[], $4, $5)", [
			bundleId,
			workspaceId,
			chunks,
			version.size,
			version.files,
		]),
		// An id of another workspace is not seen, but taken all the same.
		tx.query(
			`INSERT INTO version (id, workspace_id, flow_id, number, address, kid, bundle_id, manifest, commit_hash, created_by, queue_timeout, hooks)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING`,
			[id, workspaceId, flowId, number, chunkBytes(version.address), kid, bundleId, manifest, commit, caller.actor, queueTimeout, hooks],
		),
	]);
	if (inserted[1].rowCount !== 1) throw new Refused("id_taken", `The id ${id} is taken: make a new one for each deploy.`);
	await Promise.all([
		tx.query("UPDATE flow SET live_version_id = $2 WHERE id = $1", [flowId, id]),
		audit(tx, caller, "version.create", id, { flow: version.flow, number, chunks: chunks.length, size: version.size }),
	]);
}
