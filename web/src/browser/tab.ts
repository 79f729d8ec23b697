"use client";
/** What the browser shows of the page in its row of tabs: title, icon, and how much happened while nobody looked. */
import { useEffect } from "react";
import type { Tone } from "../ui/state.tsx";

let title = "Tidegate";
let tone: Tone | null = null;
/** Told while the tab was hidden: how many, and how the last ended. */
let missed = 0;
let last: Tone | null = null;

function show(): void {
	document.title = missed > 0 ? `(${missed}) ${title}` : title;
	const link = document.querySelector<HTMLLinkElement>("link[rel~=icon]");
	const shown = missed > 0 ? last : tone;
	const href = `/icons/${shown === null ? "idle" : shown === "queued" ? "waiting" : shown}.svg`;
	if (link && link.getAttribute("href") !== href) link.href = href;
}

export function useTitle(name: string): void {
	useEffect(() => {
		title = `${name} · Tidegate`;
		show();
	}, [name]);
}

/** The tab's icon tells a state for as long as the caller is shown, for whoever works in another tab meanwhile. */
export function useTabIcon(state: Tone): void {
	useEffect(() => {
		tone = state;
		show();
		return () => {
			tone = null;
			show();
		};
	}, [state]);
}

/** Something ended while nobody looked: said in title and icon until somebody does. */
export function badge(how: Tone): void {
	missed += 1;
	last = how;
	show();
	const seen = () => {
		if (document.visibilityState !== "visible") return;
		document.removeEventListener("visibilitychange", seen);
		missed = 0;
		show();
	};
	document.addEventListener("visibilitychange", seen);
}
