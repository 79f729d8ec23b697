/** What happened, in words, from the clear part of an event. Pure. */
import { MAX_ARTIFACTS } from "tidegate/protocol/limits.ts";
import type { Outputs } from "../../../../browser/api.ts";
import { count, size } from "../../../../ui/format.ts";
import { type AnyState, faceOf } from "../../../../ui/state.tsx";
import { taskName } from "../view.ts";

export type RunEvent = Outputs["runs"]["events"]["events"][number];

export const KINDS = ["run", "tasks", "artifacts"] as const;
export type Kind = (typeof KINDS)[number];

export const kindOf = ({ type }: Pick<RunEvent, "type">): Kind => (type === "task" ? "tasks" : type.startsWith("artifact") ? "artifacts" : "run");

export interface Words {
	/** For its glyph. */
	state: AnyState | undefined;
	text: string;
	/** The task that it is about. */
	task?: string;
}

const say = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");

/** Adds what is known, after a colon. */
const because = (text: string, reason: unknown): string => (reason ? `${text}: ${say(reason)}` : text);

const knownState = (state: unknown): AnyState | undefined => {
	try {
		return faceOf(state as AnyState) && (state as AnyState);
	} catch {
		return undefined;
	}
};

const stateWord = (state: unknown): string => {
	const known = knownState(state);
	return known ? faceOf(known).word : say(state);
};

function ended(data: RunEvent["data"]): string {
	const code = data.code === null || data.code === undefined ? "" : `, code ${say(data.code)}`;
	return `Its process ended: ${stateWord(data.outcome)}${data.signal ? `, by ${say(data.signal)}` : code}`;
}

const FOR: Record<string, string> = { time: "a time", approval: "an answer", event: "an event", child: "a child run" };
const forWhat = (kind: unknown): string => FOR[say(kind)] ?? "something outside";

const ANSWERED: Record<string, string> = { answered: "was answered", due: "is due", expired: "was given up: its deadline came", failed: "failed" };

function answered({ kind, state, by }: RunEvent["data"]): string {
	const what = `What it waited for (${forWhat(kind)}) ${ANSWERED[say(state)] ?? say(state)}`;
	return by ? `${what}, by ${say(by)}` : what;
}

/** @param named the name of a task that was heard of before, by its id */
export function wordsOf({ type, data }: Pick<RunEvent, "type" | "data">, named: (task: string) => string | undefined = () => undefined): Words {
	const state = (one: unknown, text: string): Words => ({ state: knownState(one), text });
	switch (type) {
		case "queued":
			return state("queued", Number(data.attempt) > 1 ? `Queued for attempt ${say(data.attempt)}` : "Queued");
		case "claimed":
			return state("starting", `Taken by ${say(data.name)} for attempt ${say(data.attempt)}`);
		case "started":
			return state("running", "Its process started");
		case "task": {
			const task = data as { task: string; fn: string; index: number | null; state: string; attempt: number };
			const again = task.attempt > 1 ? `, attempt ${task.attempt}` : "";
			return { ...state(task.state, `Task ${taskName(task)} ${stateWord(task.state)}${again}`), task: task.task };
		}
		case "artifact":
			return { state: undefined, text: `Artifact: ${say(data.kind)}, ${size(Number(data.size) || 0)}`, task: say(data.task) || undefined };
		case "artifact_left":
			return {
				state: "skipped",
				text: `Left out an artifact: ${say(data.kind)}, ${size(Number(data.size) || 0)}. A run keeps ${count(MAX_ARTIFACTS)}`,
				task: say(data.task) || undefined,
			};
		case "result":
			return { state: undefined, text: "Left its result" };
		case "error":
			return state("failed", "An exception reached the end of the flow");
		case "cancel_requested":
			return state("cancelling", `${say(data.by)} asked for its end`);
		case "finished":
			return state(data.outcome, ended(data));
		case "lost":
			return state("lost", because("Its agent was lost", data.reason));
		case "returned":
			return state("returned", because("Given back to the queue", data.reason));
		case "ended":
			return state(data.state, because(`The run ${stateWord(data.state) === "cancelled" ? "was" : "has"} ${stateWord(data.state)}`, data.reason));
		case "waiting":
			return state("waiting", `Waits for ${data.for === "retry" ? `attempt ${say(data.attempt)}` : forWhat(data.for)}`);
		case "wait":
			return { ...state("waiting", `Told that it waits for ${forWhat(data.kind)}`), task: say(data.task) || undefined };
		case "answered":
			return {
				...state(data.state === "failed" || data.state === "expired" ? "failed" : "succeeded", answered(data)),
				task: say(data.task) || undefined,
			};
		case "pause_requested":
			return state("held", `${say(data.by)} asked it to pause`);
		case "held":
			return state("held", "Held");
		case "resumed":
			return state("queued", `${say(data.by) || "Somebody"} let it go on`);
		case "child":
			return { ...state("queued", `Started a child run of ${say(data.flow) || "a flow"}`), task: say(data.task) || undefined };
		case "marked":
			return {
				...state(data.state, `${say(data.by)} marked ${named(say(data.task)) ?? "a task"} ${stateWord(data.state)}`),
				task: say(data.task) || undefined,
			};
		case "late":
			return state("returned", `Told too late, and kept as a note: ${stateWord(data.outcome)}`);
		default:
			return { state: undefined, text: type };
	}
}
