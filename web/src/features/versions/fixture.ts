/** For tests: a deploy, sealed for real, as the CLI makes one. */
import type { TRPCClient } from "@trpc/client";
import { utf8 } from "tidegate/protocol/bytes.ts";
import { encodeFrame } from "tidegate/protocol/frame.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { Manifest } from "tidegate/protocol/manifest.ts";
import { chunkName, manifestAddress, sealChunk, sealManifest } from "tidegate/protocol/open.ts";
import { newKey, WorkspaceKey } from "tidegate/protocol/seal.ts";
import type { AppRouter } from "../../router.ts";

export const newWorkspaceKey = (workspace: string): Promise<WorkspaceKey> => WorkspaceKey.open(newKey(), workspace);

export interface Files {
	manifest: Manifest;
	address: string;
	chunks: { id: string; sealed: Uint8Array }[];
}

/** @param source of flow.py; equal sources are equal versions. */
export async function makeFiles(key: WorkspaceKey, flow: string, number: number, source: string): Promise<Files> {
	const content = utf8(source);
	const id = await chunkName(key, content);
	const manifest: Manifest = {
		format: 1,
		workspace: key.workspace,
		flow,
		number,
		entry: `flow.py:${flow}`,
		doc: "",
		parameters: { type: "object", properties: {}, required: [], additionalProperties: false },
		tasks: [],
		requirements: "",
		python: "3.11",
		requiresPython: null,
		branch: null,
		message: null,
		files: [{ path: "flow.py", mode: 0o644, size: content.length, chunks: [id] }],
	};
	return { manifest, address: await manifestAddress(key, manifest), chunks: [{ id, sealed: await sealChunk(key, id, content) }] };
}

export async function upload(url: string, apiKey: string, chunks: { id: string; sealed: Uint8Array }[]): Promise<Response> {
	const body = encodeFrame(
		{ ids: chunks.map((chunk) => chunk.id) },
		chunks.map((chunk) => chunk.sealed),
	);
	return fetch(`${url}/upload`, { method: "POST", headers: { authorization: `Bearer ${apiKey}` }, body });
}

export async function versionOf(key: WorkspaceKey, files: Files) {
	const manifest = Buffer.from(await sealManifest(key, files.manifest)).toString("base64url");
	const { flow, number } = files.manifest;
	const size = files.manifest.files.reduce((sum, file) => sum + file.size, 0);
	return {
		id: uuidv7(),
		flow,
		number,
		address: files.address,
		kid: key.kid,
		manifest,
		chunks: files.chunks.map((chunk) => chunk.id),
		size,
		files: 1,
		commit: null,
	};
}

/** Asks, uploads what is missing, creates. @returns the version and what it was made of. */
export async function deploy(url: string, apiKey: string, api: TRPCClient<AppRouter>, key: WorkspaceKey, flow: string, source = `# ${flow}`) {
	const { address, chunks } = await makeFiles(key, flow, 1, source);
	const prepared = await api.versions.prepare.mutate({ flow, address, chunks: chunks.map((chunk) => chunk.id) });
	const files = await makeFiles(key, flow, prepared.number, source);
	const missing = files.chunks.filter((chunk) => prepared.missing.includes(chunk.id));
	if (missing.length) {
		const answer = await upload(url, apiKey, missing);
		if (!answer.ok) throw new Error(`upload: ${answer.status} ${await answer.text()}`);
	}
	return { ...(await api.versions.create.mutate(await versionOf(key, files))), files, prepared };
}
