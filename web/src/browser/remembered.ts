"use client";
import { useState } from "react";

/** A choice of how things look that this browser keeps. For what is shown in browsers only. @param name unique among all that is kept */
export function useRemembered(name: string, fallback: string): [string, (value: string) => void] {
	const key = `tidegate.${name}`;
	const [value, setValue] = useState(() => localStorage.getItem(key) ?? fallback);
	return [
		value,
		(next) => {
			localStorage.setItem(key, next);
			setValue(next);
		},
	];
}
