"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { ArrowDown, PinOff } from "lucide-react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { trpc } from "../../../../browser/api.ts";
import { useSession } from "../../../../browser/session.tsx";
import { Button, IconButton } from "../../../../ui/button.tsx";
import { later } from "../../../../ui/later.tsx";
import { Link } from "../../../../ui/link.tsx";
import { Refused } from "../../../../ui/lock.tsx";
import { reachable } from "../../../../ui/reachable.ts";
import { Ago } from "../../../../ui/time.tsx";
import { useBodies } from "../../../runs/components/artifacts/body.ts";
import { Boundary } from "../../../runs/components/artifacts/boundary.tsx";
import { tall } from "./tall.ts";
import type { KnownPin } from "./use-pins.ts";

const Markdown = later(() => import("../../../runs/components/artifacts/markdown.tsx").then((module) => module.default));
const ArtifactImage = later(() => import("../../../runs/components/artifacts/image.tsx").then((module) => module.ArtifactImage));
const ArtifactTable = later(() => import("../../../runs/components/artifacts/table.tsx").then((module) => module.ArtifactTable));
const Metrics = later(() => import("../../../runs/components/artifacts/metrics.tsx").then((module) => module.default));

/** One artifact as of the newest run that has it. */
export function PinnedOne({ one, flow }: { one: KnownPin; flow: string }) {
	const { may } = useSession();
	const client = useQueryClient();
	const off = useMutation(trpc.flows.unpin.mutationOptions({ onSettled: () => client.invalidateQueries(trpc.flows.pathFilter()) }));
	const { pin, content, why, heads } = one;
	const head = heads.at(-1);
	const name = content?.name ?? pin.artifact.kind;
	return (
		<section aria-label={name} className={`flex min-w-0 flex-col ${tall}`}>
			<div className="flex h-8 min-w-0 shrink-0 items-center gap-2">
				<h3 className="min-w-0 truncate font-medium" title={`${name}, pinned by ${pin.by}`}>
					<bdi>{name}</bdi>
				</h3>
				{head && (
					<Link href={`/runs/${head.run.id}?tab=artifacts`} className="shrink-0 rounded-sm text-quiet hover:text-text">
						v{head.run.number}, <Ago at={head.run.queuedAt} />
					</Link>
				)}
				{may.includes("organize") && (
					<IconButton
						label={`Take ${name} off the page of ${flow}`}
						className="ml-auto"
						disabled={off.isPending}
						onClick={() => off.mutate({ run: pin.artifact.run.id, artifact: pin.artifact.id })}
					>
						<PinOff size={14} aria-hidden />
					</IconButton>
				)}
			</div>
			<Scrolled name={name}>
				{content ? (
					<Boundary>
						<Body one={one} />
					</Boundary>
				) : (
					<Refused why={why ?? ""} />
				)}
			</Scrolled>
		</section>
	);
}

/** What is taller than its tile says so at its edge: a clean cut looks like the end. */
function Scrolled({ name, children }: { name: string; children: ReactNode }) {
	const box = useRef<HTMLDivElement>(null);
	const content = useRef<HTMLDivElement>(null);
	const [more, setMore] = useState(false);
	const look = useCallback(() => {
		const element = box.current;
		if (element) setMore(element.scrollHeight - element.clientHeight - element.scrollTop > 8);
	}, []);
	useEffect(() => {
		const seen = new ResizeObserver(look);
		for (const each of [box.current, content.current]) if (each) seen.observe(each);
		return () => seen.disconnect();
	}, [look]);
	return (
		<div className="relative flex min-h-0 min-w-0 flex-1">
			<div ref={box} onScroll={look} {...reachable(name)} className="min-w-0 flex-1 overflow-auto">
				<div ref={content}>{children}</div>
			</div>
			{more && (
				<div className="pointer-events-none absolute inset-x-0 bottom-0 flex h-14 items-end justify-center bg-linear-to-t from-ground via-ground/80 to-transparent pb-1">
					<button
						type="button"
						onClick={() => box.current?.scrollBy({ top: box.current.clientHeight - 60 })}
						className="pointer-events-auto inline-flex h-6 items-center gap-1 rounded-full border border-line bg-raised px-2.5 text-quiet text-small hover:text-text"
					>
						<ArrowDown size={12} aria-hidden />
						More below
					</button>
				</div>
			)}
		</div>
	);
}

/** Shown without a click up to this size, in bytes: a page of a flow is opened often. */
const OPEN_SIZE = 2 * 1024 * 1024;

function Body({ one: { heads, content } }: { one: KnownPin }) {
	const [shown, show] = useState(false);
	const large = heads.reduce((sum, { size }) => sum + size, 0) > OPEN_SIZE;
	const first = heads[0];
	if (!first || !content) return null;
	if (large && !shown) return <Button onClick={() => show(true)}>Show it: it is large</Button>;
	return <Opened heads={heads} mime={content.mime} name={content.name} />;
}

function Opened({ heads, mime, name }: { heads: KnownPin["heads"]; mime: string; name: string }) {
	const { data, error } = useBodies((heads[0] as KnownPin["heads"][number]).run, heads);
	if (error) return <Refused why={error.message} />;
	const bytes = data?.[0];
	if (!bytes) return <div className="ghost h-24" aria-busy="true" />;
	switch (heads[0]?.kind) {
		case "image":
			return <ArtifactImage bytes={bytes} mime={mime} name={name} />;
		case "table":
			return <ArtifactTable bytes={bytes} name={name} />;
		case "metrics":
			return <Metrics bodies={data} />;
		default:
			return <Markdown bytes={bytes} />;
	}
}
