/** Asking for a run: the version's own manifest says what its parameters are, and they are sealed for exactly this run of it. */
import { base64, fromBase64 } from "../protocol/bytes.ts";
import { uuidv7 } from "../protocol/ids.ts";
import type { Manifest, ParameterSchema } from "../protocol/manifest.ts";
import { openManifest, sealParameters } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { Api } from "./api.ts";

export interface RunOptions {
	/** The number of the version to run; without it, the live one. */
	version?: number;
	/** At most 20, in the clear. */
	labels?: Record<string, string>;
	/** The pool whose agents may take it; without it, the workspace's default. */
	pool?: string;
}

export interface Triggered {
	id: string;
	flow: string;
	number: number;
	state: string;
}

/** The manifest of one version of a flow (the live one without `number`). Throws SealError where it is not what the workspace's people made. */
export async function fetchManifest(api: Api, key: WorkspaceKey, flow: string, number?: number): Promise<Manifest> {
	const version = await api.versions.get.query({ flow, number });
	// Asked for a number, another one is a swap, however well it is sealed.
	const place = { workspace: key.workspace, flow, number: number ?? version.number };
	return openManifest(key, place, fromBase64(version.manifest), version.address);
}

/** @param read gives the parameters by the version's schema, or throws ParameterError. */
export async function triggerSealed(
	api: Api,
	key: WorkspaceKey,
	flow: string,
	read: (schema: ParameterSchema) => Record<string, unknown>,
	options: RunOptions = {},
): Promise<Triggered> {
	const manifest = await fetchManifest(api, key, flow, options.version);
	const parameters = read(manifest.parameters);
	const place: RunPlace = { workspace: key.workspace, flow, number: manifest.number, run: uuidv7() };
	const sealed = Object.keys(parameters).length > 0 ? base64(await sealParameters(key, place, parameters)) : undefined;
	return api.runs.trigger.mutate({ id: place.run, flow, number: manifest.number, parameters: sealed, labels: options.labels, pool: options.pool });
}

/** Without the key nothing can be sealed or checked: the flow runs with its defaults. */
export function triggerBare(api: Api, flow: string, options: RunOptions = {}): Promise<Triggered> {
	return api.runs.trigger.mutate({ id: uuidv7(), flow, number: options.version, labels: options.labels, pool: options.pool });
}
