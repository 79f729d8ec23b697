"use client";
/** Runs whose end this browser tells of: those that somebody asked to watch, and those that were started from it. Kept for each workspace, over reloads and in all tabs. */
import { useSyncExternalStore } from "react";
import { chosenWorkspace } from "./workspace.ts";

/** Past it the one that was watched longest is let go. */
const MAX_WATCHED = 50;

const place = (): string => `tidegate.watched.${chosenWorkspace()}`;
const listeners = new Set<() => void>();

function parse(text: string | null): readonly string[] {
	try {
		const value: unknown = JSON.parse(text ?? "[]");
		return Array.isArray(value) ? value.filter((id) => typeof id === "string").slice(-MAX_WATCHED) : [];
	} catch {
		return [];
	}
}

let read: { text: string | null; ids: readonly string[] } = { text: null, ids: [] };

/** Ids of the runs that are watched now, the same list until it changes. */
export function watched(): readonly string[] {
	const text = localStorage.getItem(place());
	if (text !== read.text) read = { text, ids: parse(text) };
	return read.ids;
}

function keep(ids: readonly string[]): void {
	if (ids.length > 0) localStorage.setItem(place(), JSON.stringify(ids.slice(-MAX_WATCHED)));
	else localStorage.removeItem(place());
	for (const listener of listeners) listener();
}

export function watchRun(id: string): void {
	if (!watched().includes(id)) keep([...watched(), id]);
}

/** @returns whether it was watched: of several tabs, the first to ask is the one to tell. */
export function unwatchRun(id: string): boolean {
	const before = watched();
	if (!before.includes(id)) return false;
	keep(before.filter((one) => one !== id));
	return true;
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	// Told by the browser when another tab changes it.
	window.addEventListener("storage", listener);
	return () => {
		listeners.delete(listener);
		window.removeEventListener("storage", listener);
	};
}

const NONE: readonly string[] = [];

export const useWatched = (): readonly string[] => useSyncExternalStore(subscribe, watched, () => NONE);
