"use client";
import { type RefObject, useEffect } from "react";

/** Pixels between two things of the corner. */
const GAP = 12;

/** For what is fixed to the lower right corner: messages, which come there too, stand above it for as long as it shows something. */
export function useCorner(place: RefObject<HTMLElement | null>): void {
	useEffect(() => {
		const root = document.documentElement.style;
		const measure = () => {
			const height = place.current?.offsetHeight ?? 0;
			root.setProperty("--corner", `${height > 0 ? height + GAP : 0}px`);
		};
		const seen = new ResizeObserver(measure);
		if (place.current) seen.observe(place.current);
		return () => {
			seen.disconnect();
			root.removeProperty("--corner");
		};
	}, [place]);
}
