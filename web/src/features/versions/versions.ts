/** Reading versions, and what a deploy asks before it seals. */
import type { Sql, TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toBase64 } from "../../server/inputs.ts";
import { unknownFlow } from "../flows/flows.ts";
import { chunkBytes, missingChunks } from "./chunks.ts";

const PAGE = 50;

interface VersionRow {
	id: string;
	number: number;
	live: boolean;
	address: Buffer;
	kid: string;
	size: number;
	files: number;
	commit_hash: string | null;
	created_by: string;
	created_at: Date;
}

export interface VersionItem {
	id: string;
	number: number;
	live: boolean;
	/** HMAC of the canonical manifest, hex. */
	address: string;
	kid: string;
	/** Bytes of all files, in the clear. */
	size: number;
	files: number;
	commit: string | null;
	createdBy: string;
	createdAt: string;
}

const COLUMNS = "v.id, v.number, v.id = f.live_version_id AS live, v.address, v.kid, b.size, b.files, v.commit_hash, v.created_by, v.created_at";
const FROM = "FROM flow f JOIN version v ON v.flow_id = f.id JOIN bundle b ON b.id = v.bundle_id WHERE f.workspace_id = $1 AND f.name = $2";

function toItem(row: VersionRow): VersionItem {
	const { id, number, live, address, kid, size, files } = row;
	return {
		id,
		number,
		live,
		address: address.toString("hex"),
		kid,
		size,
		files,
		commit: row.commit_hash,
		createdBy: row.created_by,
		createdAt: row.created_at.toISOString(),
	};
}

/** Newest first. @param cursor the number that the page begins below. */
export async function listVersions(
	door: Sql,
	workspaceId: string,
	flow: string,
	cursor?: number,
): Promise<{ versions: VersionItem[]; next: number | null }> {
	const { rows } = await door.query<VersionRow>(
		`SELECT ${COLUMNS} ${FROM} AND ($3::int IS NULL OR v.number < $3) ORDER BY v.number DESC LIMIT ${PAGE + 1}`,
		[workspaceId, flow, cursor ?? null],
	);
	if (rows.length === 0 && cursor === undefined) await assertFlow(door, workspaceId, flow);
	const versions = rows.slice(0, PAGE).map(toItem);
	return { versions, next: rows.length > PAGE ? (versions.at(-1)?.number ?? null) : null };
}

/** With the sealed manifest and, once a first build resolved it, the sealed lock. @param number none: the live one. */
export async function getVersion(door: Sql, workspaceId: string, flow: string, number?: number) {
	const { rows } = await door.query<VersionRow & { manifest: Buffer; lock: Buffer | null }>(
		`SELECT ${COLUMNS}, v.manifest, v.lock ${FROM} AND (CASE WHEN $3::int IS NULL THEN v.id = f.live_version_id ELSE v.number = $3 END)`,
		[workspaceId, flow, number ?? null],
	);
	const row = rows[0];
	if (!row) {
		await assertFlow(door, workspaceId, flow);
		throw unknownVersion(flow, number);
	}
	return { ...toItem(row), manifest: toBase64(row.manifest) as string, lock: toBase64(row.lock) };
}

/** Chunks of one answer: each is up to MAX_CHUNK. */
export const MAX_CHUNKS = 4;

/** Sealed chunks of the files of one version, in the order asked. Of other versions' nothing is told, not even that they are there. */
export async function getChunks(
	door: Sql,
	workspaceId: string,
	wanted: { flow: string; number: number; ids: string[] },
): Promise<{ chunks: { id: string; sealed: string }[] }> {
	const { flow, number, ids } = wanted;
	const { rows } = await door.query<{ id: Buffer; sealed: Buffer }>(
		`SELECT c.id, c.sealed FROM flow f JOIN version v ON v.flow_id = f.id JOIN bundle b ON b.id = v.bundle_id
			JOIN chunk c ON c.workspace_id = f.workspace_id AND c.id = ANY($4::bytea[]) AND c.id = ANY(b.chunk_ids)
			WHERE f.workspace_id = $1 AND f.name = $2 AND v.number = $3`,
		[workspaceId, flow, number, ids.map(chunkBytes)],
	);
	const found = new Map(rows.map((row) => [row.id.toString("hex"), row.sealed]));
	const chunks = ids.map((id) => {
		const sealed = found.get(id);
		if (!sealed) throw new Refused("not_found", `Version ${number} of flow "${flow}" has no chunk ${id} here.`);
		return { id, sealed: toBase64(sealed) as string };
	});
	return { chunks };
}

export function unknownVersion(flow: string, number?: number): Refused {
	return new Refused(
		"unknown_version",
		number === undefined
			? `The flow "${flow}" has no live version.`
			: `The flow "${flow}" has no version ${number}: tidegate versions ${flow} lists them.`,
	);
}

async function assertFlow(door: Sql, workspaceId: string, flow: string): Promise<void> {
	const { rows } = await door.query("SELECT 1 FROM flow WHERE workspace_id = $1 AND name = $2", [workspaceId, flow]);
	if (rows.length === 0) throw await unknownFlow(door, workspaceId, flow);
}

export interface Preparation {
	/** To be sealed into the manifest; taken by versions.create unless another deploy is faster. */
	number: number;
	/** The live version, where it has this very content: nothing to deploy. */
	unchanged: { id: string; number: number } | null;
	/** Chunks to upload. */
	missing: string[];
}

export async function prepareVersion(
	door: TenantDoor,
	workspaceId: string,
	wanted: { flow: string; address: string; chunks: string[] },
): Promise<Preparation> {
	return door.transaction(async (tx) => {
		const [{ rows }, missing] = await Promise.all([
			tx.query<{ last: number; live_id: string | null; live_number: number | null; same: boolean | null }>(
				`SELECT coalesce((SELECT max(number) FROM version WHERE flow_id = f.id), 0) AS last, v.id AS live_id, v.number AS live_number, v.address = $3 AS same
					FROM flow f LEFT JOIN version v ON v.id = f.live_version_id WHERE f.workspace_id = $1 AND f.name = $2`,
				[workspaceId, wanted.flow, chunkBytes(wanted.address)],
			),
			missingChunks(tx, workspaceId, wanted.chunks),
		]);
		const flow = rows[0];
		const unchanged = flow?.same && flow.live_id && flow.live_number ? { id: flow.live_id, number: flow.live_number } : null;
		return { number: (flow?.last ?? 0) + 1, unchanged, missing };
	});
}
