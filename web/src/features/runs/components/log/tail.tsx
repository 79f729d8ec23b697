"use client";
import { useLayoutEffect, useRef } from "react";
import { plainKey } from "tidegate/protocol/task-key.ts";
import { useAddress } from "../../../../browser/address.ts";
import { LogLine } from "./line.tsx";
import { LogFrame } from "./list.tsx";
import type { Line } from "./text.ts";

/** The last lines of a log that is still being read: they have no numbers and no links yet. */
export function Tail({ lines }: { lines: Line[] }) {
	const [search] = useAddress();
	const scroller = useRef<HTMLDivElement>(null);
	// biome-ignore lint/correctness/useExhaustiveDependencies: it stands at its end when it comes
	useLayoutEffect(() => {
		// In braces: in newer browsers it answers a promise, which is no clean-up.
		scroller.current?.scrollTo({ top: scroller.current.scrollHeight });
	}, [lines]);
	const longestKey = lines.reduce((most, { k }) => Math.max(most, k ? plainKey(k).length : 0), 0);
	return (
		<LogFrame ref={scroller} digits={5} longestKey={longestKey}>
			<div className="w-max min-w-full">
				{lines.map((line, i) => (
					<LogLine
						// biome-ignore lint/suspicious/noArrayIndexKey: told once, all together
						key={i}
						line={line}
						place={undefined}
						words=""
						wrap={false}
						times={search.has("times")}
						chosen={false}
						now={false}
						keyed={longestKey > 0}
						choose={() => undefined}
						showTask={undefined}
					/>
				))}
			</div>
		</LogFrame>
	);
}
