"use client";
import { useMemo } from "react";
import { type Bytes, text } from "tidegate/protocol/bytes.ts";
import { count } from "../../../../ui/format.ts";
import { reachable } from "../../../../ui/reachable.ts";

/** Characters that are shown: past that a page is no place to read. */
const MOST = 20_000;
/** Characters of a line: one that is longer goes on in the next, so that no engine has to place a line of a megabyte. */
const LONG = 1_000;

/** A content that cannot be shown as what it was said to be. @param why in words; nothing where it is a text anyway */
export function AsText({ bytes, why }: { bytes: Bytes; why: string }) {
	const shown = useMemo(() => text(bytes.subarray(0, MOST)).replace(new RegExp(`.{${LONG}}(?=.)`, "g"), "$&\n"), [bytes]);
	return (
		<div className="flex flex-col gap-2">
			<p className="text-quiet">{why}</p>
			<pre {...reachable("Content as text")} className="max-h-[60dvh] overflow-auto rounded-md bg-sunken px-3 py-2 font-mono text-small/5">
				<bdi>{shown}</bdi>
			</pre>
			{bytes.length > MOST && <p className="text-quiet">{count(bytes.length - MOST)} more bytes are in the download.</p>}
		</div>
	);
}
