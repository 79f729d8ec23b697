"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { useAddress } from "../../../../browser/address.ts";
import { loadOpeners } from "../../../../browser/openers.ts";
import type { Run } from "../view.ts";
import { LogLine } from "./line.tsx";
import type { Log } from "./log.ts";
import { lineId } from "./text.ts";

/** Pixels of a line that does not wrap. */
const HEIGHT = 20;
/** Pixels from the end within which the reader is taken to be at it. */
const NEAR = 30;

interface Props {
	log: Log;
	match: number | undefined;
	words: string;
	following: boolean;
	follow(on: boolean): void;
	run: Run;
	workspaceKey: WorkspaceKey;
}

export function LogList({ log, match, words, following, follow, run, workspaceKey }: Props) {
	const [search, change] = useAddress();
	const wrap = search.has("wrap");
	const chosen = search.get("line");
	const scroller = useRef<HTMLDivElement>(null);
	const room = useRoom(scroller);
	const { shown, total, longestKey } = log.state;
	const virtual = useVirtualizer({ count: shown, getScrollElement: () => scroller.current, estimateSize: () => HEIGHT, overscan: 20 });

	useLayoutEffect(() => {
		if (following && shown > 0) virtual.scrollToIndex(shown - 1, { align: "end" });
	}, [following, shown, virtual]);

	const target = useFound(log, match === undefined ? undefined : { match });
	useEffect(() => {
		if (target !== undefined) virtual.scrollToIndex(target, { align: "center" });
	}, [target, virtual]);

	const found = useFound(log, chosen === null ? undefined : { line: chosen });
	useEffect(() => {
		if (found !== undefined) virtual.scrollToIndex(found, { align: "center" });
	}, [found, virtual]);

	const moved = useCallback(() => {
		const { scrollHeight, scrollTop, clientHeight } = scroller.current ?? { scrollHeight: 0, scrollTop: 0, clientHeight: 0 };
		follow(scrollHeight - scrollTop - clientHeight < NEAR);
	}, [follow]);
	const byHand = useByHand(moved);

	const showTask = useCallback(
		(key: string) => void loadOpeners().then(({ taskId }) => taskId(workspaceKey, run.id, key).then((task) => change({ task }))),
		[workspaceKey, run.id, change],
	);
	const digits = String(total).length;
	return (
		<div
			ref={scroller}
			{...byHand}
			// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
			tabIndex={0}
			role="log"
			aria-label="Log"
			// Read out line by line it would never end; who wants to can go through it.
			aria-live="off"
			className="overflow-auto border-line border-y py-1 font-mono text-small/5"
			style={{ maxHeight: room, "--digits": `${digits}ch`, "--key": `${Math.min(longestKey, 18)}ch` } as React.CSSProperties}
		>
			<div className="relative min-w-full" style={{ height: virtual.getTotalSize() }}>
				{virtual.getVirtualItems().map(({ index, start }) => {
					const line = log.line(index);
					// On its way: its place is kept, so that nothing moves when it comes.
					if (!line) return null;
					const id = lineId(line);
					return (
						<div
							key={id}
							ref={wrap ? virtual.measureElement : undefined}
							data-index={index}
							className={`absolute top-0 left-0 min-w-full ${wrap ? "w-full" : "h-5 w-max"}`}
							style={{ transform: `translateY(${start}px)` }}
						>
							<LogLine
								line={line}
								place={line.place}
								words={words}
								wrap={wrap}
								times={search.has("times")}
								chosen={id === chosen}
								now={index === target}
								keyed={longestKey > 0}
								choose={() => change({ line: id === chosen ? null : id })}
								showTask={showTask}
							/>
						</div>
					);
				})}
			</div>
		</div>
	);
}

/** Where a match, or the line of a link, is shown: asked again as more lines come, until it is found. */
function useFound(log: Log, what: { line: string } | { match: number } | undefined): number | undefined {
	const name = JSON.stringify(what ?? null);
	const [found, setFound] = useState<{ log: Log; name: string; version: number; at: number }>();
	const { version, shown } = log.state;
	const known = found?.log === log && found.name === name && found.version === version ? found.at : undefined;
	// biome-ignore lint/correctness/useExhaustiveDependencies: asked again with each change of what is shown
	useEffect(() => {
		const wanted = JSON.parse(name) as typeof what | null;
		if (!wanted || known !== undefined) return;
		let asking = true;
		void log.find(wanted).then((at) => asking && at !== undefined && setFound({ log, name, version, at }));
		return () => {
			asking = false;
		};
	}, [log, name, version, shown, known]);
	return known;
}

/** Scrolling by hand, as opposed to by following. */
function useByHand(moved: () => void) {
	const until = useRef(0);
	const mark = () => {
		until.current = Date.now() + 400;
	};
	const scrolled = () => {
		if (Date.now() < until.current) moved();
	};
	return {
		onWheel: mark,
		onTouchMove: mark,
		onKeyDown: mark,
		onPointerMove: (event: React.PointerEvent) => event.buttons && mark(),
		onScroll: scrolled,
	};
}

/** As high as the window leaves room below what stands above, so that the last line is seen without scrolling the page. */
function useRoom(scroller: RefObject<HTMLElement | null>): number {
	const [room, setRoom] = useState(480);
	useLayoutEffect(() => {
		const main = scroller.current?.closest("main");
		if (!main) return;
		const measure = () => {
			const top = (scroller.current?.getBoundingClientRect().top ?? 0) + window.scrollY;
			setRoom(Math.max(300, Math.floor(window.innerHeight - top - 32)));
		};
		measure();
		const seen = new ResizeObserver(measure);
		seen.observe(main);
		window.addEventListener("resize", measure);
		return () => {
			seen.disconnect();
			window.removeEventListener("resize", measure);
		};
	}, [scroller]);
	return room;
}
