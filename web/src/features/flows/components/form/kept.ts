"use client";
/**
 * What stands in a form, kept over a reload and a sign-in that ran out: in this tab alone, and only sealed, as parameters always are.
 * Without the workspace key there is nothing to read in it.
 */
import { base64, fromBase64 } from "tidegate/protocol/bytes.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { loadOpeners } from "../../../../browser/openers.ts";
import type { Given } from "./draft.ts";

export interface Kept {
	/** Of the version that it was typed for. */
	number: number;
	given: Given;
	labels: [string, string][];
	pool: string;
	/** The run whose parameters it began with. */
	from: string | null;
}

const nameOf = (key: WorkspaceKey, flow: string): string => `tidegate.form ${key.workspace} ${flow}`;

/** Saves that are under way: the last one wins, whatever order they end in. */
let last = 0;

export async function keep(key: WorkspaceKey, flow: string, kept: Kept): Promise<void> {
	last += 1;
	const mine = last;
	const { sealParameters } = await loadOpeners();
	const place: RunPlace = { workspace: key.workspace, flow, number: kept.number, run: uuidv7() };
	try {
		const sealed = await sealParameters(key, place, { ...kept });
		if (mine === last) sessionStorage.setItem(nameOf(key, flow), `${kept.number} ${place.run} ${base64(sealed)}`);
	} catch {
		// Too large, or no room: it stays in the page's memory, and is checked when it is sent.
	}
}

export async function recall(key: WorkspaceKey, flow: string): Promise<Kept | undefined> {
	const [number, run, sealed] = sessionStorage.getItem(nameOf(key, flow))?.split(" ") ?? [];
	if (!number || !run || !sealed) return undefined;
	const { openParameters } = await loadOpeners();
	const place: RunPlace = { workspace: key.workspace, flow, number: Number(number), run };
	try {
		return (await openParameters(key, place, fromBase64(sealed))) as unknown as Kept;
	} catch {
		// Of another key, or changed by somebody: nothing to go on with.
		return undefined;
	}
}

export function drop(key: WorkspaceKey, flow: string): void {
	last += 1;
	sessionStorage.removeItem(nameOf(key, flow));
}
