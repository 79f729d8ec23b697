"use client";
/** All that a form begins with: the version and its manifest, the run that it repeats, and what was typed before a reload. */
import { useQuery } from "@tanstack/react-query";
import type { Manifest } from "tidegate/protocol/manifest.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { api } from "../../../../browser/api.ts";
import { useOpenKey } from "../../../../browser/key.tsx";
import { RELAUNCH_OF } from "../../../runs/components/relaunch-of.ts";
import { type Kept, recall } from "./kept.ts";
import { fetchVersion, isRunId, openGiven, openVersion } from "./send.ts";

export interface Begun {
	run: string;
	/** Of the version that it ran. */
	number: number;
	values: Record<string, unknown>;
	labels: [string, string][];
	pool: string;
}

export interface Prepared {
	manifest: Manifest;
	begun: Begun | undefined;
	/** Why it does not begin with the run that was asked for. */
	trouble: string | undefined;
	kept: Kept | undefined;
}

async function begin(key: WorkspaceKey, flow: string, id: string): Promise<Begun> {
	if (!isRunId(id)) throw new Error(`“${id.slice(0, 40)}” is no run.`);
	const { run } = await api.runs.get.query({ id });
	if (run.flow !== flow) throw new Error(`The run is one of ${run.flow}, not of ${flow}.`);
	const labels = Object.entries(run.labels).filter(([name]) => name !== RELAUNCH_OF);
	return { run: id, number: run.number, values: (await openGiven(key, run)) ?? {}, labels, pool: run.pool };
}

async function prepare(key: WorkspaceKey, flow: string, number: number, from: string | null): Promise<Prepared> {
	let trouble: string | undefined;
	const [manifest, begun, kept] = await Promise.all([
		fetchVersion(flow, number).then((version) => openVersion(key, flow, version)),
		from
			? begin(key, flow, from).catch((error: Error) => {
					trouble = error.message;
					return undefined;
				})
			: undefined,
		recall(key, flow),
	]);
	return { manifest, begun, trouble, kept };
}

/** The one of before stays until that of another version or run is there: what is typed meanwhile is carried over. */
export function usePrepared(flow: string, number: number | undefined, from: string | null) {
	const key = useOpenKey();
	return useQuery({
		queryKey: ["run form", flow, number, from, key?.kid],
		enabled: key !== undefined && number !== undefined,
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 0,
		retry: false,
		placeholderData: (before: Prepared | undefined) => before,
		queryFn: () => prepare(key as WorkspaceKey, flow, number as number, from),
	});
}
