"use client";
import { Lock, ShieldAlert } from "lucide-react";
import { useKey } from "../browser/key.tsx";
import type { Opened } from "../browser/opened.ts";
import { askForKey } from "./asked.ts";

/** Stands in for one sealed value in a line of text. */
export function SealedWord() {
	return (
		<button type="button" onClick={askForKey} className="inline-flex items-center gap-1 rounded-sm text-quiet hover:text-text">
			<Lock size={12} aria-hidden />
			sealed: unlock
		</button>
	);
}

/** Stands in for sealed content as large as a panel. */
export function SealedPanel({ what }: { what: string }) {
	const { current } = useKey();
	return (
		<div className="flex flex-col items-center gap-1 px-4 py-10 text-center text-quiet">
			<Lock size={18} aria-hidden />
			<p>{what} can be read with the workspace key only. The server never has it.</p>
			{current.state === "unavailable" ? (
				<p className="max-w-md text-text">{current.why}</p>
			) : (
				<button type="button" onClick={askForKey} className="rounded-sm px-1 text-accent underline underline-offset-2">
					sealed: unlock
				</button>
			)}
		</div>
	);
}

/** A content that did not open with the right key: somebody altered or moved it. */
export function Refused({ why }: { why: string }) {
	return (
		<p className="flex items-start gap-2 text-failed">
			<ShieldAlert size={14} aria-hidden className="mt-[3px] shrink-0" />
			<span className="min-w-0 break-words">This content does not open: {why}</span>
		</p>
	);
}

/** Sealed with a key that this browser does not hold: as calm as sealed, and said which. */
function OtherKey({ why }: { why: string }) {
	return (
		<span className="inline-flex flex-wrap items-center gap-x-1.5 text-quiet">
			<Lock size={12} aria-hidden />
			<span className="min-w-0 break-words">{why}.</span>
			<button type="button" onClick={askForKey} className="rounded-sm text-accent underline underline-offset-2">
				the key here
			</button>
		</span>
	);
}

/** What to show in a line in place of a content that is not open; null where it is open or there is none. */
export function notOpen(content: Opened<unknown>) {
	if (content.state === "sealed") return <SealedWord />;
	if (content.state === "refused" && content.otherKey) return <OtherKey why={content.why} />;
	if (content.state === "refused") return <Refused why={content.why} />;
	if (content.state === "opening") return <span className="ghost inline-block h-3 w-24 align-middle" aria-hidden />;
	return null;
}
