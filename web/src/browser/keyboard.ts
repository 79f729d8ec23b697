"use client";
/** Keys that work everywhere. A list marks its links with `data-row`, a search field itself with `data-search`. */
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { PLACES } from "../ui/places.ts";

/** How long the second key of a pair may take, in milliseconds. */
const PAIR = 1_000;

function typing(target: EventTarget | null): boolean {
	return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

function step(by: 1 | -1): void {
	const rows = [...document.querySelectorAll<HTMLElement>("[data-row]")].filter((row) => row.offsetParent !== null);
	const at = rows.indexOf(document.activeElement as HTMLElement);
	const next = at < 0 ? (by > 0 ? rows[0] : rows.at(-1)) : rows[at + by];
	next?.focus();
	next?.scrollIntoView({ block: "nearest" });
}

/** Shows nothing: it listens for as long as it is on a page. */
export function Keyboard({ showKeys }: { showKeys(): void }): null {
	const router = useRouter();
	useEffect(() => {
		let first = { key: "", at: 0 };
		const pressed = (event: KeyboardEvent) => {
			if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
			if (typing(event.target)) {
				if (event.key === "Escape") (event.target as HTMLElement).blur();
				return;
			}
			if (document.querySelector("[role=dialog], [role=alertdialog]")) return;
			const pair = first.key === "g" && Date.now() - first.at < PAIR;
			first = { key: event.key, at: Date.now() };
			const place = pair && PLACES.find(({ key }) => key === event.key);
			if (place) return router.push(place.href);
			if (event.key === "j") step(1);
			else if (event.key === "k") step(-1);
			else if (event.key === "?") showKeys();
			else if (event.key === "/") {
				const search = document.querySelector<HTMLInputElement>("[data-search]");
				if (!search) return;
				search.focus();
				search.select();
			} else return;
			event.preventDefault();
		};
		document.addEventListener("keydown", pressed);
		return () => document.removeEventListener("keydown", pressed);
	}, [router, showKeys]);
	return null;
}
