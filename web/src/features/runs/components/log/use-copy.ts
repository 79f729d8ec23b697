"use client";
/** Selecting and copying over many lines: rows that are out of sight are not there, so the selection's own rows are kept, and what is between comes from the log. */
import { type ClipboardEvent, type RefObject, useEffect, useState } from "react";
import type { Log } from "./log.ts";

/** Lines that are copied at most: a clipboard is no file. */
const MOST = 200_000;

function rowOf(node: Node | null, scroller: HTMLElement): number | undefined {
	const element = node instanceof Element ? node : node?.parentElement;
	const row = scroller.contains(element ?? null) ? element?.closest<HTMLElement>("[data-index]") : undefined;
	return row?.dataset.index === undefined ? undefined : Number(row.dataset.index);
}

/** Positions of the rows in which the selection begins and ends, the first one first; none where there is none in the log. */
function selectedRows(scroller: HTMLElement | null): number[] {
	const selection = document.getSelection();
	if (!selection || !scroller) return [];
	return [selection.anchorNode, selection.focusNode]
		.map((node) => rowOf(node, scroller))
		.filter((row) => row !== undefined)
		.sort((a, b) => a - b);
}

/** @returns positions of the rows in which a selection begins and ends, and what is to be done when it is copied. */
export function useCopy(scroller: RefObject<HTMLElement | null>, log: Log): { kept: number[]; onCopy(event: ClipboardEvent): void } {
	const [kept, keep] = useState<number[]>([]);
	useEffect(() => {
		const selected = () => {
			const rows = selectedRows(scroller.current);
			keep((before) => (before.join() === rows.join() ? before : rows));
		};
		document.addEventListener("selectionchange", selected);
		return () => document.removeEventListener("selectionchange", selected);
	}, [scroller]);
	const onCopy = (event: ClipboardEvent) => {
		// As it is now: what was rendered of it may be a moment behind.
		const [from, to] = selectedRows(scroller.current);
		if (from === undefined || to === undefined) return;
		const rows = scroller.current?.querySelectorAll<HTMLElement>("[data-index]") ?? [];
		const there = new Set([...rows].map((row) => Number(row.dataset.index)));
		// What is all there, the browser copies to the letter.
		if (to - from < there.size && Array.from({ length: to - from }, (_, i) => from + i).every((row) => there.has(row))) return;
		event.preventDefault();
		const text = log.text({ from, to: Math.min(to + 1, from + MOST) });
		void navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
	};
	return { kept, onCopy };
}
