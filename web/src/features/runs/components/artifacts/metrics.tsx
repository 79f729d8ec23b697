"use client";
import { useMemo } from "react";
import type { Bytes } from "tidegate/protocol/bytes.ts";
import { Refused } from "../../../../ui/lock.tsx";
import { Chart } from "./chart.tsx";
import { figure, merge, parse } from "./series.ts";

export default function Metrics({ bodies }: { bodies: Bytes[] }) {
	const known = useMemo(() => bodies.map(parse).filter((one) => one !== undefined), [bodies]);
	const { values, series } = useMemo(() => merge(known), [known]);
	if (known.length === 0) return <Refused why="these are no metrics" />;
	return (
		<div className="flex flex-col gap-5">
			{values.length > 0 && (
				<dl className="flex flex-wrap gap-x-8 gap-y-3">
					{values.map(([name, value]) => (
						<div key={name} className="min-w-24">
							<dt className="max-w-48 truncate text-quiet" title={name}>
								<bdi>{name}</bdi>
							</dt>
							<dd className="text-title tabular-nums">{figure(value)}</dd>
						</div>
					))}
				</dl>
			)}
			{series.length > 0 && (
				<div className="grid grid-cols-[repeat(auto-fit,minmax(min(480px,100%),1fr))] gap-6">
					{series.map(([name, points]) => (
						<Chart key={name} name={name} points={points} />
					))}
				</div>
			)}
		</div>
	);
}
