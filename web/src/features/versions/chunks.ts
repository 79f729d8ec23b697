/** Sealed chunks of bundles: stored once a workspace under the name that their sealer gave them. */

import { decodeFrame, FrameError } from "tidegate/protocol/frame.ts";
import { MAX_CHUNK } from "tidegate/protocol/limits.ts";
import { ChunkId } from "tidegate/protocol/manifest.ts";
import { z } from "zod";
import type { Sql, TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { isEnvelope } from "../../server/inputs.ts";

/** A chunk that is touched is spared for a day by collection; one touched in the last hour need not be written again. */
const TOUCH_AFTER = "1 hour";
/** What the table takes: MAX_CHUNK, sealed and framed by deflate. */
const MAX_SEALED = MAX_CHUNK + 8 * 1024;
/** Rows of one INSERT: small enough that one statement never holds a whole body's worth of parameters twice. */
const ROWS = 200;

const UploadHeader = z.object({ ids: z.array(ChunkId).min(1).max(20_000) });

export const chunkBytes = (id: string): Buffer => Buffer.from(id, "hex");

/** Touches those of `ids` that are there, so that they stay for at least 23 h. @returns ids that are not there, in the order asked. */
export async function missingChunks(tx: Sql, workspaceId: string, ids: string[]): Promise<string[]> {
	if (ids.length === 0) return [];
	const wanted = [...new Set(ids)];
	const given = [workspaceId, wanted.map(chunkBytes)];
	const [, { rows }] = await Promise.all([
		tx.query(
			`UPDATE chunk SET touched_at = tg_now() WHERE workspace_id = $1 AND id IN (SELECT id FROM chunk
				WHERE workspace_id = $1 AND id = ANY($2::bytea[]) AND touched_at < tg_now() - interval '${TOUCH_AFTER}' ORDER BY id FOR UPDATE)`,
			given,
		),
		tx.query<{ id: Buffer }>("SELECT id FROM chunk WHERE workspace_id = $1 AND id = ANY($2::bytea[])", given),
	]);
	const there = new Set(rows.map((row) => row.id.toString("hex")));
	return wanted.filter((id) => !there.has(id));
}

interface Upload {
	id: Buffer;
	sealed: Uint8Array;
}

/** @throws Refused naming the part that is no sealed chunk. */
export function readUpload(body: Uint8Array): Upload[] {
	let frame: ReturnType<typeof decodeFrame>;
	try {
		frame = decodeFrame(body);
	} catch (error) {
		if (error instanceof FrameError) throw new Refused("bad_request", error.message);
		throw error;
	}
	const { ids } = UploadHeader.parse(frame.header);
	if (ids.length !== frame.parts.length)
		throw new Refused("bad_request", `The header names ${ids.length} chunks, but ${frame.parts.length} parts follow.`);
	const uploads = new Map<string, Upload>();
	for (const [at, id] of ids.entries()) {
		const sealed = frame.parts[at] as Uint8Array;
		if (sealed.length > MAX_SEALED)
			throw new Refused("too_large", `Part ${at} has ${sealed.length} bytes: a chunk has at most ${MAX_SEALED}, sealed.`);
		const problem = isEnvelope(sealed);
		if (problem) throw new Refused("bad_request", `Part ${at} ${problem}.`);
		uploads.set(id, { id: chunkBytes(id), sealed });
	}
	// In one order, so that two deploys of the same files do not wait for each other crosswise.
	return [...uploads.values()].sort((a, b) => Buffer.compare(a.id, b.id));
}

/** Stores what is not there yet, touches the rest: all of a body or nothing. A content that is there stays, whoever sends another for its name. */
export async function storeChunks(door: TenantDoor, workspaceId: string, uploads: Upload[]): Promise<{ stored: number }> {
	await door.transaction(async (tx) => {
		const sent: Promise<unknown>[] = [];
		for (let from = 0; from < uploads.length; from += ROWS) {
			const rows = uploads.slice(from, from + ROWS);
			const values = rows.map((_, i) => `($1, $${2 * i + 2}, $${2 * i + 3})`).join(", ");
			const bytes = rows.flatMap(({ id, sealed }) => [id, Buffer.from(sealed.buffer, sealed.byteOffset, sealed.byteLength)]);
			sent.push(
				tx.query(`INSERT INTO chunk (workspace_id, id, sealed) VALUES ${values} ON CONFLICT (workspace_id, id) DO UPDATE SET touched_at = tg_now()`, [
					workspaceId,
					...bytes,
				]),
			);
		}
		await Promise.all(sent);
	});
	return { stored: uploads.length };
}
