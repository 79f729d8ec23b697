"use client";
/** Whether the session of an open page still holds. A page that is open stays as it is when it does not: what was typed must not be lost. */
import { useSyncExternalStore } from "react";

const CHANNEL = "tidegate session";

/** How the session ended: signed out (here, elsewhere or by somebody), or by its age or unknown to the page. */
export type Ending = "signed_out" | "expired";

let expired: Ending | null = null;
const listeners = new Set<() => void>();
const waiting = new Set<() => void>();

function become(next: Ending | null): void {
	if (expired === next) return;
	expired = next;
	for (const listener of listeners) listener();
}

/** Called with each answer that says that nobody is signed in. @param reason of the refusal; one that knows less takes nothing back */
export const sessionRefused = (reason?: unknown): void => become(reason === "signed_out" ? reason : (expired ?? "expired"));

/** Called when somebody is again: whatever had stopped goes on. */
export function sessionRenewed(): void {
	become(null);
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

/** How it ended; null while it holds. */
export const useExpired = (): Ending | null =>
	useSyncExternalStore(
		subscribe,
		() => expired,
		() => null,
	);
