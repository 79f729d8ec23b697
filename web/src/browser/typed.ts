"use client";
import { useEffect } from "react";
import { useAddress } from "./address.ts";
import { useEchoed } from "./echoed.ts";

/** How long after the last key what was typed goes into the URL, in milliseconds. */
const SETTLE = 250;

/** A text that is typed, kept in the URL. The field has it at once: the URL follows too late to be typed against. */
export function useTyped(name: string): [string, (text: string) => void] {
	const [search, change] = useAddress();
	const given = search.get(name) ?? "";
	const [text, setText, sent] = useEchoed(given);
	useEffect(() => {
		const next = text.trim();
		if (next === sent.current.at(-1)) return;
		const timer = setTimeout(() => {
			sent.current.push(next);
			change({ [name]: next }, "replace");
		}, SETTLE);
		return () => clearTimeout(timer);
	}, [text, name, change, sent]);
	return [text, setText];
}
