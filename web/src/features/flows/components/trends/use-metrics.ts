"use client";
/** The metrics of a flow's last runs, fetched page by page and opened here. What was opened of a run that has ended is kept for as long as the key is. */
import { useEffect, useState } from "react";
import { concat, fromBase64 } from "tidegate/protocol/bytes.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { hasEnded } from "tidegate/protocol/states.ts";
import { api, type Outputs } from "../../../../browser/api.ts";
import { useOpenKey } from "../../../../browser/key.tsx";
import { loadOpeners, type Openers } from "../../../../browser/openers.ts";
import { parse } from "../../../runs/components/artifacts/series.ts";
import { latest, type RunValues } from "./collect.ts";

type RunMetrics = Outputs["flows"]["metrics"]["runs"][number];

/** Runs that are opened before the page is drawn anew. */
const AT_ONCE = 5;

const kept = new WeakMap<WorkspaceKey, Map<string, RunValues>>();

function keptOf(key: WorkspaceKey): Map<string, RunValues> {
	const runs = kept.get(key) ?? new Map<string, RunValues>();
	kept.set(key, runs);
	return runs;
}

async function openRun(openers: Openers, key: WorkspaceKey, flow: string, { run, number, artifacts }: RunMetrics): Promise<RunValues> {
	const place = { workspace: key.workspace, flow, number, run };
	const opened = await Promise.all(
		artifacts.map(async ({ id, execution, size, sealed, pieces }) => {
			try {
				if (!pieces) return undefined;
				const { name } = await openers.openArtifact(key, place, id, fromBase64(sealed));
				const parts = await Promise.all(
					pieces.map((piece) => openers.openArtifactPiece(key, place, execution, id, piece.start, fromBase64(piece.sealed))),
				);
				const body = concat(...parts);
				const told = body.length === size ? parse(body) : undefined;
				return told && ([name, told] as const);
			} catch {
				// One that was altered must not hide the others; how many did not open is told.
				return undefined;
			}
		}),
	);
	const told = opened.filter((one) => one !== undefined);
	return { values: latest(told), left: opened.length - told.length };
}

export interface Metrics {
	/** By run. */
	runs: ReadonlyMap<string, RunValues>;
	done: number;
	/** Runs that are still being opened are among the last so many. */
	going: boolean;
	error: Error | undefined;
}

/** @param ids the flow's last runs, newest first: asked for again when they change. @param news changes when one of them does */
export function useMetrics(flow: string, ids: readonly string[], news: string): Metrics {
	const key = useOpenKey();
	const [state, setState] = useState<Metrics>({ runs: new Map(), done: 0, going: true, error: undefined });
	const all = ids.join();
	// biome-ignore lint/correctness/useExhaustiveDependencies: news says that a run among them changed
	useEffect(() => {
		if (!key) return;
		const stopping = new AbortController();
		const wanted = all.split(",").filter(Boolean);
		const ended = keptOf(key);
		const found = new Map<string, RunValues>();
		const tell = (going: boolean, error?: Error) => {
			if (stopping.signal.aborted) return;
			const runs = new Map(
				wanted.flatMap((id) => {
					const one = found.get(id) ?? ended.get(id);
					return one ? [[id, one]] : [];
				}),
			);
			setState({ runs, done: runs.size, going, error });
		};
		const work = async () => {
			const openers = await loadOpeners();
			const missing = () => wanted.findIndex((id) => !found.has(id) && !ended.has(id));
			// Each page begins behind the run before the first that is not known.
			for (let at = missing(); at >= 0; at = missing()) {
				tell(true);
				const page = await api.flows.metrics.query({ flow, before: wanted[at - 1] }, { signal: stopping.signal });
				const fresh = page.runs.filter(({ run }) => !found.has(run) && !ended.has(run));
				// A run that left the list meanwhile never comes: the rest of the work is the next list's.
				if (!fresh.some(({ run }) => run === wanted[at])) break;
				for (let from = 0; from < fresh.length; from += AT_ONCE) {
					const some = fresh.slice(from, from + AT_ONCE);
					const opened = await Promise.all(some.map((run) => openRun(openers, key, flow, run)));
					for (const [i, run] of some.entries()) (hasEnded(run.state) ? ended : found).set(run.run, opened[i] as RunValues);
					tell(true);
				}
			}
			tell(false);
		};
		work().catch((error: Error) => tell(false, error));
		return () => stopping.abort();
	}, [key, flow, all, news]);
	return state;
}
