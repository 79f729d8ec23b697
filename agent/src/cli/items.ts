/** The items of a map as a reader can follow them: the first by name, the others as how far they are; those that fail are always told. */
import type { Happening } from "../client/happening.ts";
import type { TaskState } from "../protocol/states.ts";
import { isTerminal } from "./output.ts";

type Task = Extract<Happening, { type: "task" }>;

/** So many items of a map are told one by one. */
const SHOWN = 10;
/** So many of the others that fail are. */
const FAILURES = 20;
/** How far the others are is told so often: on a terminal in one line that moves. Milliseconds. */
const EVERY = isTerminal ? 200 : 5_000;

export const isOver = (state: TaskState): boolean => state === "succeeded" || state === "failed" || state === "cancelled" || state === "skipped";

interface Mapped {
	/** By task. */
	states: Map<string, { state: TaskState; from: boolean }>;
	/** When it was last told how far it is: of the run's own clock, in milliseconds. */
	told: number;
	failures: number;
	folded: boolean;
}

export class Items {
	readonly #maps = new Map<string, Mapped>();

	/** @param line what is said of a task that stands alone. @returns what is said of this one */
	say({ task, fn: given, index, state, at, from }: Task, line: string): string {
		if (index === null) return line;
		const fn = given.replace(/\p{Cc}/gu, "");
		const now = Date.parse(at);
		const map = this.#maps.get(fn) ?? { states: new Map(), told: now, failures: 0, folded: false };
		this.#maps.set(fn, map);
		map.states.set(task, { state, from: from !== undefined });
		if (index < SHOWN) return line;
		map.folded = true;
		if (state === "failed" && map.failures++ < FAILURES) return line;
		if (!isOver(state) || now - map.told < EVERY) return "";
		map.told = now;
		return `${fn}: ${counted(map)}${isTerminal ? "" : "\n"}`;
	}

	/** Of the maps of which not all was told. */
	summary(): string {
		return [...this.#maps].flatMap(([fn, map]) => (map.folded ? [`${fn}: ${counted(map)}\n`] : [])).join("");
	}
}

function counted({ states }: Mapped): string {
	const all = [...states.values()];
	const count = (fits: (one: { state: TaskState; from: boolean }) => boolean): number => all.filter(fits).length;
	const parts = [
		`${count(({ state }) => isOver(state))} of ${all.length} items done`,
		...(["failed", "cancelled", "skipped"] as const).flatMap((state) => {
			const number = count((one) => one.state === state);
			return number > 0 ? [`${number} ${state}`] : [];
		}),
	];
	const before = count(({ from }) => from);
	return [...parts, ...(before > 0 ? [`${before} remembered`] : [])].join(", ");
}
