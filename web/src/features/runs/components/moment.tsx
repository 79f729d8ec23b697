"use client";
import { useNow } from "../../../browser/clock.ts";
import { exact, moment } from "../../../ui/format.ts";

/** A point in time to come, as people say it; exact on hover. */
export function Moment({ at }: { at: string }) {
	const now = useNow();
	return (
		<time dateTime={at} title={exact(at)} className="whitespace-nowrap tabular-nums">
			{moment(at, now)}
		</time>
	);
}
