"use client";
/** A flow's pins with what they stand for: the artifacts of that name of the newest run that has any. Names are sealed, so it is found here. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { fromBase64 } from "tidegate/protocol/bytes.ts";
import type { ArtifactContent } from "tidegate/protocol/content.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { type Outputs, trpc } from "../../../../browser/api.ts";
import { useOpenKey } from "../../../../browser/key.tsx";
import { openOnce } from "../../../../browser/opened.ts";

type Told = Outputs["flows"]["pins"];
export type Pin = Told["pins"][number];
export type Head = Pin["artifact"];

export interface KnownPin {
	pin: Pin;
	/** Undefined where it does not open; `why` then says what did not match. */
	content?: ArtifactContent;
	why?: string;
	/** The newest run's, in the order in which they were made: metrics told step by step are several. */
	heads: Head[];
}

async function openHead(key: WorkspaceKey, head: Head) {
	const { flow, number, id: run } = head.run;
	const place = { workspace: key.workspace, flow, number, run };
	// As the run's own page calls it: what was opened there is open here.
	return openOnce(key, `artifact ${head.id} ${head.execution}`, (openers) => openers.openArtifact(key, place, head.id, fromBase64(head.sealed)));
}

async function resolve(key: WorkspaceKey, { pins, candidates }: Told): Promise<KnownPin[]> {
	const known: KnownPin[] = await Promise.all(
		pins.map(async (pin) => {
			const content = await openHead(key, pin.artifact);
			return content.state === "open"
				? { pin, content: content.value, heads: [] }
				: { pin, why: content.state === "refused" ? content.why : "", heads: [] };
		}),
	);
	const open = () => known.filter(({ content, heads }) => content && heads.length === 0);
	for (const run of new Set(candidates.map((head) => head.run.id))) {
		if (open().length === 0) break;
		const heads = candidates.filter((head) => head.run.id === run);
		const names = await Promise.all(heads.map((head) => openHead(key, head)));
		for (const one of open()) {
			one.heads = heads
				.filter(({ kind }, at) => kind === one.pin.artifact.kind && names[at]?.state === "open" && names[at].value.name === one.content?.name)
				.reverse();
			// Of all but metrics one is shown: the newest.
			if (one.pin.artifact.kind !== "metrics") one.heads = one.heads.slice(-1);
		}
	}
	// No run among the last has it: as it was when it was pinned.
	for (const one of open()) one.heads = [one.pin.artifact];
	return known;
}

/** @returns undefined until they are known; without a key, as the server tells them */
export function usePins(flow: string) {
	const key = useOpenKey();
	const told = useQuery(trpc.flows.pins.queryOptions({ flow }, { placeholderData: keepPreviousData }));
	const pins = useQuery({
		queryKey: ["pins", flow, key?.kid, told.dataUpdatedAt],
		enabled: key !== undefined && told.data !== undefined,
		gcTime: 0,
		placeholderData: keepPreviousData,
		queryFn: () => (key && told.data ? resolve(key, told.data) : []),
	});
	return { told: told.data, pins: key ? pins.data : undefined, error: told.error ?? pins.error };
}
