"use client";
import { defaultRangeExtractor, useWindowVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { MAX_ARTIFACTS } from "tidegate/protocol/limits.ts";
import { useAddress } from "../../../../browser/address.ts";
import { useTyped } from "../../../../browser/typed.ts";
import { count, plural } from "../../../../ui/format.ts";
import { Search } from "../../../../ui/search.tsx";
import type { RunView } from "../view.ts";
import { control } from "./filter.tsx";
import { type Group, sizeOf, useGroups } from "./groups.ts";
import { One } from "./one.tsx";

/** Shown at once up to this many and this size (bytes); more are opened by a click. */
const OPEN_COUNT = 6;
const OPEN_SIZE = 2 * 1024 * 1024;
/** Fewer are found by looking. */
const MANY = 8;
/** Pixels of one that is closed. */
const ROW = 41;
/** In the address, where every artifact was closed. */
const NONE = "none";

export function Artifacts({ view }: { view: RunView }) {
	const groups = useGroups(view);
	const [search, change] = useAddress();
	const [typed, type] = useTyped("named");
	const kind = search.get("kind");
	const kinds = useMemo(() => [...new Set(groups.map(({ members }) => members[0]?.kind ?? ""))].sort(), [groups]);
	if (groups.length === 0) {
		return (
			<p className="py-6 text-quiet">
				{view.run.finishedAt ? "This run left no artifacts." : "Tables, images, notes and metrics appear here as the flow makes them."}
			</p>
		);
	}
	const words = typed.trim().toLowerCase();
	const wanted = groups.filter(
		({ content, members }) =>
			(!kind || members[0]?.kind === kind) && (!words || (content.state === "open" && content.value.name.toLowerCase().includes(words))),
	);
	return (
		<div className="flex min-w-0 flex-col gap-3">
			{(groups.length > MANY || typed || kind) && (
				<div className="flex flex-wrap items-center gap-2">
					<Search label="Find an artifact" value={typed} onChange={type} className="max-sm:w-full" />
					<select aria-label="Kind" value={kind ?? ""} onChange={({ target }) => change({ kind: target.value || null })} className={control}>
						<option value="">All kinds</option>
						{kinds.map((each) => (
							<option key={each} value={each}>
								{each}
							</option>
						))}
					</select>
					<span className="ml-auto px-1 text-quiet tabular-nums" aria-live="polite">
						{wanted.length < groups.length ? `${count(wanted.length)} of ${plural(groups.length, "artifact")}` : plural(groups.length, "artifact")}
					</span>
				</div>
			)}
			{view.artifacts.size >= MAX_ARTIFACTS && (
				<p className="text-quiet text-small">
					A run keeps {count(MAX_ARTIFACTS)} artifacts: what it makes after them is left out, as its events or its log say.
				</p>
			)}
			{wanted.length > 0 ? <List view={view} groups={wanted} all={groups} /> : <p className="py-6 text-quiet">No artifact matches this filter.</p>}
		</div>
	);
}

/** What is open is in the URL: `artifact=<id>,<id>`. Without it, the first few that are small are. */
function List({ view, groups, all }: { view: RunView; groups: Group[]; all: Group[] }) {
	const [search, change] = useAddress();
	const given = search.get("artifact");
	const open = useMemo(
		() => new Set(given === null ? all.filter((group, i) => i < OPEN_COUNT && sizeOf(group) <= OPEN_SIZE).map(({ id }) => id) : given.split(",")),
		[given, all],
	);
	const turn = (id: string) => {
		const next = open.has(id) ? [...open].filter((other) => other !== id) : [...open, id];
		change({ artifact: next.filter((one) => one !== NONE).join(",") || NONE }, "replace");
	};
	const holder = useRef<HTMLDivElement>(null);
	const [top, setTop] = useState(0);
	useLayoutEffect(() => {
		const measure = () => setTop((holder.current?.getBoundingClientRect().top ?? 0) + window.scrollY);
		measure();
		const seen = new ResizeObserver(measure);
		seen.observe(document.body);
		return () => seen.disconnect();
	}, []);
	const opened = groups.flatMap(({ id }, at) => (open.has(id) ? [at] : []));
	const virtual = useWindowVirtualizer({
		count: groups.length,
		estimateSize: () => ROW,
		overscan: 8,
		scrollMargin: top,
		getItemKey: (at) => groups[at]?.id ?? at,
		// What is open stays as it is being looked at: zoomed, filtered, sorted.
		rangeExtractor: (range) => [...new Set([...defaultRangeExtractor(range), ...opened])].sort((a, b) => a - b),
	});

	// A link to one artifact shows it, wherever it stands.
	const [linked] = useState(given && !given.includes(",") ? given : undefined);
	const at = linked ? groups.findIndex(({ id }) => id === linked) : -1;
	const arrived = useRef(false);
	useEffect(() => {
		if (at < MANY || arrived.current) return;
		arrived.current = true;
		virtual.scrollToIndex(at, { align: "start" });
	}, [at, virtual]);

	return (
		<div ref={holder} className="relative border-line border-t" style={{ height: virtual.getTotalSize() }}>
			{virtual.getVirtualItems().map(({ index, start, key }) => {
				const group = groups[index];
				if (!group) return null;
				return (
					<div
						key={key}
						ref={virtual.measureElement}
						data-index={index}
						className="absolute top-0 left-0 w-full"
						style={{ transform: `translateY(${start - top}px)` }}
					>
						<One view={view} group={group} open={open.has(group.id)} turn={() => turn(group.id)} />
					</div>
				);
			})}
		</div>
	);
}
