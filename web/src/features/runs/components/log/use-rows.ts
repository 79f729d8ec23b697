"use client";
/** Which rows of a long list are to be there, and where: even ones however many they are, or such as wrap, which have to be measured. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { type RefObject, useCallback, useLayoutEffect, useRef, useState } from "react";
import { Space, type Stand } from "./space.ts";

/** Pixels of a row that does not wrap. */
const HEIGHT = 20;
/** Rows kept ready beyond what is seen. */
const BEYOND = 20;
/** Rows that wrap are as high as they are, and browsers end somewhere: past so many they do not wrap. */
export const MAX_WRAPPED = 400_000;

export interface Rows {
	/** Pixels of all rows, as the browser has them. */
	height: number;
	items: { index: number; start: number }[];
	scrollTo(index: number, align: "center" | "end"): void;
	/** For rows that are to be measured. */
	measure: ((row: HTMLElement | null) => void) | undefined;
}

export function useRows(scroller: RefObject<HTMLElement | null>, count: number, wrap: boolean): Rows {
	const even = useEven(scroller, wrap ? 0 : count);
	const virtual = useVirtualizer({
		count: wrap ? count : 0,
		enabled: wrap,
		getScrollElement: () => scroller.current,
		estimateSize: () => HEIGHT,
		overscan: BEYOND,
	});
	const scrollTo = useCallback((index: number, align: "center" | "end") => virtual.scrollToIndex(index, { align }), [virtual]);
	if (!wrap) return even;
	return { height: virtual.getTotalSize(), items: virtual.getVirtualItems(), scrollTo, measure: virtual.measureElement };
}

function useEven(scroller: RefObject<HTMLElement | null>, count: number): Rows {
	const [view, setView] = useState(0);
	const [stand, setStand] = useState<Stand>({ top: 0, at: 0 });
	/** What a scroll goes on from: React may be a moment behind. */
	const now = useRef(stand);
	const length = count * HEIGHT;
	const reach = useRef(length);
	reach.current = length;
	const { height } = new Space(length, view);

	const stay = useCallback(
		(next: Stand) => {
			const element = scroller.current;
			now.current = next;
			if (element && Math.abs(element.scrollTop - next.top) > 1) element.scrollTop = next.top;
			setStand(next);
		},
		[scroller],
	);

	useLayoutEffect(() => {
		const element = scroller.current;
		if (!element) return;
		const scrolled = () => {
			if (reach.current > 0) stay(new Space(reach.current, element.clientHeight).step(now.current, element.scrollTop));
		};
		const sized = new ResizeObserver(() => setView(element.clientHeight));
		setView(element.clientHeight);
		sized.observe(element);
		element.addEventListener("scroll", scrolled, { passive: true });
		return () => {
			sized.disconnect();
			element.removeEventListener("scroll", scrolled);
		};
	}, [scroller, stay]);

	// Wrapped or filtered meanwhile, the element may stand elsewhere.
	useLayoutEffect(() => {
		const element = scroller.current;
		if (element && length > 0 && Math.abs(element.scrollTop - now.current.top) > 1)
			stay(new Space(length, element.clientHeight).step(now.current, element.scrollTop));
	}, [scroller, length, stay]);

	const scrollTo = useCallback(
		(index: number, align: "center" | "end") => {
			const seen = scroller.current?.clientHeight ?? 0;
			const here = new Space(reach.current, seen);
			const at = here.toPlace(here.toTop((index + 1) * HEIGHT - (align === "end" ? seen : (seen + HEIGHT) / 2)));
			stay({ at, top: here.toTop(at) });
		},
		[scroller, stay],
	);

	const at = Math.min(stand.at, Math.max(0, length - view));
	const first = Math.max(0, Math.floor(at / HEIGHT) - BEYOND);
	const last = Math.min(count, Math.ceil((at + view) / HEIGHT) + BEYOND);
	const shift = stand.at - stand.top;
	return {
		height,
		items: Array.from({ length: Math.max(0, last - first) }, (_, i) => ({ index: first + i, start: (first + i) * HEIGHT - shift })),
		scrollTo,
		measure: undefined,
	};
}
