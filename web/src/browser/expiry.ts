"use client";
/** Whether the session of an open page still holds. A page that is open stays as it is when it does not: what was typed must not be lost. */
import { useSyncExternalStore } from "react";

const CHANNEL = "tidegate session";

let expired = false;
const listeners = new Set<() => void>();
const waiting = new Set<() => void>();

function become(next: boolean): void {
	if (expired === next) return;
	expired = next;
	for (const listener of listeners) listener();
}

/** Called with each answer that says that nobody is signed in. */
export const sessionRefused = (): void => become(true);

/** Called when somebody is again: whatever had stopped goes on. */
export function sessionRenewed(): void {
	become(false);
	for (const goOn of [...waiting]) goOn();
}

/** @param goOn asks again for what an expired session had ended. */
export function onRenewed(goOn: () => void): () => void {
	waiting.add(goOn);
	return () => void waiting.delete(goOn);
}

/** Said by the page that signed in, to those that wait for it. */
export function tellSignedIn(): void {
	const tabs = new BroadcastChannel(CHANNEL);
	tabs.postMessage("signed in");
	tabs.close();
}

export function onSignedIn(listener: () => void): () => void {
	const tabs = new BroadcastChannel(CHANNEL);
	tabs.onmessage = listener;
	return () => tabs.close();
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => void listeners.delete(listener);
}

export const useExpired = (): boolean =>
	useSyncExternalStore(
		subscribe,
		() => expired,
		() => false,
	);
