/**
 * How secrets come to a process: in `secrets.json` of its run directory (0600), which the SDK reads and removes before it runs a line of the flow; never
 * on a command line or in the environment, which other processes and crash reports show. What has to be hidden of the run is kept beside it, sealed, so
 * that an agent that restarts hides the same.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { z } from "zod";
import { text, utf8 } from "../../protocol/bytes.ts";
import { type RunPlace, runPlace } from "../../protocol/places.ts";
import type { WorkspaceKey } from "../../protocol/seal.ts";
import type { RunFolder } from "../folder.ts";
import type { Settings } from "../settings.ts";
import type { Masker } from "./masker.ts";
import type { Secret, Vault } from "./vault.ts";

const GIVEN = "secrets.json";
/** These are no secrets: the file stays with the run. */
const VARIABLES = "variables.json";
const HIDDEN = "hidden.sealed";

const valuesOf = (secrets: Record<string, Secret>): string[] => [
	...new Set(Object.values(secrets).flatMap((secret) => ("value" in secret ? [secret.value] : []))),
];

/** @returns the values that are to be hidden. Throws where the disk is full. */
export async function handOver(folder: RunFolder, key: WorkspaceKey, place: RunPlace, secrets: Record<string, Secret>): Promise<string[]> {
	const values = valuesOf(secrets);
	if (Object.keys(secrets).length === 0) return [];
	folder.put(GIVEN, `${JSON.stringify(secrets)}\n`);
	const sealed = await key.seal("secret", place.run, runPlace(place), utf8(JSON.stringify(values)));
	folder.put(HIDDEN, Buffer.from(sealed).toString("base64"));
	return values;
}

/** Throws where the disk is full. */
export function handOverVariables(folder: RunFolder, { variable, connection }: Settings): void {
	if (Object.keys(variable).length + Object.keys(connection).length === 0) return;
	folder.put(VARIABLES, `${JSON.stringify({ variables: variable, connections: connection })}\n`);
}

/** What is to be hidden of a run that an earlier process of this agent began: what it was given; where nothing tells, what it would be given now. */
export async function hiddenBefore(folder: RunFolder, { key, vault }: { key: WorkspaceKey; vault: Vault }, place: RunPlace): Promise<Masker> {
	const given = await handedOver(folder, key, place);
	return vault.masker(given ?? (await vault.secretsOf(place.flow).then(valuesOf, () => [])));
}

async function handedOver(folder: RunFolder, key: WorkspaceKey, place: RunPlace): Promise<string[] | null> {
	if (!existsSync(folder.at(HIDDEN))) return null;
	try {
		const opened = await key.open("secret", place.run, runPlace(place), Buffer.from(readFileSync(folder.at(HIDDEN), "utf8"), "base64"));
		return z.array(z.string()).parse(JSON.parse(text(opened)));
	} catch {
		return null;
	}
}

/** Nothing more leaves: neither the values nor what an SDK never took is kept. */
export function forget(folder: RunFolder): void {
	for (const name of [GIVEN, HIDDEN]) rmSync(folder.at(name), { force: true });
}
