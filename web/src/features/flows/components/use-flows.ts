"use client";
/** All flows, and their figures as far as they are looked at: to measure a thousand flows is to read a hundred thousand runs. */
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState } from "react";
import { trpc } from "../../../browser/api.ts";
import type { FlowSummary } from "./flow-order.ts";

/** Flows that are measured by one question. */
const CHUNK = 50;

const NONE: readonly FlowSummary[] = [];

const known = (answers: { data: { flows: FlowSummary[] } | undefined }[]): ReadonlyMap<string, FlowSummary> =>
	new Map(answers.flatMap(({ data }) => data?.flows ?? []).map((flow) => [flow.id, flow]));

export function useFlows() {
	const query = useQuery(trpc.flows.list.queryOptions({ measured: CHUNK }));
	const list = query.data?.flows;
	const [wanted, setWanted] = useState<ReadonlySet<number>>(new Set());
	const left = useMemo(() => (list ?? NONE).filter(({ measured }) => !measured).map(({ id }) => id), [list]);
	const chunks = Array.from({ length: Math.ceil(left.length / CHUNK) }, (_, at) => left.slice(at * CHUNK, (at + 1) * CHUNK));
	const told = useQueries({
		queries: chunks.map((ids, at) => ({ ...trpc.flows.list.queryOptions({ ids }, { placeholderData: keepPreviousData }), enabled: wanted.has(at) })),
		combine: known,
	});
	const flows = useMemo(() => list?.map((flow) => (flow.measured ? flow : (told.get(flow.id) ?? flow))), [list, told]);
	/** Asks for the figures of a flow, with those of its neighbours; without one, of all. */
	const measure = useCallback(
		(id?: string) => {
			const asked = id === undefined ? left.map((_, at) => at) : [left.indexOf(id)];
			const next = asked.filter((at) => at >= 0).map((at) => Math.floor(at / CHUNK));
			setWanted((before) => (next.every((at) => before.has(at)) ? before : new Set([...before, ...next])));
		},
		[left],
	);
	return { query, flows, measure };
}
