"use client";
import { type ReactNode, type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { useAddress } from "../../../../browser/address.ts";
import { loadOpeners } from "../../../../browser/openers.ts";
import type { Run } from "../view.ts";
import { LogLine } from "./line.tsx";
import type { Log } from "./log.ts";
import type { Sought } from "./messages.ts";
import { lineId } from "./text.ts";
import { useCopy } from "./use-copy.ts";
import { MAX_WRAPPED, useRows } from "./use-rows.ts";

/** Pixels from the end within which the reader is taken to be at it. */
const NEAR = 30;

interface Props {
	log: Log;
	match: number | undefined;
	words: string;
	following: boolean;
	follow(on: boolean): void;
	/** Whoever opens it wants its end. */
	fromEnd: boolean;
	run: Run;
	workspaceKey: WorkspaceKey;
}

export function LogList({ log, match, words, following, follow, fromEnd, run, workspaceKey }: Props) {
	const [search, change] = useAddress();
	const chosen = search.get("line");
	const scroller = useRef<HTMLDivElement>(null);
	const { shown, total, longestKey, complete } = log.state;
	const wrap = search.has("wrap") && shown <= MAX_WRAPPED;
	const { height, items, scrollTo, measure } = useRows(scroller, shown, wrap);
	const { kept, onCopy } = useCopy(scroller, log);

	useLayoutEffect(() => {
		if (following && shown > 0) scrollTo(shown - 1, "end");
	}, [following, shown, scrollTo]);

	const moment = Number(search.get("at")) || undefined;
	const sought: Sought | undefined = chosen !== null ? { line: chosen } : moment !== undefined ? { moment } : undefined;
	const found = useFound(log, sought);
	const target = useFound(log, match === undefined ? undefined : { match });
	// The worker may find a line before this hears that there are so many.
	const [isTarget, isFound] = [target !== undefined && target < shown, found !== undefined && found < shown];
	useEffect(() => {
		if (isTarget) scrollTo(target as number, "center");
	}, [target, isTarget, scrollTo]);
	useEffect(() => {
		if (isFound) scrollTo(found as number, "center");
	}, [found, isFound, scrollTo]);

	const placed = useRef(!fromEnd);
	useLayoutEffect(() => {
		if (placed.current || !complete || shown === 0) return;
		placed.current = true;
		resting.current = true;
		scrollTo(shown - 1, "end");
	}, [complete, shown, scrollTo]);
	/** Brought to its end, and not moved since: what is opened above it, such as a traceback, takes of its room, and the last line must stay in sight. */
	const resting = useRef(false);
	useEffect(() => {
		const room = scroller.current;
		if (!room) return;
		const seen = new ResizeObserver(() => resting.current && shown > 0 && scrollTo(shown - 1, "end"));
		seen.observe(room);
		return () => seen.disconnect();
	}, [shown, scrollTo]);

	const moved = useCallback(() => {
		const { scrollHeight, scrollTop, clientHeight } = scroller.current ?? { scrollHeight: 0, scrollTop: 0, clientHeight: 0 };
		follow(scrollHeight - scrollTop - clientHeight < NEAR);
		placed.current = true;
		resting.current = false;
	}, [follow]);
	const byHand = useByHand(moved);
	const chosenAt = chosen === null ? undefined : found;
	const link = (at: number) => {
		const line = log.line(at);
		if (!line) return;
		linking.current = true;
		change({ line: lineId(line) }, "replace");
	};
	/** Lines to go by from the linked one, by keys that came before it was found. */
	const early = useRef(0);
	/** A link was made that the address, as it is known here, does not have yet. */
	const linking = useRef(false);
	// biome-ignore lint/correctness/useExhaustiveDependencies: the address has it once it changes
	useEffect(() => {
		linking.current = false;
	}, [chosen]);
	const step = (by: number) => {
		early.current += by;
		if (chosenAt === undefined || linking.current) return;
		const to = Math.min(shown - 1, Math.max(0, chosenAt + early.current));
		// While the line itself is on its way there is nothing to link to: what it brings asks again.
		if (to !== chosenAt && !log.line(to)) return;
		early.current = 0;
		if (to !== chosenAt) link(to);
	};
	useEffect(() => {
		if (early.current !== 0) step(0);
	});
	const keyed = (event: React.KeyboardEvent) => {
		byHand.onKeyDown();
		if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey || shown === 0) return;
		if (event.key === "Home" || event.key === "End") {
			if (event.key === "Home") scrollTo(0, "center");
			else scrollTo(shown - 1, "end");
			follow(event.key === "End");
		} else if (event.key === "Enter" && chosenAt === undefined) link(target ?? items[Math.floor(items.length / 2)]?.index ?? 0);
		else if (event.key === "Escape" && (chosen !== null || linking.current)) {
			[early.current, linking.current] = [0, false];
			change({ line: null }, "replace");
		} else if (event.key === "ArrowUp" && (chosen !== null || linking.current)) step(-1);
		else if (event.key === "ArrowDown" && (chosen !== null || linking.current)) step(1);
		else return;
		event.preventDefault();
	};

	const showTask = useCallback(
		(key: string) => void loadOpeners().then(({ taskId }) => taskId(workspaceKey, run.id, key).then((task) => change({ task }))),
		[workspaceKey, run.id, change],
	);
	return (
		<LogFrame ref={scroller} digits={String(total).length} longestKey={longestKey} {...byHand} onKeyDown={keyed} onCopy={onCopy}>
			<div className="relative min-w-full" style={{ height }}>
				{withKept(items, kept, shown).map(({ index, start }) => {
					const line = log.line(index);
					// On its way: its place is kept, so that nothing moves when it comes.
					if (!line) return null;
					const id = lineId(line);
					return (
						<div
							key={id}
							ref={measure}
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
								now={index === target || (chosen === null && index === found)}
								keyed={longestKey > 0}
								choose={() => {
									early.current = 0;
									change({ line: id === chosen ? null : id });
								}}
								showTask={showTask}
							/>
						</div>
					);
				})}
			</div>
		</LogFrame>
	);
}

