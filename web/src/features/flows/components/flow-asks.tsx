"use client";
import type { FlowOptions } from "tidegate/protocol/manifest.ts";
import { duration, plural, size } from "../../../ui/format.ts";

const seconds = (n: number): string => duration(n * 1_000);
const retries = (n: number, delay: number | null): string =>
	`${n}${delay === null ? "" : delay === 0 ? ", at once" : `, ${seconds(delay)} after the one before`}`;

/** What a flow asks for its runs, in words; nothing of what it did not say. */
export function asksOf(options: FlowOptions): [name: string, value: string][] {
	const { memory, cpu, gpus, timeout, queueTimeout, hooks } = options;
	const told: [string, string | false][] = [
		["Memory", memory !== null && size(memory)],
		["CPU", cpu !== null && (cpu === 1 ? "1 core" : `${cpu} cores`)],
		["GPUs", gpus !== null && String(gpus)],
		["Timeout", timeout !== null && `${seconds(timeout)} an attempt`],
		["In the queue", queueTimeout !== null && `at most ${seconds(queueTimeout)}`],
		["Retries", options.retries > 0 && retries(options.retries, options.retryDelay)],
		["Hooks", hooks.length > 0 && `${plural(hooks.length, "hook")}: on ${hooks.join(", on ")}`],
	];
	return told.filter((one): one is [string, string] => one[1] !== false);
}

export function FlowAsks({ options }: { options: FlowOptions | undefined }) {
	const told = options ? asksOf(options) : [];
	return (
		<section aria-labelledby="asks" className="flex min-w-0 flex-col gap-2">
			<h2 id="asks" className="font-medium">
				What its runs ask for
			</h2>
			{told.length === 0 ? (
				<p className="text-quiet">Nothing: no memory, no GPU, no timeout, no retries. The flow's decorator says it.</p>
			) : (
				<dl className="grid max-w-xl grid-cols-[minmax(0,auto)_minmax(0,1fr)] gap-x-6 border-line border-t">
					{told.map(([name, value]) => (
						<div key={name} className="col-span-2 grid min-h-9 grid-cols-subgrid items-center border-line border-b px-3">
							<dt className="text-quiet">{name}</dt>
							<dd className="tabular-nums">{value}</dd>
						</div>
					))}
				</dl>
			)}
		</section>
	);
}
