"use client";
/** Short words about what was done elsewhere on the page, read out as well. What shows them loads with the first. */
import { useSyncExternalStore } from "react";

export interface Toast {
	text: string;
	/** More, in a second line. */
	detail?: string;
	tone?: "plain" | "good" | "bad";
	/** What can be done about it. */
	action?: { name: string; run(): void };
	/** Replaces an earlier one of this id. */
	id?: string;
}

const LATER = "tidegate.toast";

let waiting: readonly Toast[] = [];
let used = false;
const listeners = new Set<() => void>();

function tell(): void {
	for (const listener of listeners) listener();
}

export function toast(text: string, more: Omit<Toast, "text"> = {}): void {
	waiting = [...waiting, { text, ...more }];
	used = true;
	tell();
}

/** Shown by the page that is loaded next in this tab. */
export const toastAfterLoad = (text: string): void => sessionStorage.setItem(LATER, text);

/** Shows what the page before left to say. */
export function toastLeft(): void {
	const text = sessionStorage.getItem(LATER);
	sessionStorage.removeItem(LATER);
	if (text) toast(text);
}

/** Takes what is to be shown. */
export function takeToasts(): readonly Toast[] {
	const taken = waiting;
	waiting = [];
	return taken;
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => void listeners.delete(listener);
}

export const onToast = subscribe;

/** Whether there ever was one. */
export const useToasted = (): boolean =>
	useSyncExternalStore(
		subscribe,
		() => used,
		() => false,
	);
