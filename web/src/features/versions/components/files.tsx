"use client";
import { ChevronRight } from "lucide-react";
import { type ReactNode, useMemo, useState } from "react";
import { Link } from "../../../ui/link.tsx";
import { type Folder, treeOf } from "./tree.ts";
import type { Change } from "./version.ts";

/** Projects of up to so many files are shown with all folders open. */
const OPEN_ALL = 100;

interface Props {
	paths: string[];
	chosen: string | undefined;
	changes: ReadonlyMap<string, Change>;
	href(path: string): string;
}

const marks: Record<Change, [letter: string, word: string, look: string]> = {
	added: ["A", "added", "text-succeeded"],
	changed: ["M", "changed", "text-waiting"],
	removed: ["D", "removed", "text-failed"],
};

/** The files of a version in their folders; those that changed since the one before are marked. */
export function Files({ paths, chosen, changes, href }: Props) {
	const tree = useMemo(() => treeOf(paths), [paths]);
	const [turned, setTurned] = useState<ReadonlySet<string>>(new Set());
	const open = (folder: Folder): boolean => (paths.length <= OPEN_ALL || (chosen ?? "").startsWith(`${folder.path}/`)) !== turned.has(folder.path);
	const turn = (folder: Folder) => {
		const next = new Set(turned);
		if (!next.delete(folder.path)) next.add(folder.path);
		setTurned(next);
	};
	const file = (path: string): ReactNode => {
		const [letter, word, look] = marks[changes.get(path) as Change] ?? [];
		return (
			<li key={path}>
				<Link
					data-row
					href={href(path)}
					aria-current={path === chosen ? "true" : undefined}
					title={path}
					className="flex min-h-6 items-center gap-2 rounded-sm px-1.5 hover:bg-selected aria-[current=true]:bg-selected aria-[current=true]:text-accent"
				>
					<bdi className={`min-w-0 flex-1 truncate ${word === "removed" ? "text-quiet line-through" : ""}`}>{path.split("/").at(-1)}</bdi>
					{letter && (
						<span className={`font-mono text-small ${look}`} title={word}>
							<span aria-hidden>{letter}</span>
							<span className="sr-only">{word}</span>
						</span>
					)}
				</Link>
			</li>
		);
	};
	const folder = (one: Folder): ReactNode => (
		<li key={one.path}>
			<button
				type="button"
				aria-expanded={open(one)}
				onClick={() => turn(one)}
				className="flex min-h-6 w-full items-center gap-1 rounded-sm px-0.5 text-start hover:bg-selected"
			>
				<ChevronRight size={13} aria-hidden className={`shrink-0 text-quiet ${open(one) ? "rotate-90" : ""}`} />
				<bdi className="min-w-0 truncate" title={one.path}>
					{one.name}
				</bdi>
			</button>
			{open(one) && <ul className="ps-3.5">{inside(one)}</ul>}
		</li>
	);
	const inside = (one: Folder): ReactNode => (
		<>
			{one.folders.map(folder)}
			{one.files.map(file)}
		</>
	);
	return (
		<nav aria-label="Files" className="min-w-0">
			<ul>{inside(tree)}</ul>
		</nav>
	);
}
