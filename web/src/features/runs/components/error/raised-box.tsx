"use client";
import { type ReactNode, useMemo, useState } from "react";
import type { ErrorContent } from "tidegate/protocol/content.ts";
import { useRemembered } from "../../../../browser/remembered.ts";
import { CopyText } from "../../../../ui/copy.tsx";
import { count, plural } from "../../../../ui/format.ts";
import { reachable } from "../../../../ui/reachable.ts";
import type { Frame, Raised } from "./raised.ts";
import { chainOf, groupsOf, readTraceback } from "./traceback.ts";

/** Of groups of frames, of causes and of members of a group: more are shown on demand, so that a recursion of 10,000 frames is no page of its own. */
const FIRST = 20;
const FIRST_FRAMES = 10;
/** Characters of a message that fit without scrolling, in the narrowest place. */
const LONG = 300;

/** What was raised, the last first, with its own frames open and those of libraries folded. */
export function RaisedBox({ error, children }: { error: ErrorContent; children?: ReactNode }) {
	const raised = useMemo(() => readTraceback(error), [error]);
	const [libraryFrames, show] = useRemembered("library-frames", "folded");
	const open = libraryFrames === "open";
	const libraries = useMemo(() => chainOf(raised).some((one) => one.frames.some((frame) => !frame.own)), [raised]);
	return (
		<div className="min-w-0">
			<div className="flex flex-wrap items-start gap-x-3 gap-y-2 px-4 py-3">
				<div className="flex min-w-0 flex-1 basis-64 flex-col gap-1">
					<Told raised={raised} />
					{children}
				</div>
				<span className="flex flex-wrap items-center gap-3">
					{libraries && (
						<label className="flex items-center gap-1.5 text-quiet">
							<input
								type="checkbox"
								checked={open}
								onChange={(event) => show(event.target.checked ? "open" : "folded")}
								className="accent-accent-fill"
							/>
							Library frames
						</label>
					)}
					<CopyText text={error.traceback}>Copy traceback</CopyText>
				</span>
			</div>
			<Body raised={raised} open={open} text={error.traceback} />
			<Chain raised={raised} open={open} />
		</div>
	);
}

function Told({ raised }: { raised: Raised }) {
	// It scrolls where it is long, and must be reachable by keyboard then.
	const scrolls = raised.message.length > LONG ? reachable("What was raised") : {};
	return (
		<p {...scrolls} className="max-h-60 min-w-0 overflow-y-auto whitespace-pre-wrap break-words font-mono text-small/5">
			{raised.type && <bdi className="font-semibold text-failed">{raised.type}</bdi>}
			{raised.type && raised.message && ": "}
			{raised.message && <bdi>{raised.message}</bdi>}
		</p>
	);
}

const rule = "border-failed/30 border-t";

function Body({ raised, open, text, plain = false }: { raised: Raised; open: boolean; text?: string; plain?: boolean }) {
	if (raised.frames.length > 0) return <Frames frames={raised.frames} open={open} plain={plain} />;
	// It could not be read: as it was printed, then.
	if (text && raised.parts.length === 0)
		return (
			<pre {...reachable("Traceback")} className={`${rule} max-h-96 overflow-auto px-4 py-3 font-mono text-small/5`}>
				{text}
			</pre>
		);
	return null;
}

/** What it came from, one below the other, and the members of a group, inset. */
function Chain({ raised, open }: { raised: Raised; open: boolean }) {
	const causes = chainOf(raised);
	const shown = useFirst(causes.length);
	return (
		<>
			<Members raised={raised} open={open} />
			{causes.slice(1, shown.count).map((one, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a traceback never changes
				<section key={i} className={rule}>
					<div className="px-4 pt-3 pb-2">
						<h3 className="text-quiet">{causes[i]?.from?.how === "context" ? "Raised while this was handled" : "Caused by"}</h3>
						<Told raised={one} />
					</div>
					<Body raised={one} open={open} plain />
					<Members raised={one} open={open} />
				</section>
			))}
			{shown.more}
		</>
	);
}

function Members({ raised, open }: { raised: Raised; open: boolean }) {
	const shown = useFirst(raised.parts.length);
	if (raised.parts.length === 0) return null;
	return (
		<ol aria-label={`${plural(raised.parts.length, "exception")} of the group`} className={`${rule} pt-2 pl-4`}>
			{raised.parts.slice(0, shown.count).map((part, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a traceback never changes
				<li key={i} className="mb-2 min-w-0 border-failed/40 border-l-2">
					<div className="px-4 py-1">
						<Told raised={part} />
					</div>
					<Body raised={part} open={open} plain />
					<Chain raised={part} open={open} />
				</li>
			))}
			{shown.more}
		</ol>
	);
}

/** How many of a long list to show, and the button for all. */
function useFirst(all: number, first = FIRST, what = "more"): { count: number; more: ReactNode } {
	const [whole, setWhole] = useState(false);
	if (whole || all <= first) return { count: all, more: null };
	const more = (
		<button type="button" onClick={() => setWhole(true)} className="px-4 py-1.5 text-accent underline-offset-2 hover:underline">
			Show {count(all - first)} {what}
		</button>
	);
	return { count: first, more };
}

/** Called first is above. Where there are many, the last ones are those that tell: the first are left out until asked for. */
function Frames({ frames, open, plain }: { frames: Frame[]; open: boolean; plain: boolean }) {
	const groups = useMemo(() => groupsOf(frames), [frames]);
	const shown = useFirst(groups.length, FIRST_FRAMES, "earlier");
	const left = groups.length - shown.count;
	return (
		<ol className={plain ? "pb-1.5" : `${rule} py-1.5`}>
			{shown.more && <li>{shown.more}</li>}
			{groups.slice(left).map((group, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: a traceback never changes
				<li key={left + i}>{group[0]?.own ? <OneFrame frame={group[0]} /> : <Folded group={group} open={open} />}</li>
			))}
		</ol>
	);
}

/** Opened one by one, or all of them by the choice above, which this browser remembers. */
function Folded({ group, open }: { group: Frame[]; open: boolean }) {
	const [turned, setTurned] = useState(false);
	const unfolded = open !== turned;
	const shown = useFirst(group.length);
	return (
		<>
			<button
				type="button"
				aria-expanded={unfolded}
				onClick={() => setTurned(!turned)}
				className="px-4 py-1 text-quiet before:inline-block before:w-3.5 before:content-['▸'] hover:text-text aria-expanded:before:content-['▾']"
			>
				{plural(group.length, "library frame")}
			</button>
			{unfolded &&
				group.slice(0, shown.count).map((frame, at) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: a traceback never changes
					<OneFrame key={at} frame={frame} />
				))}
			{unfolded && shown.more}
		</>
	);
}

function OneFrame({ frame }: { frame: Frame }) {
	return (
		<div className={`px-4 py-1 ${frame.own ? "" : "text-quiet"}`}>
			<p className="break-words">
				<bdi className="font-medium">{frame.file}</bdi>:{frame.line} <span className="text-quiet">in</span> <bdi>{frame.function}</bdi>
				{frame.repeated > 0 && <span className="text-quiet">, {plural(frame.repeated, "more time")} in a row</span>}
			</p>
			{frame.code.length > 0 && (
				<pre className="whitespace-pre-wrap break-words font-mono text-small/5">{frame.code.map((line) => `    ${line}`).join("\n")}</pre>
			)}
		</div>
	);
}
