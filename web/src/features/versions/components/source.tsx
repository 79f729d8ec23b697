"use client";
import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { type MouseEvent, memo, useEffect, useRef } from "react";
import { MAX_CHUNK } from "tidegate/protocol/limits.ts";
import type { ManifestFile } from "tidegate/protocol/manifest.ts";
import { hrefWith, useAddress } from "../../../browser/address.ts";
import { useOpenKey } from "../../../browser/key.tsx";
import { Button } from "../../../ui/button.tsx";
import { CopyText } from "../../../ui/copy.tsx";
import { plural, size } from "../../../ui/format.ts";
import { Refused } from "../../../ui/lock.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { linesOf } from "./diff.ts";
import type { Token } from "./highlight.ts";
import { asText } from "./text.ts";
import { fetchFile, useFile } from "./version.ts";

interface Props {
	flow: string;
	number: number;
	file: ManifestFile;
}

/** One file of a version, as it was deployed. */
export function Source({ flow, number, file }: Props) {
	const small = file.size <= MAX_CHUNK;
	const content = useFile(flow, number, small ? file : undefined);
	const source = content.data && asText(content.data);
	const lines = source === undefined ? [] : linesOf(source);
	return (
		<section aria-label={file.path} className="flex min-w-0 flex-col gap-2">
			<div className="flex min-w-0 flex-wrap items-center gap-2">
				<h2
					className="min-w-0 flex-1 truncate font-medium font-mono text-small max-sm:w-full max-sm:flex-none max-sm:whitespace-normal max-sm:break-all"
					title={file.path}
				>
					<bdi>{file.path}</bdi>
				</h2>
				<span className="text-quiet text-small">
					{source !== undefined && `${plural(lines.length, "line")}, `}
					{size(file.size)}
				</span>
				{source !== undefined && <CopyText text={source}>Copy</CopyText>}
				<Save flow={flow} number={number} file={file} />
			</div>
			{content.error ? (
				<Refused why={content.error.message} />
			) : !small ? (
				<p className="py-6 text-quiet">This file has {size(file.size)}, more than is shown here. Download it to look inside.</p>
			) : content.data && source === undefined ? (
				<p className="py-6 text-quiet">This file is binary: there is nothing to read in it. Download it to open it elsewhere.</p>
			) : file.size === 0 ? (
				<p className="py-6 text-quiet">This file is empty.</p>
			) : source === undefined ? (
				<div className="ghost h-40" aria-busy="true" />
			) : (
				<Lines path={file.path} source={source} lines={lines} />
			)}
		</section>
	);
}

function Save({ flow, number, file }: Props) {
	const key = useOpenKey();
	const save = async () => {
		if (!key) return;
		const url = URL.createObjectURL(new Blob([await fetchFile(key, flow, number, file)], { type: "application/octet-stream" }));
		const link = document.createElement("a");
		link.href = url;
		link.download = file.path.split("/").at(-1) ?? "file";
		link.click();
		setTimeout(() => URL.revokeObjectURL(url), 60_000);
	};
	return (
		<Button onClick={() => void save()}>
			<Download size={14} aria-hidden />
			Download
		</Button>
	);
}

/** `12` or `12-20`. */
function rangeOf(text: string | null): [number, number] | undefined {
	const [, from, to] = /^(\d{1,7})(?:-(\d{1,7}))?$/.exec(text ?? "") ?? [];
	if (!from) return undefined;
	const [a, b] = [Number(from), Number(to ?? from)];
	return a <= b ? [a, b] : [b, a];
}

/** Lines drawn as one: what is not seen is not laid out. */
const BLOCK = 100;

