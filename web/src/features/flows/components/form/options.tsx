"use client";
/** What the control plane reads of a run: its labels, and the pool whose agents may take it. */
import { useQuery } from "@tanstack/react-query";
import { Plus, X } from "lucide-react";
import { useId } from "react";
import { MAX_LABEL, MAX_LABELS } from "tidegate/protocol/limits.ts";
import { trpc } from "../../../../browser/api.ts";
import { Button, IconButton } from "../../../../ui/button.tsx";
import { plural } from "../../../../ui/format.ts";
import { input } from "./controls.tsx";

export interface Choices {
	labels: [string, string][];
	/** Empty: the workspace's default. */
	pool: string;
}

/** What is wrong with the labels, before the control plane says it. */
export function labelProblem(labels: [string, string][]): string | undefined {
	const given = labels.filter(([key, value]) => key !== "" || value !== "");
	const [nameless] = given.filter(([key]) => key.trim() === "");
	if (nameless) return `The label “${nameless[1]}” has no name.`;
	const twice = given.find(([key], at) => given.findIndex(([other]) => other === key) < at);
	if (twice) return `The label “${twice[0]}” stands here twice.`;
	if (given.some(([key, value]) => key.length > MAX_LABEL || value.length > MAX_LABEL))
		return `Names and values of labels have at most ${MAX_LABEL} characters.`;
	if (given.length > MAX_LABELS) return `A run has at most ${MAX_LABELS} labels, these are ${given.length}.`;
	return undefined;
}

export const asLabels = (labels: [string, string][]): Record<string, string> => Object.fromEntries(labels.filter(([key]) => key !== ""));

export function Options({ value, problem, change }: { value: Choices; problem: string | undefined; change(value: Choices): void }) {
	const pools = useQuery(trpc.pools.list.queryOptions({}));
	// Which pool it is where none is named.
	const usual = pools.data?.pools.find(({ name }) => name === "default");
	const id = useId();
	const { labels, pool } = value;
	const put = (at: number, pair: [string, string]) => change({ ...value, labels: labels.map((one, index) => (index === at ? pair : one)) });
	return (
		<section aria-labelledby={`${id}-h`} className="flex flex-col gap-4 border-line border-t pt-4">
			<div>
				<h2 id={`${id}-h`} className="font-medium">
					Where it runs
				</h2>
				<p className="text-quiet text-small">Not sealed: the control plane reads pool and labels.</p>
			</div>
			<div className="flex flex-col gap-1">
				<label htmlFor={`${id}-pool`} className="font-medium">
					Pool
				</label>
				<select
					id={`${id}-pool`}
					value={usual?.name === pool ? "" : pool}
					onChange={(event) => change({ ...value, pool: event.target.value })}
					className={`${input} max-w-96`}
				>
					{!usual && <option value="">The default</option>}
					{pools.data?.pools.map((one) => (
						<option key={one.id} value={one === usual ? "" : one.name}>
							{one.name}, {plural(one.agents, "agent")}
						</option>
					))}
					{pool !== "" && pools.data?.pools.every(({ name }) => name !== pool) && <option value={pool}>{pool}</option>}
				</select>
			</div>
			{/* biome-ignore lint/a11y/useSemanticElements: as the fields above */}
			<div role="group" aria-label="Labels" aria-describedby={problem ? `${id}-problem` : undefined} className="flex flex-col gap-2">
				<span className="font-medium">Labels</span>
				{labels.map(([key, text], at) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: keys change while they are typed
					<div key={at} className="flex max-w-96 items-center gap-1">
						<input
							id={at === 0 ? "labels-first" : undefined}
							aria-label={`Name of label ${at + 1}`}
							placeholder="name"
							value={key}
							aria-invalid={problem ? true : undefined}
							onChange={(event) => put(at, [event.target.value, text])}
							className={input}
						/>
						<span aria-hidden>=</span>
						<input
							aria-label={`Value of label ${at + 1}`}
							placeholder="value"
							value={text}
							onChange={(event) => put(at, [key, event.target.value])}
							className={input}
						/>
						<IconButton label={`Remove label ${at + 1}`} onClick={() => change({ ...value, labels: labels.filter((_, index) => index !== at) })}>
							<X size={14} aria-hidden />
						</IconButton>
					</div>
				))}
				{problem && (
					<p id={`${id}-problem`} className="break-words text-failed">
						{problem}
					</p>
				)}
				<div>
					<Button look="bare" onClick={() => change({ ...value, labels: [...labels, ["", ""]] })}>
						<Plus size={14} aria-hidden />
						Add a label
					</Button>
				</div>
			</div>
		</section>
	);
}
