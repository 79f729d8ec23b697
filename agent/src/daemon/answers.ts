/** What a run was answered, fetched and opened: as messages that its SDK understands. */

import { openAnswer, openEvent, openMark, openWait } from "../protocol/answers.ts";
import { openError, openResult } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import { type Answer, AnswersAnswer, type ExecutionRef, type Mark } from "../protocol/wire.ts";
import type { Connection } from "./connection.ts";
import type { AnswerMessage } from "./inbox.ts";

/** A task's end that was set by hand. */
export interface MarkByHand {
	run: string;
	key: string;
	state: Mark["state"];
	value: unknown;
}

export interface Fetched {
	messages: AnswerMessage[];
	marks: MarkByHand[];
	/** The number of the newest. */
	after: number;
}

/** All past number `after`. Throws GatewayError where the control plane refuses, SealError where an answer is not what its people sealed. */
export async function fetchAnswers(
	connection: Connection,
	key: WorkspaceKey,
	place: RunPlace,
	asker: ExecutionRef & { token: string },
	after: number,
	signal: AbortSignal,
): Promise<Fetched> {
	const fetched: Fetched = { messages: [], marks: [], after };
	for (let more = true; more; ) {
		const header = { run: asker.run, execution: asker.execution, token: asker.token, after: fetched.after };
		const { header: answer, parts } = await connection.insist({ path: "answers", header, answer: AnswersAnswer, signal });
		for (const each of answer.answers) fetched.messages.push(await open(key, place, each, parts));
		for (const each of answer.marks) fetched.marks.push(await openByHand(key, place.workspace, each, parts));
		more = answer.more;
		fetched.after = answer.after;
	}
	return fetched;
}

async function open(key: WorkspaceKey, place: RunPlace, answer: Answer, parts: readonly Uint8Array[]): Promise<AnswerMessage> {
	const { task, state, by, child } = answer;
	const wait = await openWait(key, place, task, part(parts, answer.wait));
	const message: AnswerMessage = { type: "answer", key: wait.key, state, value: null, by };
	if (child) {
		message.child = { run: child.run, flow: child.flow, state: child.state };
		if (answer.part === null || child.execution === null) return state === "failed" ? { ...message, error: null } : message;
		const theirs = { workspace: place.workspace, flow: child.flow, number: child.number, run: child.run };
		const sealed = part(parts, answer.part);
		if (state === "failed") return { ...message, error: await openError(key, theirs, child.execution, sealed) };
		const result = await openResult(key, theirs, child.execution, sealed);
		return "json" in result ? { ...message, value: result.json } : { ...message, described: result };
	}
	if (answer.part === null) return message;
	const sealed = part(parts, answer.part);
	if (answer.event !== null) return { ...message, value: (await openEvent(key, answer.event, sealed)).value };
	return { ...message, value: (await openAnswer(key, place.run, task, sealed)).value };
}

async function openByHand(key: WorkspaceKey, workspace: string, mark: Mark, parts: readonly Uint8Array[]): Promise<MarkByHand> {
	const { run, flow, number, task, state } = mark;
	const content = await openMark(key, { workspace, flow, number, run }, task, part(parts, mark.part));
	return { run, key: content.key, state, value: content.value };
}

function part(parts: readonly Uint8Array[], index: number): Uint8Array {
	const found = parts[index];
	if (!found) throw new SealError("format", "a part is missing in the control plane's answer");
	return found;
}
