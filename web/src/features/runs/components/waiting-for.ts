/** What a run that goes on without a process waits for, in words. Pure. */
import type { WaitContent } from "tidegate/protocol/content.ts";
import { eventName } from "tidegate/protocol/event-name.ts";
import { hasEnded, RUN_STATES } from "tidegate/protocol/states.ts";
import { count, duration, moment, plural } from "../../../ui/format.ts";
import type { RunView, Wait } from "./view.ts";

/** What is sealed of it, once it is opened. */
export interface WaitTold {
	wait?: WaitContent;
	/** Of the flow: how often it is tried again. */
	retries?: number;
}

/** Open waits of the kind that people read. */
export const openWaits = ({ run, kin }: Pick<RunView, "run" | "kin">): Wait[] =>
	kin.waits.filter(({ state, kind }) => state === "open" && kind === run.waitingFor);

const by = (until: string | null, now: number): string => (until ? `, until ${moment(until, now)}` : "");

/** How many children are over, of how many there are. */
export function childrenOver({ childStates, childCount }: RunView["kin"]): { over: number; all: number } {
	const over = RUN_STATES.reduce((sum, state) => sum + (hasEnded(state) ? (childStates[state] ?? 0) : 0), 0);
	return { over, all: Math.max(childCount, over) };
}

/** A second or two are told by what is left, later ones by the clock. */
const SOON = 60_000;

function retry({ run }: RunView, now: number, retries: number | undefined): string {
	const which = `retry ${run.attempt - 1}${retries === undefined ? "" : ` of ${retries}`}`;
	if (!run.until) return which;
	const left = Date.parse(run.until) - now;
	return left < SOON ? `${which} in ${duration(left + 999, true)}` : `${which} at ${moment(run.until, now)}`;
}

/** After "Waiting": "for retry 2 of 3 at 10:04", "until Thursday 09:00", "for an answer". */
export function waitingFor(view: RunView, now: number, told: WaitTold = {}): string {
	const { run, kin } = view;
	const more = openWaits(view).length;
	switch (run.waitingFor) {
		case "retry":
			return `for ${retry(view, now, told.retries)}`;
		case "time":
			return run.until ? `until ${moment(run.until, now)}` : "for its time to come";
		case "approval":
			return `for ${more > 1 ? `${count(more)} answers` : "an answer"}${by(run.until, now)}`;
		case "event": {
			const event = told.wait?.event;
			const name = event ? eventName(event) : "an event";
			return `for ${more > 1 ? plural(more, "event") : name}${by(run.until, now)}`;
		}
		case "child": {
			const { over, all } = childrenOver(kin);
			const left = Math.max(kin.needs, 1);
			if (all <= 1) return `for its child run${by(run.until, now)}`;
			return `for ${count(Math.min(left, all))} of ${plural(all, "child run")}, ${count(over)} ended${by(run.until, now)}`;
		}
		default:
			return `for ${duration(now - Date.parse(run.queuedAt), true)}`;
	}
}
