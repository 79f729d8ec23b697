"use client";
import { memo, type ReactNode, useState } from "react";
import { plainKey } from "tidegate/protocol/task-key.ts";
import { count } from "../../../../ui/format.ts";
import { type Span, type Style, spans } from "./ansi.ts";
import { clock, type Line, lineId } from "./text.ts";

/** Characters of a line that are shown at once: longer ones make the page slow and are rarely read. */
const LONG = 4_000;

interface Props {
	/** `left`: characters that only the download has. */
	line: Line & { left?: number };
	/** Its number among all lines, from 1; none while those before it are not read. */
	place: number | undefined;
	words: string;
	wrap: boolean;
	times: boolean;
	chosen: boolean;
	/** The match that the search stands at. */
	now: boolean;
	/** Some line of this log is a task's: there is a column for it. */
	keyed: boolean;
	choose(): void;
	showTask: ((key: string) => void) | undefined;
}

const number = "w-(--digits) shrink-0 select-none text-end";

export const LogLine = memo(
	function LogLine({ line, place, words, wrap, times, chosen, now, keyed, choose, showTask }: Props) {
		const [whole, setWhole] = useState(false);
		const cut = !whole && line.m.length > LONG;
		const parts = spans(cut ? line.m.slice(0, LONG) : line.m);
		return (
			<div className={`flex min-h-5 gap-2 px-1 ${chosen || now ? "bg-selected" : ""}`}>
				{place === undefined ? (
					<span className={`${number} max-sm:hidden`} />
				) : (
					<a
						href={`?line=${lineId(line)}`}
						onClick={(event) => {
							if (event.metaKey || event.ctrlKey || event.shiftKey) return;
							event.preventDefault();
							choose();
						}}
						aria-label={`Line ${place}`}
						// By keyboard, the log itself goes from line to line: nobody wants a stop for each.
						tabIndex={-1}
						className={`${number} rounded-none text-quiet hover:text-accent max-sm:hidden`}
					>
						{place}
					</a>
				)}
				{times && (
					<time dateTime={new Date(line.t * 1_000).toISOString()} className="shrink-0 select-none text-quiet">
						{clock(line.t)}
					</time>
				)}
				<Kind line={line} />
				{keyed && <TaskKey task={line.k} show={showTask} />}
				<span className={`${wrap ? "min-w-0 whitespace-pre-wrap [overflow-wrap:anywhere]" : "whitespace-pre"} ${tone(line)}`}>
					<bdi>{parts.map((part, i) => piece(part, words, i))}</bdi>
					{cut && (
						<button type="button" onClick={() => setWhole(true)} className="ml-1 text-accent underline underline-offset-2">
							… {count(line.m.length - LONG + (line.left ?? 0))} more characters
						</button>
					)}
					{!cut && line.left !== undefined && (
						<span className="ml-1 select-none text-quiet">… {count(line.left)} more characters are in the download</span>
					)}
				</span>
			</div>
		);
	},
	(a, b) =>
		a.line === b.line &&
		a.place === b.place &&
		a.words === b.words &&
		a.wrap === b.wrap &&
		a.times === b.times &&
		a.chosen === b.chosen &&
		a.now === b.now &&
		a.keyed === b.keyed,
);

const tone = (line: Line): string =>
	line.l === "error" ? "text-failed" : line.l === "warn" ? "text-waiting" : line.s === "agent" || line.l === "debug" ? "text-quiet" : "";

const from = { log: "Logged", stdout: "Printed", stderr: "Printed to stderr", agent: "Said by the agent" } as const;

function TaskKey({ task, show }: { task: string | undefined; show: Props["showTask"] }) {
	const shape = "w-(--key) shrink-0 select-none truncate rounded-none text-start max-sm:hidden";
	if (!task || !show) return <span className={`${shape} text-quiet`}>{task && plainKey(task)}</span>;
	return (
		<button
			type="button"
			tabIndex={-1}
			onClick={() => show(task)}
			title={`${task}: show only its lines`}
			className={`${shape} text-quiet hover:text-accent`}
		>
			{plainKey(task)}
		</button>
	);
}

/** One word, which the download and the filter have too. */
function Kind({ line }: { line: Line }) {
	return (
		<span title={from[line.s]} className={`w-[5ch] shrink-0 select-none ${line.l === "info" ? "text-quiet" : tone(line)}`}>
			{line.l}
		</span>
	);
}

function css({ colour, ground, bold, dim, italic, underline }: Style): React.CSSProperties {
	const paint = (value: number | string | undefined) => (typeof value === "number" ? `var(--ansi-${value})` : value);
	return {
		color: ground !== undefined && colour === undefined ? "var(--ground)" : paint(colour),
		backgroundColor: paint(ground),
		fontWeight: bold ? 600 : undefined,
		opacity: dim ? 0.75 : undefined,
		fontStyle: italic ? "italic" : undefined,
		textDecoration: underline ? "underline" : undefined,
	};
}

function piece({ text, style }: Span, words: string, key: number): ReactNode {
	const marked = words ? mark(text, words) : text;
	return Object.keys(style).length === 0 && !words ? (
		marked
	) : (
		<span key={key} style={css(style)}>
			{marked}
		</span>
	);
}

function mark(text: string, words: string): ReactNode {
	const low = text.toLowerCase();
	const wanted = words.toLowerCase();
	// Some letters change length in lower case; then places would be off, and nothing is marked.
	if (low.length !== text.length) return text;
	const found: ReactNode[] = [];
	let at = 0;
	for (let next = low.indexOf(wanted); next >= 0; next = low.indexOf(wanted, at)) {
		found.push(
			text.slice(at, next),
			<mark key={next} className="rounded-[2px] bg-mark text-text">
				{text.slice(next, next + wanted.length)}
			</mark>,
		);
		at = next + wanted.length;
	}
	return found.length ? [...found, text.slice(at)] : text;
}
