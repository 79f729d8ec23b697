"use client";
import { useQuery } from "@tanstack/react-query";
import { type Bytes, concat, fromBase64 } from "tidegate/protocol/bytes.ts";
import { api } from "../../../../browser/api.ts";
import { useOpenKey } from "../../../../browser/key.tsx";
import { loadOpeners } from "../../../../browser/opened.ts";
import { usePlace } from "../place.ts";
import type { Artifact, Run } from "../view.ts";

/** The body follows what announces it: how long to wait for the rest, in milliseconds, and how often. */
const WAIT = 500;
const WAITS = 60;

class Unfinished extends Error {}

/** An artifact's bytes, fetched piece by piece and opened here. */
export function useBody(run: Run, artifact: Artifact): { data: Bytes | undefined; error: Error | null } {
	const key = useOpenKey();
	const place = usePlace(run);
	return useQuery({
		queryKey: ["artifact", artifact.id, key?.kid],
		enabled: key !== undefined,
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
		retry: (count, error) => error instanceof Unfinished && count < WAITS,
		retryDelay: WAIT,
		queryFn: async ({ signal }) => {
			const { openArtifactPiece } = await loadOpeners();
			const parts: Bytes[] = [];
			let end = 0;
			for (let after: number | undefined; key; ) {
				const { pieces, next } = await api.runs.artifact.query({ id: run.id, artifact: artifact.id, after }, { signal });
				for (const piece of pieces) {
					if (piece.start !== end) throw new Error(`a piece is missing: it goes on at byte ${piece.start}, but only ${end} are there`);
					parts.push(await openArtifactPiece(key, place, artifact.execution, artifact.id, piece.start, fromBase64(piece.sealed)));
					end = piece.end;
				}
				if (next === null) break;
				after = next;
			}
			if (end < artifact.size) throw new Unfinished(`only ${end} of its ${artifact.size} bytes have arrived`);
			return concat(...parts);
		},
	});
}
