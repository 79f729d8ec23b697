/** What an agent needs of a version, within its own workspace: manifest, lock, chunks. All of it sealed. */
import { MAX_BODY, MAX_CHUNK } from "tidegate/protocol/limits.ts";
import { envelopeKid } from "tidegate/protocol/seal.ts";
import type { ChunksAnswer, ChunksRequest, LockAnswer, LockRequest, VersionAnswer, VersionRequest } from "tidegate/protocol/wire.ts";
import type { z } from "zod";
import { type Tenant, tenant } from "../server/db.ts";
import { Refused } from "../server/errors.ts";
import { isEnvelope } from "../server/inputs.ts";

/** Header and lengths of an answer besides its chunks. */
const HEADROOM = 1024 * 1024;

interface Framed<T> {
	header: T;
	parts: Uint8Array[];
}

const unknownVersion = (id: string): Refused => new Refused("not_found", `There is no version ${id} in this agent's workspace.`);

export async function version(who: Tenant, asked: z.infer<typeof VersionRequest>): Promise<Framed<z.infer<typeof VersionAnswer>>> {
	const { rows } = await tenant(who).query<{ flow: string; number: number; address: Buffer; manifest: Buffer; lock: Buffer | null }>(
		"SELECT f.name AS flow, v.number, v.address, v.manifest, v.lock FROM version v JOIN flow f ON f.id = v.flow_id WHERE v.id = $1 AND v.workspace_id = $2",
		[asked.version, who.workspaceId],
	);
	const found = rows[0];
	if (!found) throw unknownVersion(asked.version);
	const { flow, number, address, manifest, lock } = found;
	return {
		header: { flow, number, address: address.toString("hex"), manifest: 0, lock: lock ? 1 : null },
		parts: lock ? [manifest, lock] : [manifest],
	};
}

/** The first one wins and is answered, so that all agents run the same packages. */
export async function lock(who: Tenant, asked: z.infer<typeof LockRequest>, parts: Uint8Array[]): Promise<Framed<z.infer<typeof LockAnswer>>> {
	const sealed = parts[asked.lock];
	if (!sealed) throw new Refused("bad_request", `The header names part ${asked.lock}, but there are ${parts.length} parts.`);
	const problem = isEnvelope(sealed);
	if (problem) throw new Refused("bad_request", `The lock ${problem}.`);
	if (sealed.length > MAX_CHUNK) throw new Refused("too_large", `The lock is ${sealed.length} bytes, at most ${MAX_CHUNK} are taken.`);
	const kid = envelopeKid(sealed);
	// What holds for ever is taken only under the key that the version itself was sealed with.
	const { rows } = await tenant(who).query<{ lock: Buffer | null; kid: string }>(
		"UPDATE version SET lock = CASE WHEN kid = $4 THEN coalesce(lock, $3) ELSE lock END WHERE id = $1 AND workspace_id = $2 RETURNING lock, kid",
		[asked.version, who.workspaceId, Buffer.from(sealed), kid],
	);
	const kept = rows[0];
	if (!kept) throw unknownVersion(asked.version);
	if (!kept.lock || kid !== kept.kid) throw new Refused("bad_request", `The lock is sealed with workspace key ${kid}, its version with ${kept.kid}.`);
	return { header: { lock: 0 }, parts: [kept.lock] };
}

/** Those that exist, in the order asked, as many as fit: the sizes are looked at before the bytes are. */
export async function chunks(who: Tenant, asked: z.infer<typeof ChunksRequest>): Promise<Framed<z.infer<typeof ChunksAnswer>>> {
	const { rows } = await tenant(who).query<{ id: Buffer; sealed: Buffer }>(
		`WITH sized AS MATERIALIZED (
				SELECT c.id, w.place, sum(length(c.sealed) + 80) OVER (ORDER BY w.place) AS total
				FROM unnest($2::bytea[]) WITH ORDINALITY w(id, place) JOIN chunk c ON c.workspace_id = $1 AND c.id = w.id)
			SELECT c.id, c.sealed FROM sized s JOIN chunk c ON c.workspace_id = $1 AND c.id = s.id WHERE s.total <= $3 ORDER BY s.place`,
		[who.workspaceId, asked.ids.map((id) => Buffer.from(id, "hex")), MAX_BODY - HEADROOM],
	);
	return { header: { ids: rows.map((row) => row.id.toString("hex")) }, parts: rows.map((row) => row.sealed) };
}
