"use client";
import { useQuery } from "@tanstack/react-query";
import { useRouter } from "next/navigation";
import { useId, useMemo } from "react";
import { errorCode, trpc } from "../../../../browser/api.ts";
import { shortId } from "../../../../ui/format.ts";
import { later } from "../../../../ui/later.tsx";
import { Link } from "../../../../ui/link.tsx";
import { Page } from "../../../../ui/page.tsx";
import { faceOf } from "../../../../ui/state.tsx";
import { Trouble } from "../../../../ui/trouble.tsx";
import { RELAUNCH_OF } from "../relaunch-of.ts";
import { fromSnapshot, type Run, type RunView } from "../view.ts";
import { Names } from "./sides.tsx";

// Whole, so that no part is pushed down by the one above it.
const Parts = later(() => import("./parts.tsx").then((module) => module.default));

/** A run beside another of its flow: the one that it was made from, else the one before it that succeeded, unless another is named. */
export function ComparePage({ id, other }: { id: string; other?: string }) {
	const told = useQuery(trpc.runs.get.queryOptions({ id }));
	const run = told.data?.run;
	const crumbs = [
		{ name: "Flows", href: "/flows" },
		...(run ? [{ name: run.flow, href: `/flows/${encodeURIComponent(run.flow)}` }] : []),
		{ name: shortId(id), href: `/runs/${id}` },
		{ name: "Compare" },
	];
	return (
		<Page crumbs={crumbs} title="Compare runs">
			{told.data ? (
				<Beside view={fromSnapshot(told.data)} other={other} />
			) : told.error ? (
				<NoRun id={id} error={told.error} again={() => void told.refetch()} />
			) : (
				<div className="ghost h-7 w-64" aria-busy="true" />
			)}
		</Page>
	);
}

function NoRun({ id, error, again }: { id: string; error: { message: string }; again(): void }) {
	if (errorCode(error) === undefined) return <Trouble title="The control plane does not answer" detail={error.message} again={again} />;
	return <Trouble title="There is no such run here" detail={`No run of this workspace has the id ${id}.`} />;
}

function Beside({ view, other: named }: { view: RunView; other: string | undefined }) {
	const { run } = view;
	const before = useQuery(trpc.runs.list.queryOptions({ flow: run.flow, own: true, states: ["succeeded"], cursor: run.id, limit: 1 }));
	// Whoever ran one again wants to know what changed since; it may be gone meanwhile, or the label typed by hand.
	const made = named ? undefined : run.labels[RELAUNCH_OF];
	const origin = useQuery(trpc.runs.get.queryOptions({ id: made ?? "" }, { enabled: made !== undefined }));
	const proposed = origin.data ? made : made && !origin.error ? undefined : before.data?.runs[0]?.id;
	const other = named ?? proposed;
	const told = useQuery(trpc.runs.get.queryOptions({ id: other ?? "" }, { enabled: other !== undefined }));
	const old = useMemo(() => (told.data ? fromSnapshot(told.data) : undefined), [told.data]);
	return (
		<>
			<div className="mb-5 flex flex-col gap-3">
				<h1 className="font-semibold text-title">
					Compare{" "}
					<Link href={`/runs/${run.id}`} className="rounded-sm font-mono hover:text-accent">
						{shortId(run.id)}
					</Link>{" "}
					with {old ? "another run" : "…"}
				</h1>
				<Picker run={run} other={other} succeeded={before.data?.runs[0]?.id} />
			</div>
			{other === undefined && before.data && !origin.isLoading && (
				<p className="text-quiet">No run before this one succeeded. Choose another to compare it with.</p>
			)}
			{told.error && other && <NoRun id={other} error={told.error} again={() => void told.refetch()} />}
			{old && old.run.flow !== run.flow && (
				<p className="mb-4 text-quiet">
					The other is a run of <bdi>{old.run.flow}</bdi>, another flow: most of it has nothing to be compared with.
				</p>
			)}
			{old && (
				<Names value={{ before: shortId(old.run.id), after: shortId(run.id) }}>
					<Parts before={old} after={view} />
				</Names>
			)}
		</>
	);
}

function Picker({ run, other, succeeded }: { run: Run; other: string | undefined; succeeded: string | undefined }) {
	const runs = useQuery(trpc.runs.list.queryOptions({ flow: run.flow, own: true, limit: 100 }));
	const router = useRouter();
	const id = useId();
	const others = runs.data?.runs.filter((one) => one.id !== run.id) ?? [];
	const go = (to: string) => router.push(`/runs/${run.id}/compare/${to}`);
	return (
		<div className="flex flex-wrap items-center gap-2">
			<label htmlFor={id} className="text-quiet">
				The other run
			</label>
			<select
				id={id}
				value={other ?? ""}
				onChange={(event) => go(event.target.value)}
				className="h-7 min-w-0 max-w-full rounded-md border border-line-strong bg-ground px-2"
			>
				{other === undefined && (
					<option value="" disabled>
						Choose…
					</option>
				)}
				{other !== undefined && others.every((one) => one.id !== other) && <option value={other}>{shortId(other)}</option>}
				{others.map((one) => (
					<option key={one.id} value={one.id}>
						{`${shortId(one.id)}, v${one.number}, ${faceOf(one.state).word}${one.id === succeeded ? ", the last that succeeded before" : ""}`}
					</option>
				))}
			</select>
			{other && (
				<Link href={`/runs/${other}`} className="rounded-sm text-accent underline underline-offset-2">
					Its page
				</Link>
			)}
		</div>
	);
}
