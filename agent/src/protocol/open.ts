/**
 * Sealing and opening of each content, in pairs, so that agent, CLI and browser agree on kind, id and place.
 * Every content is packed (pack.ts) first. What opens is validated: a SealError says which content did not match and in what.
 */
import type { z } from "zod";
import { type Bytes, hex, text, utf8 } from "./bytes.ts";
import { ArtifactContent, ErrorContent, FinishContent, ResultContent, TaskContent } from "./content.ts";
import { MAX_CHUNK, MAX_MANIFEST, MAX_PARAMETERS, MAX_SEGMENT } from "./limits.ts";
import { canonicalManifest, Manifest } from "./manifest.ts";
import { pack, unpack } from "./pack.ts";
import { artifactPlace, chunkPlace, endPlace, type RunPlace, runPlace, streamPlace, taskPlace, type VersionPlace, versionPlace } from "./places.ts";
import { SealError, type SealKind, type WorkspaceKey } from "./seal.ts";

/** Records of 64 KiB and pieces of one segment: nothing that is opened as JSON is larger, manifests and parameters aside. */
const MAX_CONTENT = 4 * 1024 * 1024;

async function seal(key: WorkspaceKey, kind: SealKind, id: string, place: string, content: Bytes): Promise<Bytes> {
	return key.seal(kind, id, place, await pack(content));
}

async function open(key: WorkspaceKey, kind: SealKind, id: string, place: string, sealed: Uint8Array, limit: number): Promise<Bytes> {
	const packed = await key.open(kind, id, place, sealed);
	return unpack(packed, limit).catch((error: Error) => {
		throw new SealError("format", `this ${kind} opens, but does not unpack: ${error.message}`);
	});
}

export const sealJson = (key: WorkspaceKey, kind: SealKind, id: string, place: string, value: unknown): Promise<Bytes> =>
	seal(key, kind, id, place, utf8(JSON.stringify(value)));

export async function openJson<T>(
	key: WorkspaceKey,
	kind: SealKind,
	id: string,
	place: string,
	sealed: Uint8Array,
	schema: z.ZodType<T>,
	limit = MAX_CONTENT,
): Promise<T> {
	const content = await open(key, kind, id, place, sealed, limit);
	let value: unknown;
	try {
		value = JSON.parse(text(content));
	} catch {
		throw new SealError("format", `this ${kind} opens, but is no JSON`);
	}
	const read = schema.safeParse(value);
	if (read.success) return read.data;
	const issue = read.error.issues[0];
	throw new SealError("format", `this ${kind} opens, but does not have the shape of one: ${issue?.path.join(".")}: ${issue?.message}`);
}

const versionId = (v: VersionPlace): string => `${v.flow}/${v.number}`;

export const sealManifest = (key: WorkspaceKey, manifest: Manifest): Promise<Bytes> =>
	sealJson(key, "manifest", versionId(manifest), versionPlace(manifest), manifest);

/** Opens the manifest of exactly `place`; `address`, where known, must be its own. */
export async function openManifest(key: WorkspaceKey, place: VersionPlace, sealed: Uint8Array, address?: string): Promise<Manifest> {
	const manifest = await openJson(key, "manifest", versionId(place), versionPlace(place), sealed, Manifest, MAX_MANIFEST);
	for (const part of ["workspace", "flow", "number"] as const) {
		if (manifest[part] !== place[part]) throw new SealError("altered", `the manifest is of ${part} ${manifest[part]}, not of ${part} ${place[part]}`);
	}
	if (address !== undefined) {
		const own = await manifestAddress(key, manifest);
		if (own !== address)
			throw new SealError("altered", `the manifest of ${versionPlace(place)} has address ${own}, but the control plane said ${address}`);
	}
	return manifest;
}

/** The content address of a version, hex: the same for the same content under the same key, whatever its number. */
export const manifestAddress = async (key: WorkspaceKey, manifest: Manifest): Promise<string> =>
	hex(await key.name("address", `${manifest.workspace}/${manifest.flow}`, utf8(canonicalManifest(manifest))));

/** The first build's resolved package list. */
export const sealLock = (key: WorkspaceKey, place: VersionPlace, lock: string): Promise<Bytes> =>
	seal(key, "lock", versionId(place), versionPlace(place), utf8(lock));
export const openLock = async (key: WorkspaceKey, place: VersionPlace, sealed: Uint8Array): Promise<string> =>
	text(await open(key, "lock", versionId(place), versionPlace(place), sealed, MAX_CONTENT));

export const chunkName = async (key: WorkspaceKey, content: Bytes): Promise<string> => hex(await key.name("chunk-name", key.workspace, content));
export const sealChunk = (key: WorkspaceKey, id: string, content: Bytes): Promise<Bytes> =>
	seal(key, "chunk", id, chunkPlace(key.workspace, id), content);
export async function openChunk(key: WorkspaceKey, id: string, sealed: Uint8Array): Promise<Bytes> {
	const content = await open(key, "chunk", id, chunkPlace(key.workspace, id), sealed, MAX_CHUNK);
	if ((await chunkName(key, content)) !== id) throw new SealError("altered", `chunk ${id} opens to a content of another name`);
	return content;
}

