"use client";
import { ChevronRight } from "lucide-react";
import dynamic from "next/dynamic";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { ArtifactContent } from "tidegate/protocol/content.ts";
import { useAddress } from "../../../../browser/address.ts";
import { type Opened, useOpened } from "../../../../browser/opened.ts";
import { size } from "../../../../ui/format.ts";
import { notOpen, Refused, SealedPanel } from "../../../../ui/lock.tsx";
import { usePlace } from "../place.ts";
import type { Artifact, Run, RunView } from "../view.ts";
import { useBody } from "./body.ts";
import { ArtifactImage } from "./image.tsx";
import { ArtifactTable } from "./table.tsx";

const Markdown = dynamic(() => import("./markdown.tsx"), { ssr: false });
const Metrics = dynamic(() => import("./metrics.tsx"), { ssr: false });

/** Shown at once up to this many and this size (bytes); more are opened by a click. */
const OPEN_COUNT = 6;
const OPEN_SIZE = 2 * 1024 * 1024;

export function Artifacts({ view }: { view: RunView }) {
	const list = [...view.artifacts.values()];
	if (list.length === 0)
		return (
			<p className="py-6 text-quiet">
				{view.run.finishedAt ? "This run left no artifacts." : "Tables, images, notes and metrics appear here as the flow makes them."}
			</p>
		);
	return (
		<div className="border-line border-t">
			{list.map((artifact, i) => (
				<One
					key={artifact.id}
					run={view.run}
					artifact={artifact}
					task={artifact.task ? view.tasks.get(artifact.task)?.fn : undefined}
					early={i < OPEN_COUNT && artifact.size <= OPEN_SIZE}
				/>
			))}
		</div>
	);
}

/** What is open is in the URL: `artifact=<id>` turns one from how it begins. */
function One({ run, artifact, task, early }: { run: Run; artifact: Artifact; task: string | undefined; early: boolean }) {
	const [search, change] = useAddress();
	const turned = (search.get("artifact") ?? "").split(",").filter(Boolean);
	const open = early !== turned.includes(artifact.id);
	const place = usePlace(run);
	const content = useOpened(`artifact ${artifact.id}`, artifact.sealed, (openers, key, sealed) =>
		openers.openArtifact(key, place, artifact.id, fromBase64(sealed)),
	);
	const turn = () =>
		change({ artifact: (turned.includes(artifact.id) ? turned.filter((id) => id !== artifact.id) : [...turned, artifact.id]).join(",") }, "replace");
	const name = content.state === "open" ? content.value.name : undefined;
	return (
		<section aria-label={name ?? artifact.kind} className="border-line border-b">
			<h2>
				<button
					type="button"
					data-row
					aria-expanded={open}
					onClick={turn}
					className="flex min-h-10 w-full min-w-0 items-center gap-2 px-1 text-start hover:bg-selected"
				>
					<ChevronRight size={14} aria-hidden className={`shrink-0 text-quiet transition-transform duration-100 ${open ? "rotate-90" : ""}`} />
					<bdi className="min-w-0 truncate font-medium" title={name}>
						{name ?? (content.state === "opening" ? "\u00a0" : "sealed")}
					</bdi>
					<span className="shrink-0 text-quiet">
						{artifact.kind}, {size(artifact.size)}
						{task && (
							<>
								, by <bdi>{task}</bdi>
							</>
						)}
					</span>
				</button>
			</h2>
			{open && (
				<div className="min-w-0 px-1 pt-1 pb-5 sm:px-6">
					{content.state === "sealed" ? <SealedPanel what="Artifacts" /> : <Body run={run} artifact={artifact} content={content} />}
				</div>
			)}
		</section>
	);
}

function Body({ run, artifact, content }: { run: Run; artifact: Artifact; content: Opened<ArtifactContent> }) {
	const body = useBody(run, artifact);
	if (content.state !== "open") return notOpen(content);
	if (body.error) return <Refused why={body.error.message} />;
	if (!body.data) return <div className="ghost h-24" aria-busy="true" />;
	const { name, mime } = content.value;
	if (artifact.kind === "image") return <ArtifactImage bytes={body.data} mime={mime} name={name} />;
	if (artifact.kind === "table") return <ArtifactTable bytes={body.data} name={name} />;
	if (artifact.kind === "metrics") return <Metrics bytes={body.data} />;
	return <Markdown bytes={body.data} />;
}
