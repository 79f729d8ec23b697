/** Asking for a run: the version's own manifest says what its parameters are, and they are sealed for exactly this run of it. */
import { TRPCClientError } from "@trpc/client";
import { sealFrom } from "../protocol/answers.ts";
import { base64, fromBase64 } from "../protocol/bytes.ts";
import { uuidv7 } from "../protocol/ids.ts";
import type { Manifest, ParameterSchema } from "../protocol/manifest.ts";
import { openManifest, sealParameters } from "../protocol/open.ts";
import { ParameterError } from "../protocol/parameters.ts";
import type { RunPlace } from "../protocol/places.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import type { Api } from "./api.ts";

/** The version of a flow that was live when it was last asked for, and what its parameters are. */
export interface KnownVersion {
	number: number;
	parameters: ParameterSchema;
}

export interface RunOptions {
	/** The number of the version to run; without it, the live one. */
	version?: number;
	/** At most 20, in the clear. */
	labels?: Record<string, string>;
	/** The pool whose agents may take it; without it, the workspace's default. */
	pool?: string;
	/** An ended run of the flow from where it goes on: what that finished is not done again. */
	resumes?: {
		run: string;
		/** Key of the task from which on all is done again, such as `train#0`. */
		from?: string;
		/** A task whose code has changed since is done again (`rerun`, as without it), or taken as it was. */
		changed?: "rerun" | "keep";
	};
	/** Cached results are not used. */
	refresh?: boolean;
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

/**
 * @param read gives the parameters by the version's schema, or throws ParameterError.
 * @param known what was learnt of live versions, by flow, kept by the caller: a flow that it knows is triggered in one round trip in place of two.
 * The control plane says so where another version is live by now, and only then is asked again.
 */
export async function triggerSealed(
	api: Api,
	key: WorkspaceKey,
	flow: string,
	read: (schema: ParameterSchema) => Record<string, unknown>,
	options: RunOptions = {},
	known: Map<string, KnownVersion> = new Map(),
): Promise<Triggered> {
	const before = options.version === undefined ? known.get(flow) : undefined;
	if (before) {
		try {
			return await triggerVersion(api, key, flow, before, read, options, true);
		} catch (error) {
			// What does not fit the version that was live may fit the one that is.
			const past = error instanceof ParameterError || (error instanceof TRPCClientError && error.data?.reason === "not_live");
			if (!past) throw error;
		}
	}
	const { number, parameters } = await fetchManifest(api, key, flow, options.version);
	if (options.version === undefined) known.set(flow, { number, parameters });
	return triggerVersion(api, key, flow, { number, parameters }, read, options);
}

async function triggerVersion(
	api: Api,
	key: WorkspaceKey,
	flow: string,
	{ number, parameters: schema }: KnownVersion,
	read: (schema: ParameterSchema) => Record<string, unknown>,
	{ labels, pool, resumes, refresh }: RunOptions,
	live?: true,
): Promise<Triggered> {
	const parameters = read(schema);
	const place: RunPlace = { workspace: key.workspace, flow, number, run: uuidv7() };
	const sealed = Object.keys(parameters).length > 0 ? base64(await sealParameters(key, place, parameters)) : undefined;
	const from = resumes?.from === undefined ? undefined : base64(await sealFrom(key, place, { from: resumes.from }));
	return api.runs.trigger.mutate({
		id: place.run,
		flow,
		number,
		live,
		parameters: sealed,
		labels,
		pool,
		refresh,
		resumes: resumes && { ...resumes, from },
	});
}

/** Without the key nothing can be sealed or checked: the flow runs with its defaults. */
export function triggerBare(api: Api, flow: string, options: RunOptions = {}): Promise<Triggered> {
	return api.runs.trigger.mutate({
		id: uuidv7(),
		flow,
		number: options.version,
		labels: options.labels,
		pool: options.pool,
		refresh: options.refresh,
	});
}
