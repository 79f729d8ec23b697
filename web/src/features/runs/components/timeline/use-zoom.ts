"use client";
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { panBy, parseZoom, printZoom, type Span, type Zoom, zoomBy } from "./span.ts";

/** How long after the last step the zoom goes into the URL, in milliseconds. */
const SETTLE = 250;
/** How much one step of a key or button changes. */
export const STEP = { zoom: 0.5, pan: 0.25 };

export interface Zooming {
	zoom: Zoom;
	/** @param at where in what is shown, 0 to 1 */
	by(factor: number, at?: number): void;
	pan(parts: number): void;
	all(): void;
}

/** What part of the run is shown: here at once, in the URL when it has settled. */
export function useZoom(whole: Span): Zooming {
	const [search, change] = useAddress();
	const given = search.get("zoom");
	const [zoom, setZoom] = useState<Zoom>(() => parseZoom(given));
	const told = useRef(given);
	const span = useRef(whole);
	span.current = whole;
	useEffect(() => {
		if (given === told.current) return;
		told.current = given;
		setZoom(parseZoom(given));
	}, [given]);
	useEffect(() => {
		const next = printZoom(zoom);
		if (next === told.current) return;
		const timer = setTimeout(() => {
			told.current = next;
			change({ zoom: next }, "replace");
		}, SETTLE);
		return () => clearTimeout(timer);
	}, [zoom, change]);
	const by = useCallback((factor: number, at?: number) => setZoom((now) => zoomBy(span.current, now, factor, at)), []);
	const pan = useCallback((parts: number) => setZoom((now) => panBy(span.current, now, parts)), []);
	const all = useCallback(() => setZoom(null), []);
	return { zoom, by, pan, all };
}

/** The wheel with Ctrl (or two fingers apart) zooms where the pointer is; with Shift, or sideways, it pans. Alone it scrolls the lines. */
export function useWheel(scroller: RefObject<HTMLElement | null>, { by, pan }: Zooming, there: boolean): void {
	useEffect(() => {
		const element = there ? scroller.current : null;
		if (!element) return;
		const turned = (event: WheelEvent) => {
			const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.shiftKey ? event.deltaY : 0;
			if (event.ctrlKey || event.metaKey) {
				const lane = element.querySelector("[data-lane]")?.getBoundingClientRect();
				const at = lane?.width ? (event.clientX - lane.left) / lane.width : 0.5;
				by(Math.exp(event.deltaY / 300), Math.min(1, Math.max(0, at)));
			} else if (sideways) pan(sideways / 600);
			else return;
			event.preventDefault();
		};
		// Not by React, whose wheel handlers cannot keep the browser from zooming the page.
		element.addEventListener("wheel", turned, { passive: false });
		return () => element.removeEventListener("wheel", turned);
	}, [scroller, by, pan, there]);
}
