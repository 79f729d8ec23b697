/** The last word on an execution: how it ended, what it waits for, when it is tried again. */
import { sealFinish } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { Finish, Segment } from "../protocol/wire.ts";
import { type End, retryAfter } from "./end.ts";
import type { Events } from "./events.ts";
import type { RunFolder } from "./folder.ts";
import { lostIn } from "./lost.ts";
import type { Spool } from "./spool.ts";

const UNRETURNED =
	"the process ended with exit code 0 before the flow returned: os._exit(0) or process.exit(0), by the flow or a library; what came after it in the flow was not done";

const unwritten = (code: number | null): string => `the process ended with exit code ${code}, and could not write what the flow came to`;

export interface Ended {
	end: End;
	folder: RunFolder;
	key: WorkspaceKey;
	place: RunPlace;
	spool: Spool;
	/** It was ended here for what another attempt would only do again. */
	hopeless: boolean;
	cpuSeconds: number | null;
	peakMemory: number | null;
}

/** @param segments that go with it @param parts of the frame; the sealed content is added to it */
export async function finishOf(ended: Ended, segments: Segment[], parts: Uint8Array[]): Promise<Finish> {
	const { folder, key, place, spool, cpuSeconds, peakMemory } = ended;
	const { events } = spool;
	const { end } = ended;
	const { outcome, at, code, signal } = end;
	const silent = outcome === "failed" && code !== null && !events.failed;
	const lost = lostIn(folder);
	// With any code: who told neither a result nor an error did not come to an end of its own.
	const mute = code !== null && !events.ended && !lost?.events;
	const told =
		end.note ??
		(silent
			? lost?.events
				? unwritten(code)
				: `the process ended with exit code ${code} and told no error: os._exit, or a library that ended it`
			: null);
	const note = [told, lost?.sentence, ...events.limits].filter(Boolean).join("; ") || null;
	const content = { ...spool.final(segments), outcome, note: note && spool.masker.text(note) };
	const sealed = parts.push(await sealFinish(key, place, folder.ref.execution, content)) - 1;
	const on = outcome === "suspended" ? events.suspended : null;
	const { options, assignment, breach } = folder.notes;
	const died = end.signal !== null || breach !== null || mute;
	return {
		...{ outcome, at, code, signal, sealed, cpuSeconds, peakMemory },
		waits: await events.ids(on?.on ?? []),
		mode: on?.mode ?? "all",
		retryAfter: ended.hopeless ? null : retryAfter(end, events.retryAfter, options, assignment.attempt, died),
	};
}

/**
 * The end, by all that the flow told. Who waits for nothing, or for what will never come, has failed: as a wait it would stand for ever. So has who
 * ended with 0 and returned nothing: os._exit(0) in a library would else pass for a run that did all of its work.
 * @param refused waits whose child could not be made, and why
 */
export function settled(end: End, { suspended, returned, unkept }: Events, refused: ReadonlyMap<string, string>, folder: RunFolder): End {
	const untold = (note: string): End => ({ ...end, outcome: "failed", note: lostIn(folder)?.events ? unwritten(end.code) : note });
	if (end.outcome === "succeeded" && !returned) return folder.notes.cancelled ? { ...end, outcome: "cancelled" } : untold(UNRETURNED);
	if (end.outcome !== "suspended") return end;
	if (!suspended) return untold("the process ended with the exit code of a run that waits, and did not say for what");
	const missing = suspended.on.flatMap((key) => refused.get(key) ?? unkept.get(key) ?? [])[0];
	return missing === undefined ? end : { ...end, outcome: "failed", note: missing };
}
