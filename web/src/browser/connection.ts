"use client";
/** Whether what the page shows is up to date, as told by its one web socket. */
import { useSyncExternalStore } from "react";

export type Connection = "live" | "catching up" | "offline";

/** Shorter interruptions are told as catching up: nobody needs to act on them. */
const OFFLINE_AFTER = 2_500;

let current: Connection = "catching up";
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function become(next: Connection): void {
	if (next === current) return;
	current = next;
	for (const listener of listeners) listener();
}

/** Called by the socket's client with each change of its state. */
export function socketIs(state: "idle" | "connecting" | "pending"): void {
	clearTimeout(timer);
	if (state === "pending") become("live");
	if (state === "pending" || current === "offline") return;
	become("catching up");
	timer = setTimeout(() => become("offline"), OFFLINE_AFTER);
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

export const useConnection = (): Connection =>
	useSyncExternalStore(
		subscribe,
		() => current,
		() => "catching up",
	);
