"use client";
import { ArrowDown, ArrowDownToLine, ArrowUp, Clock, Download, WrapText, X } from "lucide-react";
import type { KeyboardEvent, ReactNode } from "react";
import { useAddress } from "../../../../browser/address.ts";
import { Button, IconButton } from "../../../../ui/button.tsx";
import { count, plural, shortId } from "../../../../ui/format.ts";
import { save } from "../../../../ui/save.ts";
import { Search } from "../../../../ui/search.tsx";
import type { Run } from "../view.ts";
import { LEVELS, type Level } from "./filter.ts";
import type { Log } from "./log.ts";
import { MAX_WRAPPED } from "./use-rows.ts";

interface Props {
	log: Log;
	level: Level;
	/** Only one task's lines are shown. */
	byTask: boolean;
	run: Run;
	match: number;
	setMatch(match: number): void;
	following: boolean;
	follow(on: boolean): void;
	live: boolean;
	/** What is searched for, as it is being typed. */
	words: string;
	type(words: string): void;
	/** Per cent of the log that were read; none once all are. */
	progress: number | undefined;
}

const levels: Record<(typeof LEVELS)[number], string> = { debug: "All levels", info: "Info and above", warn: "Warnings and errors", error: "Errors" };

export function LogToolbar({ log, level, byTask, run, match, setMatch, following, follow, live, words, type, progress }: Props) {
	const [search, change] = useAddress();
	const { matches, shown } = log.state;
	const step = (by: 1 | -1) => {
		follow(false);
		setMatch(match + by);
	};
	const pressed = (event: KeyboardEvent) => {
		if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
	};
	const flag = (name: string) => search.get(name) !== null;
	const turn = (name: string) => change({ [name]: flag(name) ? null : "1" }, "replace");
	return (
		<div className="mb-2 flex flex-wrap items-center gap-x-2 gap-y-1.5">
			<Search
				label="Search the log"
				value={words}
				onKeyDown={pressed}
				onChange={(q) => {
					setMatch(0);
					follow(false);
					type(q);
				}}
				className="max-sm:w-full"
			/>
			{words && (
				<span className="flex items-center" aria-live="polite">
					<span className="px-1 text-quiet">{matches ? `${count(match + 1)} of ${count(matches)}` : "not found"}</span>
					<IconButton label="Previous match" disabled={matches === 0} onClick={() => step(-1)}>
						<ArrowUp size={14} aria-hidden />
					</IconButton>
					<IconButton label="Next match" disabled={matches === 0} onClick={() => step(1)}>
						<ArrowDown size={14} aria-hidden />
					</IconButton>
				</span>
			)}
			<select
				aria-label="Level"
				value={level}
				onChange={(event) => change({ level: event.target.value === "debug" ? null : event.target.value })}
				className="h-7 rounded-md border border-line bg-raised px-2 hover:border-line-strong"
			>
				{LEVELS.map((each) => (
					<option key={each} value={each}>
						{levels[each]}
					</option>
				))}
			</select>
			{byTask && <Chip clear={() => change({ task: null, attempt: null })}>one task</Chip>}
			{byTask && search.has("attempt") && <Chip clear={() => change({ attempt: null })}>attempt {search.get("attempt")}</Chip>}
			{search.has("execution") && <Chip clear={() => change({ execution: null })}>execution {search.get("execution")}</Chip>}
			<span className="ml-auto px-1 text-quiet tabular-nums max-sm:hidden">
				{progress === undefined ? plural(shown, "line") : `reading the log: ${progress} %`}
			</span>
			<span className="flex">
				{live && (
					<IconButton label="Follow new lines" pressed={following} onClick={() => follow(!following)}>
						<ArrowDownToLine size={14} aria-hidden />
					</IconButton>
				)}
				<IconButton label="Show times" pressed={flag("times")} onClick={() => turn("times")}>
					<Clock size={14} aria-hidden />
				</IconButton>
				<IconButton
					label={shown > MAX_WRAPPED ? `Only ${count(MAX_WRAPPED)} lines can wrap: filter them first` : "Wrap long lines"}
					pressed={flag("wrap") && shown <= MAX_WRAPPED}
					disabled={shown > MAX_WRAPPED}
					onClick={() => turn("wrap")}
				>
					<WrapText size={14} aria-hidden />
				</IconButton>
				<IconButton
					label="Download these lines"
					disabled={shown === 0}
					onClick={() => void log.text().then((text) => save(text, `${run.flow}-${shortId(run.id)}.log`))}
				>
					<Download size={14} aria-hidden />
				</IconButton>
			</span>
		</div>
	);
}

function Chip({ clear, children }: { clear(): void; children: ReactNode }) {
	return (
		<Button onClick={clear} title="Show all lines again">
			{children}
			<X size={12} aria-hidden />
		</Button>
	);
}
