/** The sealed streams of a run, page by page: its log and the bodies of its artifacts. */
import type { Sql } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toBase64 } from "../../server/inputs.ts";
import { unknownRun } from "./read.ts";

/** Sealed bytes of one answer: the first piece always, more while they fit. */
const MAX_ANSWER = 4 * 1024 * 1024;
const MAX_PIECES = 200;

export interface LogSegment {
	/** Position among all that was appended to the run. */
	seq: number;
	execution: number;
	stream: string;
	/** Bytes of the stream, in the clear. */
	start: number;
	end: number;
	/** When its last byte was read. */
	at: string;
	lines: number;
	sealed: string;
}

export interface SegmentRow {
	seq: number;
	execution: number;
	stream: string;
	start: number;
	end: number;
	at: Date;
	lines: number;
	sealed: Buffer;
}

export const toSegment = (row: SegmentRow): LogSegment => ({ ...row, at: row.at.toISOString(), sealed: toBase64(row.sealed) as string });

/** As many rows from the front as one answer takes. */
export function fitting<R extends { sealed: Buffer | null }>(rows: R[], bytes = MAX_ANSWER): R[] {
	let size = 0;
	const past = rows.findIndex((row, i) => {
		size += row.sealed?.length ?? 0;
		return i > 0 && size > bytes;
	});
	return past < 0 ? rows : rows.slice(0, past);
}

export async function assertRun(door: Sql, workspaceId: string, id: string): Promise<void> {
	const { rows } = await door.query("SELECT 1 FROM run WHERE id = $1 AND workspace_id = $2", [id, workspaceId]);
	if (rows.length === 0) throw unknownRun(id);
}

/** @param after seq that the page begins behind. `next` is that of the next page; null where nothing is there yet beyond. */
export async function readLogs(
	door: Sql,
	workspaceId: string,
	id: string,
	after = 0,
	limit = MAX_PIECES,
): Promise<{ segments: LogSegment[]; next: number | null }> {
	const { rows } = await door.query<SegmentRow>(
		`SELECT seq, execution, stream, byte_from AS start, byte_to AS "end", at, lines, sealed FROM log_chunk
			WHERE run_id = $1 AND workspace_id = $2 AND seq > $3 ORDER BY seq LIMIT $4`,
		[id, workspaceId, after, limit + 1],
	);
	if (rows.length === 0) await assertRun(door, workspaceId, id);
	const page = fitting(rows.slice(0, limit));
	return { segments: page.map(toSegment), next: page.length < rows.length ? (page.at(-1)?.seq ?? null) : null };
}

/** The last pieces of a log, as many as one answer takes: for whoever wants to see its end before all of it is read. */
export async function readLogEnd(door: Sql, workspaceId: string, id: string, last: number): Promise<{ segments: LogSegment[]; next: null }> {
	const { rows } = await door.query<SegmentRow>(
		`SELECT seq, execution, stream, byte_from AS start, byte_to AS "end", at, lines, sealed FROM log_chunk
			WHERE run_id = $1 AND workspace_id = $2 ORDER BY seq DESC LIMIT $3`,
		[id, workspaceId, last],
	);
	if (rows.length === 0) await assertRun(door, workspaceId, id);
	return { segments: fitting(rows).toReversed().map(toSegment), next: null };
}

export interface ArtifactPiece {
	start: number;
	end: number;
	sealed: string;
}

/** Pieces of the body of an artifact, of the execution that made it. @param after byte that the page begins at. */
export async function readArtifact(
	door: Sql,
	workspaceId: string,
	id: string,
	artifact: string,
	after = 0,
): Promise<{ pieces: ArtifactPiece[]; next: number | null }> {
	const { rows } = await door.query<{ start: number; end: number; sealed: Buffer }>(
		`SELECT c.byte_from AS start, c.byte_to AS "end", c.sealed FROM artifact a JOIN artifact_chunk c ON c.run_id = a.run_id AND c.artifact_id = a.id AND c.execution = a.execution
			WHERE a.run_id = $1 AND a.workspace_id = $2 AND a.id = $3 AND c.byte_from >= $4 ORDER BY c.byte_from LIMIT $5`,
		[id, workspaceId, artifact, after, MAX_PIECES + 1],
	);
	if (rows.length === 0) {
		await assertRun(door, workspaceId, id);
		const known = await door.query("SELECT 1 FROM artifact WHERE run_id = $1 AND workspace_id = $2 AND id = $3", [id, workspaceId, artifact]);
		if (known.rows.length === 0) throw new Refused("not_found", `The run ${id} has no artifact ${artifact}.`);
	}
	const page = fitting(rows.slice(0, MAX_PIECES));
	const pieces = page.map(({ start, end, sealed }) => ({ start, end, sealed: toBase64(sealed) as string }));
	return { pieces, next: page.length < rows.length ? (pieces.at(-1)?.end ?? null) : null };
}
