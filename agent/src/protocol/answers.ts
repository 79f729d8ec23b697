/** Sealing and opening of what runs wait for and are told: waits, answers, events, marks by hand. In pairs, as in open.ts. */
import { hex, utf8 } from "./bytes.ts";
import { AnswerContent, FromContent, MarkContent, WaitContent } from "./content.ts";
import { MAX_ANSWER } from "./limits.ts";
import { openJson, sealJson } from "./open.ts";
import { answerPlace, eventPlace, type RunPlace, runPlace, taskPlace } from "./places.ts";
import type { WorkspaceKey } from "./seal.ts";

/** @throws RangeError above MAX_ANSWER. */
function assertFits(value: unknown, what: string): void {
	const size = utf8(JSON.stringify(value) ?? "").length;
	if (size > MAX_ANSWER)
		throw new RangeError(`${what} takes ${size} bytes, at most ${MAX_ANSWER} are taken: pass a reference to where the data lies`);
}

export const sealWait = (key: WorkspaceKey, place: RunPlace, task: string, content: WaitContent): Promise<Uint8Array<ArrayBuffer>> =>
	sealJson(key, "wait", place.run, taskPlace(place, task), content);
export const openWait = (key: WorkspaceKey, place: RunPlace, task: string, sealed: Uint8Array): Promise<WaitContent> =>
	openJson(key, "wait", place.run, taskPlace(place, task), sealed, WaitContent);

/** An answer to the wait `task` of a run, by a person. */
export async function sealAnswer(key: WorkspaceKey, run: string, task: string, content: AnswerContent): Promise<Uint8Array<ArrayBuffer>> {
	assertFits(content.value, "the answer");
	return sealJson(key, "answer", run, answerPlace({ workspace: key.workspace, run }, task), content);
}
export const openAnswer = (key: WorkspaceKey, run: string, task: string, sealed: Uint8Array): Promise<AnswerContent> =>
	openJson(key, "answer", run, answerPlace({ workspace: key.workspace, run }, task), sealed, AnswerContent);

/** The opaque id of an event: equal for equal name and key, and all that the control plane sees of them. 32 bytes, hex. */
export const eventId = async (key: WorkspaceKey, event: { name: string; key: string }): Promise<string> =>
	hex(await key.name("event-id", key.workspace, utf8(`${event.name}\0${event.key}`)));
/** An event's value, once for every run that waits for it. */
export async function sealEvent(key: WorkspaceKey, event: string, content: AnswerContent): Promise<Uint8Array<ArrayBuffer>> {
	assertFits(content.value, "the event's value");
	return sealJson(key, "event", event, eventPlace(key.workspace, event), content);
}
export const openEvent = (key: WorkspaceKey, event: string, sealed: Uint8Array): Promise<AnswerContent> =>
	openJson(key, "event", event, eventPlace(key.workspace, event), sealed, AnswerContent);

/** @param place of the run that resumes */
export const sealFrom = (key: WorkspaceKey, place: RunPlace, content: FromContent): Promise<Uint8Array<ArrayBuffer>> =>
	sealJson(key, "resume", place.run, runPlace(place), content);
export const openFrom = (key: WorkspaceKey, place: RunPlace, sealed: Uint8Array): Promise<FromContent> =>
	openJson(key, "resume", place.run, runPlace(place), sealed, FromContent);

/** @param place of the run whose task is marked */
export async function sealMark(key: WorkspaceKey, place: RunPlace, task: string, content: MarkContent): Promise<Uint8Array<ArrayBuffer>> {
	assertFits(content.value, "the value");
	return sealJson(key, "mark", place.run, taskPlace(place, task), content);
}
export const openMark = (key: WorkspaceKey, place: RunPlace, task: string, sealed: Uint8Array): Promise<MarkContent> =>
	openJson(key, "mark", place.run, taskPlace(place, task), sealed, MarkContent);
