"use client";
/**
 * Keys that work everywhere. A list marks its links with `data-row`, a search field itself with `data-search`. Part of what loads first: a key
 * that is pressed once a list is there must never be lost, and the dialogs that load later are told what was typed meanwhile.
 */
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { ask, isAsked, typeAhead } from "../ui/asked.ts";
import { PLACES } from "../ui/places.ts";
import { commandsHere } from "./commands.ts";

/** How long the second key of a pair may take, in milliseconds. */
const PAIR = 1_000;

const MODAL = "[role=dialog], [role=alertdialog], [role=menu]";

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

function search(): boolean {
	const field = document.querySelector<HTMLInputElement>("[data-search]");
	field?.focus();
	field?.select();
	return field !== null;
}

/** @returns whether the key did something. */
function single(key: string): boolean {
	if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
	else if (key === "?") ask("keys");
	else if (key === "/") return search();
	else {
		const command = commandsHere().find((one) => one.key === key);
		command?.run();
		return command !== undefined;
	}
	return true;
}

/** ⌘K, or Ctrl+K, from wherever the focus is. */
function opensPalette(event: KeyboardEvent): boolean {
	return event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey;
}

/** Shows nothing: it listens for as long as it is on a page. */
export function Keyboard(): null {
	const router = useRouter();
	useEffect(() => {
		let first = { key: "", at: 0 };
		const pressed = (event: KeyboardEvent) => {
			if (event.defaultPrevented) return;
			const modal = document.querySelector(MODAL) !== null;
			if (opensPalette(event)) {
				event.preventDefault();
				if (!modal) ask(isAsked("palette") ? null : "palette");
				return;
			}
			if (event.ctrlKey || event.metaKey || event.altKey) return;
			const text = event.key.length === 1 || event.key === "Backspace";
			const there = typing(event.target) && (event.target as Element).closest(MODAL) !== null;
			if (isAsked("palette") && (!modal || (text && !there))) {
				// It is on its way: what is typed until its field has the focus is meant for it.
				if (event.key === "Escape") ask(null);
				else typeAhead(event.key);
				return event.preventDefault();
			}
			if (typing(event.target)) {
				if (event.key === "Escape") (event.target as HTMLElement).blur();
				return;
			}
			if (modal) return;
			const pair = first.key === "g" && Date.now() - first.at < PAIR;
			first = { key: event.key, at: Date.now() };
			const place = pair && PLACES.find(({ key }) => key === event.key);
			if (place) router.push(place.href);
			else if (!single(event.key)) return;
			event.preventDefault();
		};
		document.addEventListener("keydown", pressed);
		return () => document.removeEventListener("keydown", pressed);
	}, [router]);
	return null;
}
