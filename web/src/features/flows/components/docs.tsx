"use client";
import { utf8 } from "tidegate/protocol/bytes.ts";
import type { Manifest } from "tidegate/protocol/manifest.ts";
import type { ValueSchema } from "tidegate/protocol/parameters.ts";
import { later } from "../../../ui/later.tsx";
import { notOpen, SealedPanel } from "../../../ui/lock.tsx";
import { reachable } from "../../../ui/reachable.ts";
import { head, rowCell, Table } from "../../../ui/table.tsx";
import { useManifest, useVersion } from "../../versions/components/version.ts";
import { proseOf } from "./docstring.ts";
import { FlowAsks } from "./flow-asks.tsx";
import { entriesOf } from "./form/fields.ts";
import { typeOf } from "./form/type-of.ts";

const Markdown = later(() => import("../../runs/components/artifacts/markdown.tsx").then((module) => module.default));

/** What the author wrote in the docstring, and what the flow takes. */
export function Docs({ flow, number }: { flow: string; number: number | undefined }) {
	const version = useVersion(flow, number);
	const manifest = useManifest(flow, version.data);
	if (number === undefined) return <p className="py-6 text-quiet">Nothing of this flow is live.</p>;
	if (version.error) return <p className="py-6 text-failed">{version.error.message}</p>;
	if (manifest.state === "sealed") return <SealedPanel what="What the author wrote" />;
	const prose = manifest.state === "open" ? proseOf(manifest.value.doc) : "";
	if (manifest.state !== "open") return notOpen(manifest) ?? <div className="ghost h-24" aria-busy="true" />;
	return (
		<div className="flex min-w-0 flex-col gap-6">
			{prose ? (
				<Markdown bytes={utf8(prose)} />
			) : (
				<p className="text-quiet">The flow has no docstring. What stands in it appears here, as markdown.</p>
			)}
			<Parameters manifest={manifest.value} />
			<FlowAsks options={manifest.value.options} />
		</div>
	);
}

/** What a choice is among. */
function Choices({ schema }: { schema: ValueSchema }) {
	const choices = schema.enum ?? schema.anyOf?.find((one) => one.enum)?.enum;
	return (
		choices && (
			<bdi className="block text-quiet text-small">{choices.map((one) => (typeof one === "string" ? one : JSON.stringify(one))).join(", ")}</bdi>
		)
	);
}

function Parameters({ manifest }: { manifest: Manifest }) {
	const entries = entriesOf(manifest.parameters as ValueSchema);
	return (
		<section aria-labelledby="takes" className="flex min-w-0 flex-col gap-2">
			<h2 id="takes" className="font-medium">
				Parameters
			</h2>
			{entries.length === 0 ? (
				<p className="text-quiet">This flow takes none.</p>
			) : (
				<div {...reachable("Parameters")} className="max-w-5xl overflow-x-auto">
					<Table
						heads={
							<>
								<th className={head}>Name</th>
								<th className={head}>Takes</th>
								<th className={head}>Default</th>
								<th className={`${head} w-full`}>What it is</th>
							</>
						}
					>
						{entries.map((entry) => (
							<tr
								key={entry.name}
								className="align-top max-sm:flex max-sm:flex-wrap max-sm:items-baseline max-sm:gap-x-3 max-sm:border-line max-sm:border-b max-sm:py-2"
							>
								<td className={`${rowCell} max-w-80 whitespace-normal! break-words py-2 font-medium font-mono text-small`}>
									<bdi className="line-clamp-3">{entry.name}</bdi>
								</td>
								<td className={`${rowCell} max-w-80 whitespace-normal! break-words py-2 sm:min-w-40`}>
									<bdi>{typeOf(entry.field.schema)}</bdi>
									<Choices schema={entry.field.schema} />
								</td>
								<td className={`${rowCell} max-w-60 whitespace-normal! break-words py-2 font-mono text-small`} title={JSON.stringify(entry.default)}>
									{!entry.required && <span className="font-sans text-quiet sm:sr-only">default </span>}
									{entry.required ? (
										<span className="font-sans text-quiet">required</span>
									) : (
										<bdi>{"default" in entry ? JSON.stringify(entry.default) : "in the code"}</bdi>
									)}
								</td>
								<td className={`${rowCell} whitespace-normal! break-words py-2 text-quiet max-sm:w-full sm:min-w-48`}>
									<bdi className="line-clamp-[12]" title={entry.description}>
										{entry.description}
									</bdi>
								</td>
							</tr>
						))}
					</Table>
				</div>
			)}
		</section>
	);
}
