"use client";
/** Sealed content, opened in this browser when it is shown and kept for as long as the key is. */
import { useEffect, useState } from "react";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { useKey } from "./key.tsx";
import { loadOpeners, type Openers } from "./openers.ts";

export type Opened<T> =
	| { state: "none" }
	/** No key here. */
	| { state: "sealed" }
	| { state: "opening" }
	| { state: "open"; value: T }
	/** It did not open; `why` says what did not match. `otherKey`: nobody altered it, another key sealed it. */
	| { state: "refused"; why: string; otherKey: boolean };

export type Settled<T> = Exclude<Opened<T>, { state: "opening" }>;

const kept = new WeakMap<WorkspaceKey, Map<string, Promise<Settled<unknown>> | Settled<unknown>>>();

/** Opens a content once for each key; answers at once where it is open already. */
export function openOnce<T>(key: WorkspaceKey, id: string, read: (openers: Openers, key: WorkspaceKey) => Promise<T>) {
	let contents = kept.get(key);
	if (!contents) {
		contents = new Map();
		kept.set(key, contents);
	}
	let content = contents.get(id);
	if (!content) {
		if (contents.size > 5_000) contents.delete(contents.keys().next().value as string);
		content = loadOpeners()
			.then((openers) => read(openers, key))
			.then(
				(value): Settled<T> => ({ state: "open", value }),
				(error: Error & { reason?: unknown }): Settled<T> => ({ state: "refused", why: error.message, otherKey: error.reason === "wrong-key" }),
			);
		contents.set(id, content);
		content.then((settled) => contents.set(id, settled));
	}
	return content as Promise<Settled<T>> | Settled<T>;
}

/**
 * Opens `sealed` with the workspace's key. `id` names the content within the workspace; it changes with the content.
 * @param sealed base64 as the API gives it; null or undefined where there is none.
 */
export function useOpened<T>(
	id: string,
	sealed: string | null | undefined,
	read: (openers: Openers, key: WorkspaceKey, sealed: string) => Promise<T>,
): Opened<T> {
	const { current } = useKey();
	const key = current.state === "open" ? current.key : undefined;
	const content = key && sealed ? openOnce(key, id, (openers, using) => read(openers, using, sealed)) : undefined;
	const [, settle] = useState<unknown>();
	useEffect(() => {
		if (!(content instanceof Promise)) return;
		let shown = true;
		content.then((settled) => shown && settle(settled));
		return () => {
			shown = false;
		};
	}, [content]);
	if (!sealed) return { state: "none" };
	if (!key) return { state: current.state === "loading" ? "opening" : "sealed" };
	return content instanceof Promise || !content ? { state: "opening" } : content;
}
