"use client";
import { type Dispatch, type RefObject, type SetStateAction, useEffect, useRef, useState } from "react";

/**
 * A text that is changed here, and comes back by way of the address: on a busy page later than the next key or click. It stays as it was left
 * here, until the address says what was never sent from here: by Back, or by a button that clears it.
 * @returns it, how to change it, and what the address said last followed by what was sent there and has not come back yet: whoever sends adds to it.
 */
export function useEchoed(given: string): [string, Dispatch<SetStateAction<string>>, RefObject<string[]>] {
	const [own, setOwn] = useState(given);
	const sent = useRef([given]);
	useEffect(() => {
		const at = sent.current.indexOf(given);
		if (at >= 0) {
			sent.current.splice(0, at);
			return;
		}
		sent.current = [given];
		setOwn(given);
	}, [given]);
	return [own, setOwn, sent];
}
