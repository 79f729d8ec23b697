"use client";
import { useState } from "react";
import type { Bytes } from "tidegate/protocol/bytes.ts";
import { Button } from "../../../../ui/button.tsx";
import { size } from "../../../../ui/format.ts";
import { later } from "../../../../ui/later.tsx";
import { notOpen, Refused, SealedPanel } from "../../../../ui/lock.tsx";
import { fileName, save } from "../../../../ui/save.ts";
import type { Run } from "../view.ts";
import { useArrived, useBodies } from "./body.ts";
import { Boundary } from "./boundary.tsx";
import { type Group, sizeOf } from "./groups.ts";

const Markdown = later(() => import("./markdown.tsx").then((module) => module.default));
const Metrics = later(() => import("./metrics.tsx").then((module) => module.default));
const ArtifactTable = later(() => import("./table.tsx").then((module) => module.ArtifactTable));
const ArtifactImage = later(() => import("./image.tsx").then((module) => module.ArtifactImage));

/** Larger ones are fetched when somebody says so: bytes. */
const LARGE = 5 * 1024 * 1024;

export function Content({ run, group }: { run: Run; group: Group }) {
	const bytes = sizeOf(group);
	const [asked, ask] = useState(bytes <= LARGE);
	if (group.content.state === "sealed") return <SealedPanel what="Artifacts" />;
	if (group.content.state !== "open") return notOpen(group.content);
	if (!asked) return <Large bytes={bytes} fetch={() => ask(true)} />;
	return (
		<Boundary>
			<Fetched run={run} group={group} cancel={bytes > LARGE ? () => ask(false) : undefined} />
		</Boundary>
	);
}

function Large({ bytes, fetch }: { bytes: number; fetch(): void }) {
	return (
		<div className="flex flex-wrap items-center gap-3">
			<Button onClick={fetch}>Fetch {size(bytes)}</Button>
			<span className="text-quiet">It is large, and fetched when you want it.</span>
		</div>
	);
}

function Fetched({ run, group, cancel }: { run: Run; group: Group; cancel: (() => void) | undefined }) {
	const { data, error } = useBodies(run, group.members);
	const { content, members } = group;
	if (content.state !== "open") return notOpen(content);
	if (error) return <Refused why={error.message} />;
	const bytes = data?.[0];
	if (!data || !bytes) return cancel ? <Progress group={group} cancel={cancel} /> : <div className="ghost h-24" aria-busy="true" />;
	const { name, mime } = content.value;
	switch (members[0]?.kind) {
		case "image":
			return <ArtifactImage bytes={bytes} mime={mime} name={name} />;
		case "table":
			return (
				<>
					<ArtifactTable bytes={bytes} name={name} />
					<Original bodies={data} name={name} extension="json" />
				</>
			);
		case "metrics":
			return (
				<>
					<Metrics bodies={data} />
					<Original bodies={data} name={name} extension="json" />
				</>
			);
		default:
			return (
				<>
					<Markdown bytes={bytes} />
					<Original bodies={data} name={name} extension="md" />
				</>
			);
	}
}

function Progress({ group, cancel }: { group: Group; cancel(): void }) {
	const bytes = sizeOf(group);
	const arrived = useArrived(group.members);
	return (
		<div className="flex flex-wrap items-center gap-3">
			<progress
				value={arrived}
				max={bytes}
				aria-label="Fetched"
				className="h-2 w-48 appearance-none overflow-hidden rounded-full bg-line [&::-moz-progress-bar]:bg-accent [&::-webkit-progress-bar]:bg-line [&::-webkit-progress-value]:bg-accent"
			/>
			<span className="text-quiet tabular-nums">
				{size(arrived)} of {size(bytes)}
			</span>
			<Button onClick={cancel}>Cancel</Button>
		</div>
	);
}

/** The bytes as the flow made them; of a series, one step after the other. */
function Original({ bodies, name, extension }: { bodies: Bytes[]; name: string; extension: string }) {
	const parts = bodies.length === 1 ? bodies : bodies.flatMap((body) => [body, "\n"]);
	const take = () => save(new Blob(parts, { type: "application/octet-stream" }), fileName(name, bodies.length === 1 ? extension : `${extension}l`));
	return (
		<p className="pt-2">
			<button type="button" onClick={take} className="rounded-sm text-quiet underline underline-offset-2 hover:text-text">
				Download as the flow made it
			</button>
		</p>
	);
}