function Lines({ path, source, lines }: { path: string; source: string; lines: string[] }) {
	const [search, change] = useAddress();
	const range = rangeOf(search.get("lines"));
	const tokens = useTokens(path, source);
	const box = useRef<HTMLDivElement>(null);
	const first = range?.[0];
	// Where the link leads to; not where the reader clicks, who is there already.
	const begun = useRef(false);
	useEffect(() => {
		if (begun.current || first === undefined) return;
		begun.current = true;
		// The box alone: the page around it stays where its reader is.
		const line = box.current?.querySelector<HTMLElement>(`[data-line="${first}"]`);
		if (box.current && line)
			box.current.scrollTop += line.getBoundingClientRect().top - box.current.getBoundingClientRect().top - box.current.clientHeight / 3;
	}, [first]);
	const choose = (event: MouseEvent, line: number) => {
		if (event.metaKey || event.ctrlKey || event.altKey) return;
		event.preventDefault();
		begun.current = true;
		// From the address: a line that did not change is not drawn again, and would know an old range.
		const from = event.shiftKey ? rangeOf(new URLSearchParams(location.search).get("lines"))?.[0] : undefined;
		change({ lines: from === undefined || from === line ? String(line) : `${Math.min(from, line)}-${Math.max(from, line)}` }, "replace");
	};
	const blocks = Array.from({ length: Math.ceil(lines.length / BLOCK) }, (_, at) => at * BLOCK);
	return (
		<div
			ref={box}
			{...reachable(`Source of ${path}`)}
			className="source max-h-[calc(100dvh-160px)] min-h-40 overflow-auto rounded-md border border-line bg-ground py-1 font-mono text-small/5"
		>
			<div className="w-max min-w-full" style={{ "--digits": `${String(lines.length).length}ch` } as React.CSSProperties}>
				{blocks.map((from) => (
					<div key={from} style={{ contentVisibility: "auto", containIntrinsicSize: `auto ${Math.min(BLOCK, lines.length - from) * 20}px` }}>
						{lines.slice(from, from + BLOCK).map((text, at) => {
							const line = from + at + 1;
							return (
								<SourceLine
									// biome-ignore lint/suspicious/noArrayIndexKey: a line is its place
									key={at}
									line={line}
									text={text}
									tokens={tokens?.[line - 1]}
									chosen={range !== undefined && line >= range[0] && line <= range[1]}
									href={hrefWith(search, { lines: String(line) })}
									choose={choose}
								/>
							);
						})}
					</div>
				))}
			</div>
		</div>
	);
}

function useTokens(path: string, source: string): Token[][] | undefined {
	const found = useQuery({
		queryKey: ["tokens", path, source],
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 0,
		retry: false,
		// The text is there before its colours: they are an extra that may fail.
		queryFn: async () => (await import("./highlight.ts")).highlight(path, source).then((tokens) => tokens ?? null),
	});
	return found.data ?? undefined;
}

/** Characters of a line that are shown: longer ones are for machines, and make the page slow. */
const LONG = 4_000;

interface LineProps {
	line: number;
	text: string;
	tokens: Token[] | undefined;
	chosen: boolean;
	href: string;
	choose(event: MouseEvent, line: number): void;
}

const SourceLine = memo(
	function SourceLine({ line, text, tokens, chosen, href, choose }: LineProps) {
		return (
			<div data-line={line} className={`flex min-h-5 ${chosen ? "bg-selected" : ""}`}>
				<a
					href={href}
					tabIndex={-1}
					onClick={(event) => choose(event, line)}
					aria-label={`Line ${line}`}
					aria-current={chosen || undefined}
					className="sticky left-0 w-[calc(var(--digits)+24px)] shrink-0 select-none rounded-none bg-inherit pe-3 text-end text-quiet hover:text-accent"
				>
					{line}
				</a>
				<bdi dir="ltr" className="whitespace-pre pe-4">
					{tokens
						? tokens.map(({ content, color }, at) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: tokens of one text never move
								<span key={at} style={color ? { color } : undefined}>
									{content}
								</span>
							))
						: text.slice(0, LONG)}
					{text.length > LONG && <span className="text-quiet"> … {text.length - LONG} more characters: download</span>}
				</bdi>
			</div>
		);
	},
	(a, b) => a.text === b.text && a.tokens === b.tokens && a.chosen === b.chosen && a.href === b.href && a.line === b.line,
);
