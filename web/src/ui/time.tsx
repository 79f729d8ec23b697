"use client";
import { useNow } from "../browser/clock.ts";
import { ago, duration, exact } from "./format.ts";

/** Relative, exact on hover, in the viewer's zone. */
export function Ago({ at }: { at: string }) {
	const now = useNow();
	return (
		<time dateTime={at} title={exact(at)} className="whitespace-nowrap tabular-nums">
			{ago(now - Date.parse(at))}
		</time>
	);
}

/** How long something took, or has taken so far. */
export function Took({ from, to }: { from: string | null; to: string | null }) {
	const now = useNow(from !== null && to === null);
	if (!from) return <span className="text-quiet">—</span>;
	const title = to ? `${exact(from)} to ${exact(to)}` : `since ${exact(from)}`;
	return (
		<span title={title} className="whitespace-nowrap tabular-nums">
			{to ? duration(Date.parse(to) - Date.parse(from)) : duration(now - Date.parse(from), true)}
		</span>
	);
}
