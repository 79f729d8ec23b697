"use client";
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { useAddress } from "../../../../browser/address.ts";
import { loadOpeners } from "../../../../browser/opened.ts";
import type { Run } from "../view.ts";
import type { FilteredLines } from "./filter.ts";
import { LogLine } from "./line.tsx";
import { type Line, type LogStore, lineId } from "./store.ts";

/** Pixels of a line that does not wrap. */
const HEIGHT = 20;
/** Pixels from the end within which the reader is taken to be at it. */
const NEAR = 30;

interface Props {
	store: LogStore;
	filtered: FilteredLines;
	match: number | undefined;
	words: string;
	following: boolean;
	follow(on: boolean): void;
	run: Run;
	workspaceKey: WorkspaceKey;
}

export function LogList({ store, filtered, match, words, following, follow, run, workspaceKey }: Props) {
	const [search, change] = useAddress();
	const wrap = search.has("wrap");
	const chosen = search.get("line");
	const scroller = useRef<HTMLDivElement>(null);
	const room = useRoom(scroller);
	const { shown, matches } = filtered;
	const virtual = useVirtualizer({ count: shown.length, getScrollElement: () => scroller.current, estimateSize: () => HEIGHT, overscan: 20 });

	useLayoutEffect(() => {
		if (following && shown.length > 0) virtual.scrollToIndex(shown.length - 1, { align: "end" });
	}, [following, shown.length, virtual]);

	const target = match === undefined ? undefined : matches[match];
	useEffect(() => {
		if (target !== undefined) virtual.scrollToIndex(target, { align: "center" });
	}, [target, virtual]);

	const chosenAt = useChosen(store, filtered, chosen);
	const before = useBefore(store, filtered, chosen ? null : search.get("at"));
	const found = chosenAt ?? before;
	useEffect(() => {
		if (found === undefined) return;
		virtual.scrollToIndex(found, { align: "center" });
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
	const digits = String(store.lines.length).length;
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
			style={{ maxHeight: room, "--digits": `${digits}ch`, "--key": `${Math.min(store.longestKey, 18)}ch` } as React.CSSProperties}
		>
			<div className="relative min-w-full" style={{ height: virtual.getTotalSize() }}>
				{virtual.getVirtualItems().map(({ index, start }) => {
					const line = store.lines[shown[index] as number];
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
								place={(shown[index] as number) + 1}
								words={words}
								wrap={wrap}
								times={search.has("times")}
								chosen={id === chosen}
								now={index === target || index === before}
								keyed={store.longestKey > 0}
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

/** The chosen line's place among those shown, once it is there. */
function useChosen(store: LogStore, filtered: FilteredLines, chosen: string | null): number | undefined {
	const looked = useRef({ filtered, chosen, at: 0, found: undefined as number | undefined });
	if (looked.current.filtered !== filtered || looked.current.chosen !== chosen) looked.current = { filtered, chosen, at: 0, found: undefined };
	const state = looked.current;
	while (chosen && state.found === undefined && state.at < filtered.shown.length) {
		if (lineId(store.lines[filtered.shown[state.at] as number] as Line) === chosen) state.found = state.at;
		state.at += 1;
	}
	return state.found;
}

/** The last line that was written by a moment (milliseconds since 1970), for links from an error to what came before it. */
function useBefore(store: LogStore, filtered: FilteredLines, moment: string | null): number | undefined {
	const { shown } = filtered;
	const lines = shown.length;
	// biome-ignore lint/correctness/useExhaustiveDependencies: the list grows in place
	return useMemo(() => {
		const at = Number(moment);
		if (!at) return undefined;
		const found = shown.findLastIndex((position) => (store.lines[position] as Line).t * 1_000 <= at);
		return found < 0 ? undefined : found;
	}, [store, filtered, lines, moment]);
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
