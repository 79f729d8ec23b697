"use client";
import { useState } from "react";
import { count, plural } from "../../../ui/format.ts";

/** Of a list or an object, before it is asked for more: a page of 100,000 entries is no page. */
const MOST = 100;
/** Deeper ones begin folded. */
const OPEN = 2;

const tones: Record<string, string> = { string: "text-succeeded", number: "text-running", boolean: "text-accent", object: "text-quiet" };

const folds = (value: unknown): value is object => typeof value === "object" && value !== null && Object.keys(value).length > 0;

/** A JSON value, by what it is: lists and objects fold. */
export function Value({ value, depth = 0 }: { value: unknown; depth?: number }) {
	if (value === undefined) return <span className="text-quiet">—</span>;
	if (!folds(value)) return <bdi className={tones[typeof value] ?? ""}>{JSON.stringify(value)}</bdi>;
	return <Entries value={value} depth={depth} />;
}

function Entries({ value, depth }: { value: object; depth: number }) {
	const list = Array.isArray(value);
	const [open, setOpen] = useState(depth < OPEN);
	const [whole, setWhole] = useState(false);
	const entries = Object.entries(value);
	const shown = whole ? entries : entries.slice(0, MOST);
	return (
		<span className="min-w-0">
			<button
				type="button"
				aria-expanded={open}
				onClick={() => setOpen(!open)}
				className="rounded-sm text-quiet before:inline-block before:w-3.5 before:content-['▸'] hover:text-text aria-expanded:before:content-['▾']"
			>
				{list ? plural(entries.length, "item") : plural(entries.length, "entry", "entries")}
			</button>
			{open && (
				<span className="block border-line border-l pl-3">
					{shown.map(([name, one]) => (
						<span key={name} className="block min-w-0 break-words">
							<bdi className="text-quiet">{list ? name : JSON.stringify(name)}</bdi>: <Value value={one} depth={depth + 1} />
						</span>
					))}
					{shown.length < entries.length && (
						<button type="button" onClick={() => setWhole(true)} className="text-accent underline-offset-2 hover:underline">
							Show {count(entries.length - shown.length)} more
						</button>
					)}
				</span>
			)}
		</span>
	);
}
