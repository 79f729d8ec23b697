"use client";
import { useMemo } from "react";
import { Refused, SealedPanel } from "../../../../ui/lock.tsx";
import { useBodies } from "../artifacts/body.ts";
import { useGroups } from "../artifacts/groups.ts";
import { figure, merge, parse } from "../artifacts/series.ts";
import type { RunView } from "../view.ts";
import { delta, pairs } from "./compare.ts";
import { Sides, Two } from "./sides.tsx";

/** The last value of every metric of a run: `name of the artifact: metric`. */
function useMetrics(view: RunView) {
	const groups = useGroups(view).filter(({ members }) => members[0]?.kind === "metrics");
	const members = groups.flatMap((group) => group.members);
	const bodies = useBodies(view.run, members);
	const values = useMemo(() => {
		const found = new Map<string, number | null>();
		let at = 0;
		for (const group of groups) {
			const own = (bodies.data ?? []).slice(at, at + group.members.length);
			at += group.members.length;
			const told = merge(own.map(parse).filter((one) => one !== undefined));
			const name = group.content.state === "open" ? group.content.value.name : "metrics";
			for (const [metric, value] of told.values) found.set(`${name}: ${metric}`, value);
			for (const [metric, points] of told.series) found.set(`${name}: ${metric}, last`, points.at(-1)?.[1] ?? null);
		}
		return found;
	}, [groups, bodies.data]);
	return { sealed: groups.some(({ content }) => content.state === "sealed"), any: members.length > 0, error: bodies.error, values };
}

export function MetricsDiff({ before, after }: { before: RunView; after: RunView }) {
	const [old, now] = [useMetrics(before), useMetrics(after)];
	if (!old.any && !now.any) return <p className="text-quiet">Neither run has metrics.</p>;
	if (old.sealed || now.sealed) return <SealedPanel what="Metrics" />;
	const error = old.error ?? now.error;
	if (error) return <Refused why={error.message} />;
	return (
		<Sides more="Difference">
			{pairs(old.values, now.values).map(({ name, before: a, after: b }) => (
				<Two key={name} name={name} before={a === undefined ? "—" : figure(a)} after={b === undefined ? "—" : figure(b)} more={delta(a, b) ?? "—"} />
			))}
		</Sides>
	);
}
