"use client";
/** The dialogs that any part of a page may ask the shell to open. */
import { useSyncExternalStore } from "react";

export type Asked = "key" | "keys" | "menu" | null;

let asked: Asked = null;
const listeners = new Set<() => void>();

export function ask(what: Asked): void {
	asked = what;
	for (const listener of listeners) listener();
}

export const askForKey = (): void => ask("key");

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
