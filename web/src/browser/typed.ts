"use client";
import { useEffect, useRef, useState } from "react";
import { useAddress } from "./address.ts";

/** How long after the last key what was typed goes into the URL, in milliseconds. */
const SETTLE = 250;

/** A text that is typed, kept in the URL. The field has it at once: the URL follows too late to be typed against. */
export function useTyped(name: string): [string, (text: string) => void] {
	const [search, change] = useAddress();
	const given = search.get(name) ?? "";
	const [text, setText] = useState(given);
	/** What the URL said last, then what was put there from here and has not come back yet: on a busy page that takes longer than the next keys. */
	const sent = useRef([given]);
	useEffect(() => {
		const at = sent.current.indexOf(given);
		if (at >= 0) {
			sent.current.splice(0, at);
			return;
		}
		// By Back, or by a button that clears it.
		sent.current = [given];
		setText(given);
	}, [given]);
	useEffect(() => {
		const next = text.trim();
		if (next === sent.current.at(-1)) return;
		const timer = setTimeout(() => {
			sent.current.push(next);
			change({ [name]: next }, "replace");
		}, SETTLE);
		return () => clearTimeout(timer);
	}, [text, name, change]);
	return [text, setText];
}
