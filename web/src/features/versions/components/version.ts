"use client";
/** A version with its manifest, opened here; and the content of its files, fetched chunk by chunk when they are shown. */
import { skipToken, useQuery } from "@tanstack/react-query";
import { type Bytes, concat, fromBase64 } from "tidegate/protocol/bytes.ts";
import type { Manifest, ManifestFile } from "tidegate/protocol/manifest.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { api, type Outputs, queryClient, trpc } from "../../../browser/api.ts";
import { useOpenKey } from "../../../browser/key.tsx";
import { type Opened, useOpened } from "../../../browser/opened.ts";
import { loadOpeners } from "../../../browser/openers.ts";
import { useSession } from "../../../browser/session.tsx";

export type Version = Outputs["versions"]["get"];

/** @param number none: nothing is asked for. */
export function useVersion(flow: string, number: number | undefined) {
	// Only which one is live changes, and that is asked for beside it.
	return useQuery(trpc.versions.get.queryOptions(number === undefined ? skipToken : { flow, number }, { staleTime: Number.POSITIVE_INFINITY }));
}

export function useManifest(flow: string, version: Version | undefined): Opened<Manifest> {
	const { workspace } = useSession();
	return useOpened(`manifest ${version?.id}`, version?.manifest, (openers, key, sealed) =>
		openers.openManifest(key, { workspace: workspace.id, flow, number: version?.number ?? 0 }, fromBase64(sealed), version?.address),
	);
}

/** Chunks that one question asks for: the server gives no more. */
const AT_ONCE = 4;

async function fetchChunks(key: WorkspaceKey, flow: string, number: number, ids: string[], signal?: AbortSignal): Promise<Bytes[]> {
	const { openChunk } = await loadOpeners();
	const parts: Bytes[] = [];
	for (let at = 0; at < ids.length; at += AT_ONCE) {
		const { chunks } = await api.versions.chunks.query({ flow, number, ids: ids.slice(at, at + AT_ONCE) }, { signal });
		for (const { id, sealed } of chunks) parts.push(await openChunk(key, id, fromBase64(sealed)));
	}
	return parts;
}

/** A whole file. What was fetched for one version is not fetched again for another that has the same content. */
export async function fetchFile(key: WorkspaceKey, flow: string, number: number, file: ManifestFile): Promise<Bytes> {
	const content = concat(...(await fetchChunks(key, flow, number, file.chunks)));
	if (content.length !== file.size) throw new Error(`it opens to ${content.length} bytes, its manifest says ${file.size}`);
	return content;
}

/** @param file none: nothing is fetched. */
export function useFile(flow: string, number: number, file: ManifestFile | undefined) {
	const key = useOpenKey();
	return useQuery({
		queryKey: ["file", key?.kid, file?.size, ...(file?.chunks ?? [])],
		enabled: key !== undefined && file !== undefined,
		staleTime: Number.POSITIVE_INFINITY,
		gcTime: 60_000,
		retry: false,
		queryFn: () => fetchFile(key as WorkspaceKey, flow, number, file as ManifestFile),
	});
}

export type Change = "added" | "changed" | "removed";

/** What each path became since `before`: by the names of its chunks alone, so that nothing is fetched for it. */
export function changesOf(before: readonly ManifestFile[], after: readonly ManifestFile[]): Map<string, Change> {
	const old = new Map(before.map((file) => [file.path, file]));
	const changes = new Map<string, Change>();
	for (const file of after) {
		const was = old.get(file.path);
		if (!was) changes.set(file.path, "added");
		else if (was.mode !== file.mode || was.chunks.join() !== file.chunks.join()) changes.set(file.path, "changed");
		old.delete(file.path);
	}
	for (const path of old.keys()) changes.set(path, "removed");
	return changes;
}

/** Which one is live now; asked again whenever it moves. */
export const flowChanged = (): void => {
	for (const filter of [trpc.flows.pathFilter(), trpc.versions.list.pathFilter()]) void queryClient.invalidateQueries(filter);
};
