/** Takes the stretches of a report's streams into a draft, each only where it begins at the stream's mark. Pure but for the draft. */
import { MAX_ARTIFACT, MAX_ARTIFACTS, MAX_LOG, MAX_SEGMENT, MAX_TASKS, MAX_WAITS } from "tidegate/protocol/limits.ts";
import type { AgentEvent, Segment } from "tidegate/protocol/wire.ts";
import { Refused } from "../../../server/errors.ts";
import { isEnvelope } from "../../../server/inputs.ts";
import { clearPart, foldTask } from "./content.ts";
import { type Draft, note } from "./draft.ts";

/** Envelope, and what deflating cannot shorten. */
const SEALED_OVERHEAD = 64 * 1024;
/** `log.agent` and the last stretch before an agent notices that the limit is reached. */
const LOG_SLACK = 8 * MAX_SEGMENT;

export type Parts = readonly Uint8Array[];

/** A binary part that the header names. */
export function partOf(parts: Parts, index: number, what: string): Buffer {
	const part = parts[index];
	if (!part) throw new Refused("bad_request", `${what} names part ${index}, but there are ${parts.length} parts.`);
	if (part.length > MAX_SEGMENT + SEALED_OVERHEAD)
		throw new Refused("too_large", `${what} is ${part.length} bytes, at most ${MAX_SEGMENT} before sealing are taken.`);
	const problem = isEnvelope(part);
	if (problem) throw new Refused("bad_request", `${what} ${problem}.`);
	return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}

// Postgres's json and text take neither NUL nor half a character.
const clean = (text: string): string => text.replaceAll("\0", "\ufffd").toWellFormed();

function takeWait(to: Draft, { task, kind, due, event, child }: Extract<AgentEvent, { type: "wait" }>, sealed: Uint8Array): void {
	const where = `wait ${task} of run ${to.run.id}`;
	if (kind === "time" && due === null) throw new Refused("bad_request", `${where}: a time has an instant.`);
	if ((kind === "event") !== (event !== null)) throw new Refused("bad_request", `${where}: an event, and nothing else, has the id of one.`);
	if ((kind === "child") !== (child !== null)) throw new Refused("bad_request", `${where}: a child, and nothing else, has the id of one.`);
	to.waits.set(task, { task, kind, due, event, child, sealed, at: new Date(to.run.now).toISOString() });
}

function takeEvent(to: Draft, event: AgentEvent, parts: Parts): void {
	const sealed = event.sealed === null ? null : partOf(parts, event.sealed, `a ${event.type} event`);
	const told = event.type === "task" ? { ...event, fn: clean(event.fn) } : event;
	const seq = note(to, { type: event.type, at: Date.parse(event.at), data: clearPart(told), sealed });
	if (told.type === "task") foldTask(to.tasks, told, sealed, seq);
	else if (!sealed) return;
	else if (told.type === "wait") takeWait(to, told, sealed);
	else if (told.type === "artifact") to.artifacts.push({ ...told, sealed });
	else to[told.type] = sealed;
}

function take(to: Draft, segment: Segment, parts: Parts): void {
	const { stream, start, end, at, lines } = segment;
	const where = `${stream} from ${start} to ${end} of run ${to.run.id}`;
	if (end - start > MAX_SEGMENT) throw new Refused("too_large", `${where}: one stretch is at most ${MAX_SEGMENT} bytes.`);
	for (const event of segment.events) takeEvent(to, event, parts);
	if (stream.startsWith("events.")) return;
	if (segment.events.length) throw new Refused("bad_request", `${where}: only a stream of events carries events.`);
	if (segment.part === null) throw new Refused("bad_request", `${where}: its sealed part is missing.`);
	const sealed = partOf(parts, segment.part, where);
	if (stream.startsWith("artifact.")) {
		if (end > MAX_ARTIFACT) throw new Refused("too_large", `${where}: an artifact is at most ${MAX_ARTIFACT} bytes.`);
		to.pieces.push({ artifact: stream.slice("artifact.".length), start, end, sealed });
		return;
	}
	to.seq += 1;
	to.logBytes += end - start;
	to.chunks.push({ seq: to.seq, stream, start, end, lines, at: Date.parse(at), sealed });
}

/** @param marks of all streams of the execution so far; moved on by what is taken. A stretch that does not begin at its stream's mark is passed over. */
export function takeSegments(to: Draft, marks: Map<string, number>, segments: readonly Segment[], parts: Parts): void {
	for (const segment of segments) {
		const { stream, start, end } = segment;
		if (start !== (marks.get(stream) ?? 0) || end <= start) continue;
		take(to, segment, parts);
		marks.set(stream, end);
		to.marks.set(stream, end);
	}
	let log = 0;
	let bodies = 0;
	for (const [stream, mark] of marks) {
		if (stream.startsWith("artifact.")) bodies += 1;
		else if (!stream.startsWith("events.")) log += mark;
	}
	if (to.chunks.length && log > MAX_LOG + LOG_SLACK)
		throw new Refused("too_large", `run ${to.run.id} sent ${log} bytes of log, at most ${MAX_LOG} are taken.`);
	if (to.pieces.length && bodies > MAX_ARTIFACTS) throw new Refused("too_large", `run ${to.run.id} sent more than ${MAX_ARTIFACTS} artifacts.`);
}

/** Counting costs a scan, so it is asked for only where the run's seq, which counts every event, leaves it open. */
export const mayPass = {
	waits: (to: Draft): boolean => to.waits.size > 0 && to.run.waits + to.waits.size > MAX_WAITS,
	tasks: (to: Draft): boolean => to.tasks.size > 0 && to.seq > MAX_TASKS,
	artifacts: (to: Draft): boolean => to.artifacts.length + to.pieces.length > 0 && to.seq > MAX_ARTIFACTS,
};
