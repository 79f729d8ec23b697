"use client";
/** Asking for a run from the page, as the CLI does: sealed here, for exactly one run of exactly one version. */
import { base64, fromBase64 } from "tidegate/protocol/bytes.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { Manifest } from "tidegate/protocol/manifest.ts";
import type { RunPlace } from "tidegate/protocol/places.ts";
import type { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { api, errorCode, type Outputs, queryClient, trpc } from "../../../../browser/api.ts";
import { loadOpeners } from "../../../../browser/openers.ts";

export type Version = Outputs["versions"]["get"];

/** @param number none: the live one. What is fetched once for a number stays: versions never change. */
export async function fetchVersion(flow: string, number?: number): Promise<Version> {
	const options = trpc.versions.get.queryOptions({ flow, number }, { staleTime: number === undefined ? 0 : Number.POSITIVE_INFINITY });
	return queryClient.fetchQuery(options);
}

export async function openVersion(key: WorkspaceKey, flow: string, version: Version): Promise<Manifest> {
	const { openManifest } = await loadOpeners();
	return openManifest(key, { workspace: key.workspace, flow, number: version.number }, fromBase64(version.manifest), version.address);
}

/** What a run was given; null where it was given nothing, and ran with its defaults. */
export async function openGiven(key: WorkspaceKey, run: Outputs["runs"]["get"]["run"]): Promise<Record<string, unknown> | null> {
	if (!run.parameters) return null;
	const { openParameters } = await loadOpeners();
	return openParameters(key, { workspace: key.workspace, flow: run.flow, number: run.number, run: run.id }, fromBase64(run.parameters));
}

export interface Asked {
	/** Made once for what is asked, so that asking again after an answer was lost makes no second run. */
	id: string;
	flow: string;
	number?: number;
	/** The number is that of the live version: where another is live by now, nothing runs. */
	live?: true;
	labels: Record<string, string>;
	pool?: string;
	/** Goes on from where an ended run stands; `from`: the key of the task from which on all is done again. */
	resumes?: { run: string; from?: string; changed?: "keep" };
	/** Cached results are not used. */
	refresh?: true;
}

export const newRunId = (): string => uuidv7();

export async function send(asked: Asked, sealing?: { key: WorkspaceKey; number: number; values: Record<string, unknown> }) {
	let parameters: string | undefined;
	const { resumes, ...rest } = asked;
	if (sealing && Object.keys(sealing.values).length > 0) {
		const { key, number, values } = sealing;
		const place: RunPlace = { workspace: key.workspace, flow: asked.flow, number, run: asked.id };
		const { sealParameters } = await loadOpeners();
		parameters = base64(await sealParameters(key, place, values));
	}
	return api.runs.trigger.mutate({ ...rest, parameters, resumes: resumes && { ...resumes, from: await sealedFrom(asked, sealing) } });
}

/** A task's key is the customer's own word: it travels sealed for the new run. */
async function sealedFrom({ id, flow, resumes }: Asked, sealing: { key: WorkspaceKey; number: number } | undefined): Promise<string | undefined> {
	if (!resumes?.from || !sealing) return undefined;
	await loadOpeners();
	const { sealFrom } = await import("tidegate/protocol/answers.ts");
	const { key, number } = sealing;
	return base64(await sealFrom(key, { workspace: key.workspace, flow, number, run: id }, { from: resumes.from }));
}

/** Why a run was not taken, for people. */
export function whyNot(error: Error): { text: string; signIn?: boolean } {
	const code = errorCode(error);
	if (code === "UNAUTHORIZED") return { text: "You are signed out: the session has ended. What you typed stays here.", signIn: true };
	// What was refused says why itself; what is not of the API either never arrived or was too large to be sealed.
	if (code !== undefined || error instanceof RangeError) return { text: error.message };
	return { text: "The control plane did not answer. What you typed stays here: run it again, and it will run once." };
}

export const isRunId = (text: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
