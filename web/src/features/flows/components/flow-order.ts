/** Which flows are listed, and in which order. Pure. */
import type { Outputs } from "../../../browser/api.ts";

export type FlowSummary = Outputs["flows"]["list"]["flows"][number];

/** By what flows are sorted; each begins with the end that people look for. */
export const ORDERS = [
	{ value: "name", name: "Name" },
	{ value: "success", name: "Success" },
	{ value: "duration", name: "Median" },
	{ value: "last", name: "Last run" },
] as const;
export type Order = (typeof ORDERS)[number]["value"];

/** As the URL says it: `last`, or `-last` for the other way round. What is no order is the name's. */
export function orderOf(told: string | null): { by: Order; back: boolean } {
	const back = told?.startsWith("-") ?? false;
	const by = ORDERS.find(({ value }) => value === (back ? told?.slice(1) : told))?.value;
	return by ? { by, back } : { by: "name", back: false };
}

/** Share of successes among the last runs that ended by themselves; null where there is none. */
export const successOf = ({ succeeded, failed }: Pick<FlowSummary, "succeeded" | "failed">): number | null =>
	succeeded + failed === 0 ? null : succeeded / (succeeded + failed);

const lastOf = ({ recent: [run] }: FlowSummary): number | null => (run ? Date.parse(run.finishedAt ?? run.startedAt ?? run.queuedAt) : null);

/** Worst, longest and newest first; what has no figure comes last either way. */
const figures: Record<Exclude<Order, "name">, (flow: FlowSummary) => number | null> = {
	success: successOf,
	duration: (flow) => (flow.median === null ? null : -flow.median),
	last: (flow) => {
		const at = lastOf(flow);
		return at === null ? null : -at;
	},
};

const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

export function sorted(flows: readonly FlowSummary[], { by, back }: { by: Order; back: boolean }): FlowSummary[] {
	const way = back ? -1 : 1;
	const byName = (a: FlowSummary, b: FlowSummary) => names.compare(a.name, b.name);
	if (by === "name") return flows.toSorted((a, b) => way * byName(a, b));
	const figure = figures[by];
	return flows.toSorted((a, b) => {
		const [x, y] = [figure(a), figure(b)];
		if (x === null || y === null) return Number(x === null) - Number(y === null) || byName(a, b);
		return way * (x - y) || byName(a, b);
	});
}

/** Those that have the text in their name and every one of the tags. */
export function matching(flows: readonly FlowSummary[], text: string, tags: readonly string[]): FlowSummary[] {
	const wanted = text.trim().toLowerCase();
	return flows.filter((flow) => flow.name.toLowerCase().includes(wanted) && tags.every((tag) => flow.tags.includes(tag)));
}

/** Every tag of the flows with how many have it, sorted. */
export function tagsOf(flows: readonly FlowSummary[]): [string, number][] {
	const counts = new Map<string, number>();
	for (const { tags } of flows) for (const tag of tags) counts.set(tag, (counts.get(tag) ?? 0) + 1);
	return [...counts].sort(([a], [b]) => names.compare(a, b));
}
