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
	const settled = useRef(given);
	useEffect(() => {
		// By Back, or by a button that clears it.
		if (given === settled.current) return;
		settled.current = given;
		setText(given);
	}, [given]);
	useEffect(() => {
		const next = text.trim();
		if (next === settled.current) return;
		const timer = setTimeout(() => {
			settled.current = next;
			change({ [name]: next }, "replace");
		}, SETTLE);
		return () => clearTimeout(timer);
	}, [text, name, change]);
	return [text, setText];
}
