"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import { trpc } from "../../../browser/api.ts";
import { useOpened } from "../../../browser/opened.ts";
import { CopyText } from "../../../ui/copy.tsx";
import { size } from "../../../ui/format.ts";
import { notOpen, SealedPanel } from "../../../ui/lock.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { usePlace } from "./place.ts";
import { lastExecution } from "./sentence.ts";
import type { Run, RunView } from "./view.ts";

/** What went in and what came out. */
export function Parameters({ view }: { view: RunView }) {
	return (
		<div className="flex max-w-4xl flex-col gap-6">
			<Part title="Parameters">
				<Given run={view.run} />
			</Part>
			<Part title="Result">
				<Result view={view} />
			</Part>
		</div>
	);
}

function Part({ title, children }: { title: string; children: ReactNode }) {
	return (
		<section aria-label={title} className="flex min-w-0 flex-col gap-2">
			<h2 className="font-medium">{title}</h2>
			{children}
		</section>
	);
}

const json = (value: unknown): string => (value === undefined ? "—" : JSON.stringify(value, null, 2));

/** The given values, and the defaults of those that were not given, which the version's manifest holds. */
function Given({ run }: { run: Run }) {
	const place = usePlace(run);
	const version = useQuery(trpc.versions.get.queryOptions({ flow: run.flow, number: run.number }, { staleTime: Number.POSITIVE_INFINITY }));
	const manifest = useOpened(`manifest ${version.data?.id}`, version.data?.manifest, (openers, key, sealed) =>
		openers.openManifest(key, place, fromBase64(sealed), version.data?.address),
	);
	const given = useOpened(`parameters ${run.id}`, run.parameters, (openers, key, sealed) => openers.openParameters(key, place, fromBase64(sealed)));
	if (given.state === "sealed" || manifest.state === "sealed") return <SealedPanel what="Parameters" />;
	if (given.state === "refused" || given.state === "opening") return notOpen(given);
	if (manifest.state === "refused" || manifest.state === "opening") return notOpen(manifest);
	const values = given.state === "open" ? given.value : {};
	const known = manifest.state === "open" ? manifest.value.parameters.properties : {};
	const names = [...new Set([...Object.keys(known), ...Object.keys(values)])];
	if (names.length === 0) return <p className="text-quiet">This flow takes no parameters.</p>;
	return (
		<dl className="grid min-w-0 grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4 border-line border-t">
			{names.map((name) => (
				<div key={name} className="col-span-2 grid grid-cols-subgrid border-line border-b py-1.5">
					<dt className="min-w-0 truncate">
						<bdi title={name}>{name}</bdi>
					</dt>
					<dd className="min-w-0 whitespace-pre-wrap break-words font-mono text-small/5">
						<bdi>{json(name in values ? values[name] : known[name]?.default)}</bdi>
						{!(name in values) && <span className="ml-2 font-sans text-quiet">default</span>}
					</dd>
				</div>
			))}
		</dl>
	);
}

function Result({ view }: { view: RunView }) {
	const { run } = view;
	const place = usePlace(run);
	const execution = lastExecution(view);
	const result = useOpened(`result ${run.id} ${execution?.execution}`, execution?.result, (openers, key, sealed) =>
		openers.openResult(key, place, execution?.execution ?? 0, fromBase64(sealed)),
	);
	if (result.state === "none")
		return <p className="text-quiet">{run.finishedAt ? "This run left no result." : "The result appears here when the run has ended."}</p>;
	if (result.state === "sealed") return <SealedPanel what="The result" />;
	if (result.state !== "open") return notOpen(result);
	const { json: value, repr, python } = result.value;
	const text = repr ?? json(value);
	return (
		<>
			{python && (
				<p className="text-quiet">
					<bdi className="font-mono text-small">{python}</bdi>
					{result.value.size !== undefined && `, ${size(result.value.size)}`}: kept on your side, this is its short form.
				</p>
			)}
			<pre
				{...reachable("Result")}
				className="max-h-[60dvh] overflow-auto whitespace-pre-wrap break-words rounded-md border border-line bg-sunken px-3 py-2 font-mono text-small/5"
			>
				{text}
			</pre>
			<div>
				<CopyText text={text}>Copy result</CopyText>
			</div>
		</>
	);
}
