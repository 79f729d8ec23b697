"use client";
import { useCallback, useState } from "react";

/**
 * Whether parts of a page that are opened one by one are still on their way to their size, so that what they push down shows with them.
 * Once they were there it stays so: what comes later comes while somebody looks.
 * @param parts how many there are; undefined while that is not known
 */
export function useAllThere(parts: number | undefined): { coming: boolean; there(): void } {
	const [found, setFound] = useState(0);
	const [all, setAll] = useState(false);
	if (!all && parts !== undefined && found >= parts) setAll(true);
	return { coming: !all, there: useCallback(() => setFound((before) => before + 1), []) };
}
