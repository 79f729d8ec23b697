/**
 * Following a run: subscribe first, then replay after the last position seen, then tail. One position (seq) covers events and log, so a
 * reconnect goes on without a gap and without a repetition. Wake-ups are hints: without any, the run is looked at every two seconds.
 */
import { hasEnded, type RunState } from "tidegate/protocol/states.ts";
import type { TenantDoor } from "../../server/db.ts";
import { toBase64 } from "../../server/inputs.ts";
import { bus } from "../../server/pubsub.ts";
import { fitting, type LogSegment, toSegment } from "./content.ts";
import type { RunEvent } from "./events.ts";
import { unknownRun } from "./read.ts";
import { wakeable } from "./wakeable.ts";

/** Rows of one look. */
const ROWS = 200;
const SLOW_PATH = 2_000;

/** One thing that was appended to the run: an event, or a stretch of its log. */
export interface Watched {
	seq: number;
	event?: RunEvent;
	segment?: LogSegment;
}

interface Row {
	/** Absent (one row, seq null) where nothing is new. */
	seq: number | null;
	state: RunState;
	last: number;
	type: string | null;
	execution: number | null;
	at: Date;
	data: Record<string, unknown>;
	stream: string;
	start: number;
	end: number;
	lines: number;
	sealed: Buffer | null;
}

// The run's row comes along with each piece: its state and its last position are of the same moment.
const LOOK = {
	name: "watch-look",
	text: `SELECT r.state, r.seq AS last, x.* FROM run r LEFT JOIN LATERAL (
		SELECT * FROM (
			(SELECT seq, type, execution, at, data, sealed, NULL AS stream, NULL::bigint AS start, NULL::bigint AS "end", NULL::int AS lines
				FROM event WHERE run_id = $1 AND seq > $3 ORDER BY seq LIMIT ${ROWS})
			UNION ALL
			(SELECT seq, NULL, execution, at, NULL, sealed, stream, byte_from, byte_to, lines FROM log_chunk WHERE run_id = $1 AND seq > $3 ORDER BY seq LIMIT ${ROWS})
		) appended ORDER BY seq LIMIT ${ROWS}) x ON true
		WHERE r.id = $1 AND r.workspace_id = $2 ORDER BY x.seq`,
};

function toWatched(row: Row): Watched {
	const seq = row.seq as number;
	if (row.type === null) {
		const { stream, start, end, at, lines } = row;
		return { seq, segment: toSegment({ seq, execution: row.execution as number, stream, start, end, at, lines, sealed: row.sealed as Buffer }) };
	}
	return { seq, event: { at: row.at.toISOString(), execution: row.execution, type: row.type, data: row.data, sealed: toBase64(row.sealed) } };
}

export interface Watching {
	door: TenantDoor;
	workspaceId: string;
	run: string;
	/** Position to go on behind; 0 from the beginning. */
	after: number;
	/** Aborts when the caller leaves, or its connection is closed. */
	signal: AbortSignal;
	/** Throws where the caller may no longer look. */
	assertAllowed(): Promise<void>;
	drained(): Promise<void>;
}

/** Ends after the run has ended and everything was given out. @throws Refused unknown_run. */
export async function* watchRun({ door, workspaceId, run, after, signal, assertAllowed, drained }: Watching): AsyncGenerator<Watched> {
	const wake = wakeable(signal);
	const off = bus.onRun(run, wake.now);
	try {
		let position = after;
		while (!signal.aborted) {
			const { rows } = await door.query<Row>(LOOK, [run, workspaceId, position]);
			const first = rows[0];
			if (!first) throw unknownRun(run);
			const found = first.seq === null ? [] : fitting(rows);
			for (const row of found) {
				if (signal.aborted) return;
				yield toWatched(row);
				position = row.seq as number;
			}
			await drained();
			if (found.length === 0 || position >= first.last) {
				if (hasEnded(first.state) && position >= first.last) return;
				await wake.next(SLOW_PATH);
				await assertAllowed();
			}
		}
	} finally {
		off();
		wake.end();
	}
}
