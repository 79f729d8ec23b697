"use client";
import { useQuery } from "@tanstack/react-query";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { useAddress } from "../../../../browser/address.ts";
import { trpc } from "../../../../browser/api.ts";
import { useOpened } from "../../../../browser/opened.ts";
import { clock, duration, exact } from "../../../../ui/format.ts";
import { notOpen } from "../../../../ui/lock.tsx";
import { StateWord } from "../../../../ui/state.tsx";
import { HereLink } from "../here-link.tsx";
import { usePlace } from "../place.ts";
import type { Earlier, RunView, Task } from "../view.ts";
import { Part } from "./part.tsx";

const took = (from: string, to: string | null): string => (to ? duration(Date.parse(to) - Date.parse(from)) : "so far");

/** Attempts of a task, in all executions of the run, the last first; each with what it raised. Nothing where it was done once. */
export function Doings({ view, task }: { view: RunView; task: Task }) {
	const earlier = view.earlier.get(task.task) ?? [];
	const events = useQuery({
		...trpc.runs.events.queryOptions({ id: view.run.id, task: task.task, limit: 1_000 }),
		enabled: earlier.length > 0,
	});
	if (earlier.length === 0) return null;
	// When its run went on, what it did before was taken from memory: that is no doing.
	const remembered = task.from !== null;
	const sealedOf = (one: Earlier) =>
		events.data?.events.findLast(
			({ execution, data, sealed }) => execution === one.execution && data.attempt === one.attempt && data.state === one.state && sealed,
		)?.sealed ?? null;
	return (
		<Part title={earlier.length + Number(!remembered) === 1 ? "Done once" : `Done ${earlier.length + Number(!remembered)} times`}>
			<ol reversed className="flex flex-col gap-1.5">
				{!remembered && (
					<li>
						<Doing one={task} />
					</li>
				)}
				{earlier.toReversed().map((one) => (
					<li key={`${one.execution}.${one.attempt}`}>
						<Doing one={one} />
						<Raised view={view} one={one} sealed={sealedOf(one)} />
					</li>
				))}
			</ol>
		</Part>
	);
}

function Doing({ one }: { one: Earlier | Task }) {
	const [search] = useAddress();
	return (
		<p className="flex flex-wrap gap-x-3 tabular-nums">
			<StateWord state={one.state} />
			<span>
				attempt {one.attempt}, execution {one.execution}
			</span>
			<HereLink
				search={search}
				changes={{ tab: "logs", task: one.task, execution: String(one.execution), attempt: String(one.attempt), line: null, at: null }}
			>
				its lines
			</HereLink>
			{one.startedAt && (
				<span className="text-quiet text-small" title={exact(one.startedAt)}>
					{clock(one.startedAt)}, {took(one.startedAt, one.finishedAt)}
				</span>
			)}
		</p>
	);
}

function Raised({ view, one, sealed }: { view: RunView; one: Earlier; sealed: string | null }) {
	const place = usePlace(view.run);
	const id = `doing ${view.run.id} ${one.task} ${one.execution}.${one.attempt} ${sealed?.slice(0, 40)}`;
	const content = useOpened(id, sealed, (openers, key, from) => openers.openTask(key, place, one.task, fromBase64(from)));
	if (content.state !== "open") return one.state === "failed" ? notOpen(content) : null;
	const { error } = content.value;
	if (!error) return null;
	return (
		<p className="max-h-24 overflow-y-auto break-words font-mono text-failed text-small/5">
			<bdi>
				{error.type}: {error.message}
			</bdi>
		</p>
	);
}
