"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { PinOff } from "lucide-react";
import { useState } from "react";
import { trpc } from "../../../../browser/api.ts";
import { useKey } from "../../../../browser/key.tsx";
import { useRemembered } from "../../../../browser/remembered.ts";
import { useSession } from "../../../../browser/session.tsx";
import { Button, IconButton } from "../../../../ui/button.tsx";
import { plural } from "../../../../ui/format.ts";
import { later } from "../../../../ui/later.tsx";
import { Link } from "../../../../ui/link.tsx";
import { Refused, SealedPanel } from "../../../../ui/lock.tsx";
import { reachable } from "../../../../ui/reachable.ts";
import { Ago } from "../../../../ui/time.tsx";
import { useBodies } from "../../../runs/components/artifacts/body.ts";
import { Boundary } from "../../../runs/components/artifacts/boundary.tsx";
import { type KnownPin, usePins } from "./use-pins.ts";

const Markdown = later(() => import("../../../runs/components/artifacts/markdown.tsx").then((module) => module.default));
const ArtifactImage = later(() => import("../../../runs/components/artifacts/image.tsx").then((module) => module.ArtifactImage));
const ArtifactTable = later(() => import("../../../runs/components/artifacts/table.tsx").then((module) => module.ArtifactTable));
const Metrics = later(() => import("../../../runs/components/artifacts/metrics.tsx").then((module) => module.default));

/** What people pinned from runs of the flow, as of the newest run that has it. @param expected how many, known before they are */
export function Pinned({ flow, expected }: { flow: string; expected: number }) {
	const { current } = useKey();
	const { pins, error } = usePins(flow);
	const [shown, show] = useRemembered("pins", "shown");
	const open = shown === "shown";
	const sealed = current.state === "sealed" || current.state === "unavailable";
	return (
		<section aria-label="Pinned" className="mb-5 min-w-0 border-line border-y">
			<h2>
				<button
					type="button"
					aria-expanded={open}
					onClick={() => show(open ? "hidden" : "shown")}
					className="flex h-9 w-full items-center gap-2 px-1 text-start hover:bg-selected"
				>
					<span className="font-medium">Pinned</span>
					<span className="min-w-0 truncate text-quiet">{plural(expected, "artifact")}, as of the newest run</span>
					<span className="ml-auto text-quiet">{open ? "Hide" : "Show"}</span>
				</button>
			</h2>
			{open && (
				<div className="grid grid-cols-[repeat(auto-fit,minmax(min(420px,100%),1fr))] gap-x-6 pb-3">
					{sealed && <SealedPanel what="Pinned artifacts" />}
					{error && !pins && <Refused why={error.message} />}
					{!sealed &&
						!error &&
						!pins &&
						Array.from({ length: expected }, (_, i) => <div key={String(i)} className={`ghost ${tall}`} aria-busy="true" />)}
					{!sealed && pins?.map((one) => <One key={one.pin.artifact.id} one={one} flow={flow} />)}
				</div>
			)}
		</section>
	);
}

/** All of one height, head and body: nothing moves when their content comes. */
const tall = "h-72";

function One({ one, flow }: { one: KnownPin; flow: string }) {
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
			<div {...reachable(name)} className="min-h-0 min-w-0 flex-1 overflow-auto">
				{content ? (
					<Boundary>
						<Body one={one} />
					</Boundary>
				) : (
					<Refused why={why ?? ""} />
				)}
			</div>
		</section>
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