/** Parameters as `{name: JSON value}`, only those given. Throws RangeError above MAX_PARAMETERS. */
export async function sealParameters(key: WorkspaceKey, place: RunPlace, parameters: Record<string, unknown>): Promise<Bytes> {
	const content = utf8(JSON.stringify(parameters));
	if (content.length > MAX_PARAMETERS)
		throw new RangeError(`the parameters take ${content.length} bytes, at most ${MAX_PARAMETERS} are taken: pass a reference to where the data lies`);
	return seal(key, "parameters", place.run, runPlace(place), content);
}
export async function openParameters(key: WorkspaceKey, place: RunPlace, sealed: Uint8Array): Promise<Record<string, unknown>> {
	const value: unknown = JSON.parse(text(await open(key, "parameters", place.run, runPlace(place), sealed, MAX_PARAMETERS)));
	if (value && typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
	throw new SealError("format", "the parameters open, but are no JSON object");
}

/** The opaque id under which the control plane knows a task: 16 bytes, hex. */
export const taskId = async (key: WorkspaceKey, run: string, taskKey: string): Promise<string> =>
	hex((await key.name("task-id", run, utf8(taskKey))).subarray(0, 16));

export const sealTask = (key: WorkspaceKey, place: RunPlace, task: string, content: TaskContent): Promise<Bytes> =>
	sealJson(key, "task", place.run, taskPlace(place, task), content);
export const openTask = (key: WorkspaceKey, place: RunPlace, task: string, sealed: Uint8Array): Promise<TaskContent> =>
	openJson(key, "task", place.run, taskPlace(place, task), sealed, TaskContent);

export const sealArtifact = (key: WorkspaceKey, place: RunPlace, artifact: string, content: ArtifactContent): Promise<Bytes> =>
	sealJson(key, "artifact", place.run, artifactPlace(place, artifact), content);
export const openArtifact = (key: WorkspaceKey, place: RunPlace, artifact: string, sealed: Uint8Array): Promise<ArtifactContent> =>
	openJson(key, "artifact", place.run, artifactPlace(place, artifact), sealed, ArtifactContent);

const bodyPlace = (place: RunPlace, execution: number, artifact: string, start: number): string =>
	streamPlace(place, execution, `artifact.${artifact}`, start);
/** One piece of an artifact's body, from byte `start`, at most MAX_SEGMENT bytes. */
export const sealArtifactPiece = (
	key: WorkspaceKey,
	place: RunPlace,
	execution: number,
	artifact: string,
	start: number,
	piece: Bytes,
): Promise<Bytes> => seal(key, "artifact-body", place.run, bodyPlace(place, execution, artifact, start), piece);
export const openArtifactPiece = (
	key: WorkspaceKey,
	place: RunPlace,
	execution: number,
	artifact: string,
	start: number,
	sealed: Uint8Array,
): Promise<Bytes> => open(key, "artifact-body", place.run, bodyPlace(place, execution, artifact, start), sealed, 4 * MAX_SEGMENT);

/** One stretch of `log.*` (LogRecords, one a line), `out` or `err` (raw bytes), from byte `start`. */
export const sealSegment = (key: WorkspaceKey, place: RunPlace, execution: number, stream: string, start: number, content: Bytes): Promise<Bytes> =>
	seal(key, "log", place.run, streamPlace(place, execution, stream, start), content);
export const openSegment = (
	key: WorkspaceKey,
	place: RunPlace,
	execution: number,
	stream: string,
	start: number,
	sealed: Uint8Array,
): Promise<Bytes> => open(key, "log", place.run, streamPlace(place, execution, stream, start), sealed, 4 * MAX_SEGMENT);

export const sealResult = (key: WorkspaceKey, place: RunPlace, execution: number, content: ResultContent): Promise<Bytes> =>
	sealJson(key, "result", place.run, endPlace(place, execution), content);
export const openResult = (key: WorkspaceKey, place: RunPlace, execution: number, sealed: Uint8Array): Promise<ResultContent> =>
	openJson(key, "result", place.run, endPlace(place, execution), sealed, ResultContent);

export const sealError = (key: WorkspaceKey, place: RunPlace, execution: number, content: ErrorContent): Promise<Bytes> =>
	sealJson(key, "error", place.run, endPlace(place, execution), content);
export const openError = (key: WorkspaceKey, place: RunPlace, execution: number, sealed: Uint8Array): Promise<ErrorContent> =>
	openJson(key, "error", place.run, endPlace(place, execution), sealed, ErrorContent);

export const sealFinish = (key: WorkspaceKey, place: RunPlace, execution: number, content: FinishContent): Promise<Bytes> =>
	sealJson(key, "finish", place.run, endPlace(place, execution), content);
export const openFinish = (key: WorkspaceKey, place: RunPlace, execution: number, sealed: Uint8Array): Promise<FinishContent> =>
	openJson(key, "finish", place.run, endPlace(place, execution), sealed, FinishContent);
