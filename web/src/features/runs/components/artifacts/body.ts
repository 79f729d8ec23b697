"use client";
/** Artifacts' bytes, fetched piece by piece and opened here. */
import { useQuery } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { type Bytes, concat, fromBase64 } from "tidegate/protocol/bytes.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { api, queryClient } from "../../../../browser/api.ts";
import { useOpenKey } from "../../../../browser/key.tsx";
import { loadOpeners } from "../../../../browser/openers.ts";
import { usePlace } from "../place.ts";
import type { Artifact, Run } from "../view.ts";

/** The body follows what announces it: how long to wait for the rest, in milliseconds, and how often. */
const WAIT = 500;
const WAITS = 60;

class Unfinished extends Error {}

/** Bytes that have arrived of each artifact that is being fetched. */
const arrived = new Map<string, number>();
const listeners = new Set<() => void>();

function arrive(artifact: string, bytes: number | undefined): void {
	if (bytes === undefined) arrived.delete(artifact);
	else arrived.set(artifact, bytes);
	for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}

/** How many bytes of these have arrived, while they do. */
export const useArrived = (artifacts: Artifact[]): number =>
	useSyncExternalStore(
		subscribe,
		() => artifacts.reduce((sum, { id }) => sum + (arrived.get(id) ?? 0), 0),
		() => 0,
	);

async function fetchBody(key: WorkspaceKey, place: RunPlace, artifact: Artifact, signal: AbortSignal): Promise<Bytes> {
	const { openArtifactPiece } = await loadOpeners();
	const parts: Bytes[] = [];
	let end = 0;
	for (let after: number | undefined; ; ) {
		const { pieces, next } = await api.runs.artifact.query({ id: place.run, artifact: artifact.id, after }, { signal });
		for (const piece of pieces) {
			signal.throwIfAborted();
			if (piece.start !== end) throw new Error(`a piece is missing: it goes on at byte ${piece.start}, but only ${end} are there`);
			parts.push(await openArtifactPiece(key, place, artifact.execution, artifact.id, piece.start, fromBase64(piece.sealed)));
			end = piece.end;
		}
		arrive(artifact.id, end);
		if (next === null) break;
		after = next;
	}
	if (end < artifact.size) throw new Unfinished(`only ${end} of its ${artifact.size} bytes have arrived`);
	return concat(...parts);
}

const options = (key: WorkspaceKey, place: RunPlace, artifact: Artifact) => ({
	queryKey: ["artifact", artifact.id, artifact.execution, key.kid],
	staleTime: Number.POSITIVE_INFINITY,
	gcTime: 60_000,
	retry: (count: number, error: Error) => error instanceof Unfinished && count < WAITS,
	retryDelay: WAIT,
	queryFn: ({ signal }: { signal: AbortSignal }) => fetchBody(key, place, artifact, signal).finally(() => arrive(artifact.id, undefined)),
});

/** The bytes of each of `artifacts`, in order, once all are there. Whoever no longer wants them ends their fetching. */
export function useBodies(run: Pick<Run, "id" | "flow" | "number">, artifacts: Artifact[]): { data: Bytes[] | undefined; error: Error | null } {
	const key = useOpenKey();
	const place = usePlace(run);
	return useQuery({
		queryKey: ["artifacts", key?.kid, ...artifacts.map(({ id, execution }) => `${id} ${execution}`)],
		enabled: key !== undefined,
		gcTime: 0,
		retry: false,
		// Each keeps its own bytes: with one more of a series, only that one is fetched.
		queryFn: ({ signal }) => {
			const wanted = key ? artifacts.map((artifact) => options(key, place, artifact)) : [];
			signal.addEventListener("abort", () => {
				for (const { queryKey } of wanted) void queryClient.cancelQueries({ queryKey });
			});
			return Promise.all(wanted.map((one) => queryClient.fetchQuery(one)));
		},
		placeholderData: (before) => before,
	});
}
