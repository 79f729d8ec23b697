"use client";
import { ChevronRight } from "lucide-react";
import { useAddress } from "../../../../browser/address.ts";
import { plural, size } from "../../../../ui/format.ts";
import { later } from "../../../../ui/later.tsx";
import { notOpen, Refused, SealedPanel } from "../../../../ui/lock.tsx";
import type { Run, RunView } from "../view.ts";
import { useBodies } from "./body.ts";
import { Boundary } from "./boundary.tsx";
import { type Group, useGroups } from "./groups.ts";
import { ArtifactImage } from "./image.tsx";
import { PinButton } from "./pin-button.tsx";
import { ArtifactTable } from "./table.tsx";

const Markdown = later(() => import("./markdown.tsx").then((module) => module.default));
const Metrics = later(() => import("./metrics.tsx").then((module) => module.default));

/** Shown at once up to this many and this size (bytes); more are opened by a click. */
const OPEN_COUNT = 6;
const OPEN_SIZE = 2 * 1024 * 1024;

const sizeOf = (group: Group): number => group.members.reduce((sum, { size: bytes }) => sum + bytes, 0);

export function Artifacts({ view }: { view: RunView }) {
	const groups = useGroups(view);
	if (groups.length === 0) {
		return (
			<p className="py-6 text-quiet">
				{view.run.finishedAt ? "This run left no artifacts." : "Tables, images, notes and metrics appear here as the flow makes them."}
			</p>
		);
	}
	return (
		<div className="border-line border-t">
			{groups.map((group, i) => (
				<One key={group.id} view={view} group={group} early={i < OPEN_COUNT && sizeOf(group) <= OPEN_SIZE} />
			))}
		</div>
	);
}

/** What is open is in the URL: `artifact=<id>,<id>` turns these from how they begin. */
function One({ view, group, early }: { view: RunView; group: Group; early: boolean }) {
	const [search, change] = useAddress();
	const { id, members, content } = group;
	const turned = (search.get("artifact") ?? "").split(",").filter(Boolean);
	const open = early !== turned.includes(id);
	const turn = () => change({ artifact: (turned.includes(id) ? turned.filter((other) => other !== id) : [...turned, id]).join(",") }, "replace");
	const first = members[0];
	if (!first) return null;
	const name = content.state === "open" ? content.value.name : undefined;
	const task = first.task ? view.tasks.get(first.task)?.fn : undefined;
	const facts = [first.kind, members.length > 1 ? plural(members.length, "step") : undefined, size(sizeOf(group)), task && `by ${task}`];
	return (
		<section aria-label={name ?? first.kind} className="border-line border-b">
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
					<bdi className="shrink-0 truncate text-quiet">{facts.filter(Boolean).join(", ")}</bdi>
				</button>
			</h2>
			{open && (
				<div className="min-w-0 px-1 pt-1 pb-5 sm:px-6">
					<PinButton run={view.run} artifact={first} name={name} />
					{content.state === "sealed" ? (
						<SealedPanel what="Artifacts" />
					) : (
						<Boundary>
							<Body run={view.run} group={group} />
						</Boundary>
					)}
				</div>
			)}
		</section>
	);
}

function Body({ run, group }: { run: Run; group: Group }) {
	const { data, error } = useBodies(run, group.members);
	const { content, members } = group;
	if (content.state !== "open") return notOpen(content);
	if (error) return <Refused why={error.message} />;
	const bytes = data?.[0];
	if (!bytes) return <div className="ghost h-24" aria-busy="true" />;
	const { name, mime } = content.value;
	switch (members[0]?.kind) {
		case "image":
			return <ArtifactImage bytes={bytes} mime={mime} name={name} />;
		case "table":
			return <ArtifactTable bytes={bytes} name={name} />;
		case "metrics":
			return <Metrics bodies={data ?? []} />;
		default:
			return <Markdown bytes={bytes} />;
	}
}
