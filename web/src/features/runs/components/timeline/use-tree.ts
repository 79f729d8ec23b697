"use client";
import { type KeyboardEvent, useState } from "react";
import type { Row } from "./rows.ts";
import { STEP, type Zooming } from "./use-zoom.ts";

interface Tree {
	rows: Row[];
	zooming: Zooming;
	/** Lines that fit. */
	page: number;
	scrollTo(index: number): void;
	open(row: Row): void;
	turn(row: Row, open: boolean): void;
}

/** The line that the keyboard is on, by its id, since lines come and go; the focus stays on the list, of which only what is seen exists. */
export function useTree({ rows, zooming, page, scrollTo, open, turn }: Tree) {
	const [active, setActive] = useState<string>();
	const found = active === undefined ? -1 : rows.findIndex((row) => row.id === active);

	function go(index: number): void {
		const to = Math.max(0, Math.min(rows.length - 1, index));
		setActive(rows[to]?.id);
		scrollTo(to);
	}

	function sideways(row: Row | undefined, later: boolean): void {
		if (row?.kind === "map") turn(row, later);
		else if (row?.level === 2 && !later) go(rows.findLastIndex((one, i) => i < found && one.kind === "map"));
	}

	const keys: Record<string, () => void> = {
		ArrowDown: () => go(found + 1),
		j: () => go(found + 1),
		ArrowUp: () => go(found < 0 ? 0 : found - 1),
		k: () => go(found < 0 ? 0 : found - 1),
		PageDown: () => go(Math.max(0, found) + page),
		PageUp: () => go(found - page),
		Home: () => go(0),
		End: () => go(rows.length - 1),
		ArrowLeft: () => sideways(rows[found], false),
		ArrowRight: () => sideways(rows[found], true),
		Enter: () => rows[found] && open(rows[found]),
		" ": () => rows[found] && open(rows[found]),
		"+": () => zooming.by(STEP.zoom),
		"=": () => zooming.by(STEP.zoom),
		"-": () => zooming.by(1 / STEP.zoom),
		"0": () => zooming.all(),
	};
	const shifted: Record<string, () => void> = {
		ArrowLeft: () => zooming.pan(-STEP.pan),
		ArrowRight: () => zooming.pan(STEP.pan),
		"+": keys["+"] as () => void,
	};

	function onKeyDown(event: KeyboardEvent): void {
		if (event.ctrlKey || event.metaKey || event.altKey) return;
		const act = (event.shiftKey ? shifted : keys)[event.key];
		if (!act) return;
		event.preventDefault();
		act();
	}

	return { active: found < 0 ? undefined : active, setActive, onKeyDown };
}
