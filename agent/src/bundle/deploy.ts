/** From a folder to new versions: scan and describe, name chunks, ask what is missing, send that, seal the manifest, create the version. */
import { TRPCClientError } from "@trpc/client";
import type { Api, Connection } from "../client/api.ts";
import { base64 } from "../protocol/bytes.ts";
import { uuidv7 } from "../protocol/ids.ts";
import type { Manifest } from "../protocol/manifest.ts";
import { manifestAddress, sealManifest } from "../protocol/open.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import { ChunkCache } from "./cache.ts";
import { chunkFiles } from "./chunks.ts";
import { isScript } from "./node.ts";
import { Origins } from "./origins.ts";
import { readProject } from "./project.ts";
import { PLAN } from "./steps/compile.ts";
import { uploadChunks } from "./upload.ts";

/** How often a number that another deploy took in the meantime is replaced by the next. */
const ATTEMPTS = 10;

export interface Deployed {
	flow: string;
	id: string;
	number: number;
	/** The live version already is exactly this: nothing was sent. */
	unchanged: boolean;
	/** Those that people wrote, and their bytes. */
	files: number;
	size: number;
	/** Sealed bytes that were sent; with several flows, counted at the first. */
	uploaded: number;
	/** The file of another project on this machine, from which the flow of this name was deployed last. */
	replaces?: string;
}

export interface DeployOptions {
	path: string;
	/** The CLI's home: caches. */
	home: string;
	connection: Connection;
	api: Api;
	key: Promise<WorkspaceKey>;
	/** Told as it goes, for people. */
	onStage?: (stage: string) => void;
	/** Told what may be wrong, and stops nothing. */
	onNote?: (note: string) => void;
}

/** @returns one entry per flow of the project. Throws ProjectProblem, UploadRefused, TRPCClientError. */
export async function deploy(options: DeployOptions): Promise<Deployed[]> {
	const { api, connection, home } = options;
	options.onStage?.("reading the project");
	// A missing key is said before anybody waits for a scan.
	const [key, project] = await Promise.all([options.key, readProject(options.path, home)]);
	const cache = new ChunkCache(home, key.workspace, key.kid, project.root);
	const chunked = await chunkFiles(key, project.files, cache);
	cache.save();
	const { flows, python, node, commit, notes } = await project.described;
	for (const note of notes) options.onNote?.(note);
	const written = project.files.filter((file) => file.path !== PLAN);
	const bytes = (files: typeof written): number => files.reduce((sum, file) => sum + file.size, 0);

	const plans = await Promise.all(
		flows.map(async (flow) => {
			const content: Manifest = {
				format: 1,
				workspace: key.workspace,
				flow: flow.name,
				number: 1,
				entry: flow.entry,
				doc: flow.doc,
				parameters: flow.parameters,
				tasks: flow.tasks,
				...(isScript(flow.entry)
					? { requirements: "", python: null, requiresPython: null, node }
					: { requirements: project.requirements, python, requiresPython: project.requiresPython }),
				options: flow.options,
				branch: commit.branch,
				message: commit.message,
				files: chunked.files,
			};
			const address = await manifestAddress(key, content);
			const prepared = await api.versions.prepare.mutate({ flow: flow.name, address, chunks: chunked.ids });
			return { content, address, prepared };
		}),
	);

	const missing = [...new Set(plans.flatMap(({ prepared }) => (prepared.unchanged ? [] : prepared.missing)))];
	if (missing.length > 0) options.onStage?.(`sending ${missing.length} of ${chunked.ids.length} chunks`);
	let uploaded = missing.length > 0 ? await uploadChunks(connection, key, chunked, missing) : 0;

	const done: Deployed[] = [];
	const origins = new Origins(home, key.workspace);
	for (const { content, address, prepared } of plans) {
		const common = { flow: content.flow, files: written.length, size: bytes(written) };
		const note = (): string | undefined => origins.note(content.flow, project.root, content.entry);
		if (prepared.unchanged) {
			note();
			done.push({ ...common, id: prepared.unchanged.id, number: prepared.unchanged.number, unchanged: true, uploaded: 0 });
			continue;
		}
		const created = await create(
			api,
			key,
			{ ...content, number: prepared.number },
			{ address, chunks: chunked.ids, size: bytes(project.files), commit: commit.commit },
		);
		// Not before: what failed has taken nobody's place.
		const replaces = note();
		done.push({ ...common, ...created, unchanged: false, uploaded, ...(replaces && created.number > 1 ? { replaces } : {}) });
		uploaded = 0;
	}
	return done;
}

/** Seals the manifest under the number it will have; where another deploy took that meanwhile, under the next. */
async function create(
	api: Api,
	key: WorkspaceKey,
	manifest: Manifest,
	clear: { address: string; chunks: string[]; size: number; commit: string | null },
): Promise<{ id: string; number: number }> {
	let { number } = manifest;
	for (let attempt = 1; ; attempt++) {
		const sealed = base64(await sealManifest(key, { ...manifest, number }));
		const version = {
			...clear,
			id: uuidv7(),
			flow: manifest.flow,
			number,
			kid: key.kid,
			manifest: sealed,
			files: manifest.files.filter((file) => file.path !== PLAN).length,
		};
		// What the control plane does by itself, it must know in clear.
		const { queueTimeout, hooks } = manifest.options ?? {};
		try {
			const created = await api.versions.create.mutate({ ...version, queueTimeout, hooks });
			return { id: created.id, number: created.number };
		} catch (error) {
			const taken = error instanceof TRPCClientError && error.data?.reason === "number_taken";
			if (!taken || attempt === ATTEMPTS) throw error;
			number = (await api.versions.prepare.mutate({ flow: manifest.flow, address: clear.address, chunks: [] })).number;
		}
	}
}