/** Rows that a selection begins or ends in stay, out of sight, in their order. */
function withKept(items: { index: number; start: number }[], kept: number[], shown: number): { index: number; start: number }[] {
	const [first, last] = [items[0]?.index ?? 0, items.at(-1)?.index ?? 0];
	const away = [...new Set(kept)].filter((index) => index < shown && (index < first || index > last)).map((index) => ({ index, start: -1_000 }));
	return [...away.filter(({ index }) => index < first), ...items, ...away.filter(({ index }) => index > last)];
}

interface FrameProps extends React.ComponentProps<"div"> {
	ref: RefObject<HTMLDivElement | null>;
	digits: number;
	longestKey: number;
	children: ReactNode;
}

/** What lines stand in: it scrolls, and is as high as there is room. */
export function LogFrame({ ref, digits, longestKey, children, ...rest }: FrameProps) {
	const room = useRoom(ref);
	return (
		<div
			ref={ref}
			{...rest}
			// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
			tabIndex={0}
			role="log"
			aria-label="Log"
			aria-description="Enter makes a link to a line, the arrows move it, Escape leaves it"
			// Read out line by line it would never end; who wants to can go through it.
			aria-live="off"
			className="overflow-auto border-line border-y py-1 font-mono text-small/5"
			style={{ maxHeight: room, "--digits": `${digits}ch`, "--key": `${Math.min(longestKey, 18)}ch` } as React.CSSProperties}
		>
			{children}
		</div>
	);
}

/** Where what is sought is shown: asked again as more lines come, until it is found. */
function useFound(log: Log, sought: Sought | undefined): number | undefined {
	const name = JSON.stringify(sought ?? null);
	const [found, setFound] = useState<{ log: Log; name: string; version: number; at: number }>();
	const { version, shown, complete } = log.state;
	// The last line by a moment is another one for as long as lines come.
	const settled = complete || !sought || !("moment" in sought);
	const known = found?.log === log && found.name === name && found.version === version ? found.at : undefined;
	// biome-ignore lint/correctness/useExhaustiveDependencies: asked again with each change of what is shown
	useEffect(() => {
		const wanted = JSON.parse(name) as Sought | null;
		if (!wanted || !settled || known !== undefined) return;
		let asking = true;
		void log.find(wanted).then((at) => asking && at !== undefined && setFound({ log, name, version, at }));
		return () => {
			asking = false;
		};
	}, [log, name, version, shown, known, settled]);
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
