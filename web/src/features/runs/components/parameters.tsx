"use client";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { ValueSchema } from "tidegate/protocol/parameters.ts";
import { useAddress } from "../../../browser/address.ts";
import { trpc } from "../../../browser/api.ts";
import { useOpened } from "../../../browser/opened.ts";
import { Button } from "../../../ui/button.tsx";
import { CopyText } from "../../../ui/copy.tsx";
import { size } from "../../../ui/format.ts";
import { notOpen, SealedPanel } from "../../../ui/lock.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { typeOf } from "../../flows/components/form/type-of.ts";
import { usePlace } from "./place.ts";
import { lastExecution } from "./sentence.ts";
import { Value } from "./value.tsx";
import type { Run, RunView } from "./view.ts";

/** What went in and what came out. */
export function Parameters({ view }: { view: RunView }) {
	const [search, change] = useAddress();
	const raw = search.has("raw");
	return (
		<div className="flex max-w-4xl flex-col gap-6">
			<div>
				<Button
					aria-pressed={raw}
					onClick={() => change({ raw: raw ? null : "1" }, "replace")}
					className="aria-pressed:bg-selected aria-pressed:text-accent"
				>
					Raw JSON
				</Button>
			</div>
			<Part title="Parameters">
				<Given run={view.run} raw={raw} />
			</Part>
			<Part title="Result">
				<Result view={view} raw={raw} />
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

function Raw({ label, text }: { label: string; text: string }) {
	return (
		<pre
			{...reachable(label)}
			className="max-h-[60dvh] overflow-auto whitespace-pre-wrap break-words rounded-md border border-line bg-sunken px-3 py-2 font-mono text-small/5"
		>
			{text}
		</pre>
	);
}

const json = (value: unknown): string => (value === undefined ? "—" : JSON.stringify(value, null, 2));

/** The given values, and the defaults of those that were not given, which the version's manifest holds. */
function Given({ run, raw }: { run: Run; raw: boolean }) {
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
	const whole = Object.fromEntries(names.map((name) => [name, Object.hasOwn(values, name) ? values[name] : known[name]?.default]));
	return (
		<>
			{raw ? <Raw label="Parameters as JSON" text={json(whole)} /> : <Listed names={names} values={values} known={known} />}
			<div>
				<CopyText text={() => json(whole)}>Copy as JSON</CopyText>
			</div>
		</>
	);
}

function Listed({ names, values, known }: { names: string[]; values: Record<string, unknown>; known: Record<string, ValueSchema> }) {
	return (
		<dl className="grid min-w-0 grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-4 border-line border-t">
			{names.map((name) => {
				const given = Object.hasOwn(values, name);
				const schema = Object.hasOwn(known, name) ? known[name] : undefined;
				return (
					<div key={name} className="col-span-2 grid grid-cols-subgrid border-line border-b py-1.5">
						<dt className="min-w-0">
							<bdi className="block truncate" title={name}>
								{name}
							</bdi>
							<span className="block truncate text-quiet text-small">{schema ? typeOf(schema) : "unknown to this version"}</span>
						</dt>
						<dd className="min-w-0 whitespace-pre-wrap break-words font-mono text-small/5">
							<Value value={given ? values[name] : schema?.default} />
							{!given && <span className="ml-2 font-sans text-quiet">default</span>}
						</dd>
					</div>
				);
			})}
		</dl>
	);
}

function Result({ view, raw }: { view: RunView; raw: boolean }) {
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
			{repr !== undefined || raw ? (
				<Raw label="Result" text={text} />
			) : (
				<p className="max-h-[60dvh] overflow-auto rounded-md border border-line bg-sunken px-3 py-2 font-mono text-small/5" {...reachable("Result")}>
					<Value value={value} />
				</p>
			)}
			<div>
				<CopyText text={text}>Copy result</CopyText>
			</div>
		</>
	);
}
