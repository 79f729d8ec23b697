"use client";
import { useMemo } from "react";
import { MAX_CHUNK } from "tidegate/protocol/limits.ts";
import type { ManifestFile } from "tidegate/protocol/manifest.ts";
import { count, plural, size } from "../../../ui/format.ts";
import { Refused } from "../../../ui/lock.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { type DiffLine, diff, hunksOf, linesOf } from "./diff.ts";
import { asText } from "./text.ts";
import { useFile } from "./version.ts";

interface Side {
	number: number;
	/** None: it is not there in this version. */
	file: ManifestFile | undefined;
}

/** What changed in one file between two versions. */
export function DiffView({ flow, path, before, after }: { flow: string; path: string; before: Side; after: Side }) {
	const large = [before, after].find(({ file }) => file && file.size > MAX_CHUNK);
	const old = useFile(flow, before.number, large ? undefined : before.file);
	const now = useFile(flow, after.number, large ? undefined : after.file);
	const error = old.error ?? now.error;
	const texts = [old, now].map(({ data }, at) => {
		if (data) return { text: asText(data) };
		return [before, after][at]?.file ? undefined : { text: "" };
	});
	const [a, b] = texts;
	const mode = before.file && after.file && before.file.mode !== after.file.mode;
	return (
		<section aria-label={`Changes in ${path}`} className="flex min-w-0 flex-col gap-2">
			<h2 className="min-w-0 truncate font-medium font-mono text-small" title={path}>
				<bdi>{path}</bdi>
			</h2>
			{mode && <p className="text-quiet">It {after.file?.mode === 0o755 ? "may be executed now" : "may not be executed any more"}.</p>}
			{error ? (
				<Refused why={error.message} />
			) : large ? (
				<p className="py-6 text-quiet">One side has {size(large.file?.size ?? 0)}, more than is compared here.</p>
			) : !a || !b ? (
				<div className="ghost h-40" aria-busy="true" />
			) : a.text === undefined || b.text === undefined ? (
				<p className="py-6 text-quiet">This file is binary: that it changed is all that can be said.</p>
			) : (
				<Changes path={path} before={a.text} after={b.text} />
			)}
		</section>
	);
}

function Changes({ path, before, after }: { path: string; before: string; after: string }) {
	const hunks = useMemo(() => hunksOf(diff(linesOf(before), linesOf(after))), [before, after]);
	const lines = hunks.flatMap((hunk) => hunk.lines);
	const [added, removed] = (["added", "removed"] as const).map((kind) => lines.filter((line) => line.kind === kind).length) as [number, number];
	if (hunks.length === 0) return <p className="py-6 text-quiet">Its lines are the same.</p>;
	return (
		<>
			<p className="text-quiet">
				{plural(added, "line")} added, {plural(removed, "line")} removed
			</p>
			<div
				{...reachable(`Changes in ${path}`)}
				className="max-h-[calc(100dvh-160px)] overflow-auto rounded-md border border-line bg-ground py-1 font-mono text-small/5"
			>
				<div className="w-max min-w-full">
					{hunks.map((hunk) => (
						<div key={`${hunk.lines[0]?.before} ${hunk.lines[0]?.after}`}>
							{hunk.skipped > 0 && <p className="bg-sunken px-3 text-quiet">{count(hunk.skipped)} unchanged</p>}
							{hunk.lines.map((line) => (
								<Line key={`${line.before} ${line.after}`} line={line} />
							))}
						</div>
					))}
				</div>
			</div>
		</>
	);
}

const looks = { same: "", added: "bg-succeeded/12", removed: "bg-failed/12" } as const;
const signs = { same: " ", added: "+", removed: "−" } as const;
const words = { same: "", added: "added: ", removed: "removed: " } as const;

function Line({ line: { kind, text, before, after } }: { line: DiffLine }) {
	return (
		<div className={`flex min-h-5 ${looks[kind]}`}>
			<span aria-hidden className="w-12 shrink-0 select-none pe-2 text-end text-quiet">
				{before}
			</span>
			<span aria-hidden className="w-12 shrink-0 select-none pe-2 text-end text-quiet">
				{after}
			</span>
			<span aria-hidden className="w-4 shrink-0 select-none">
				{signs[kind]}
			</span>
			<span className="sr-only">{words[kind]}</span>
			<bdi dir="ltr" className="whitespace-pre pe-4">
				{text.slice(0, 4_000)}
			</bdi>
		</div>
	);
}
