"use client";
/** The dialogs that any part of a page may ask the shell to open. */
import { useSyncExternalStore } from "react";

export type Asked = "key" | "keys" | "leave" | "menu" | "palette" | "profile" | "workspace" | null;

let asked: Asked = null;
let ahead = "";
const listeners = new Set<() => void>();

export function ask(what: Asked): void {
	asked = what;
	ahead = "";
	for (const listener of listeners) listener();
}

export const askForKey = (): void => ask("key");

export const isAsked = (what: Asked): boolean => asked === what;

/** Keeps a key that was pressed before the dialog was there. */
export function typeAhead(key: string): void {
	if (key.length === 1) ahead += key;
	else if (key === "Backspace") ahead = ahead.slice(0, -1);
}

/** What was typed before the dialog took over. */
export const typedAhead = (): string => ahead;

/** The same, once: from now on the dialog has the keys itself. */
export function takeTypedAhead(): string {
	const typed = ahead;
	ahead = "";
	return typed;
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export const useAsked = (): Asked =>
	useSyncExternalStore(
		subscribe,
		() => asked,
		() => null,
	);
