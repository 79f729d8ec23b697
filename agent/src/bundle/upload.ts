/** Sends sealed chunks: packed into as few bodies as the door takes, sealed while the one before is on its way. */
import type { Connection } from "../client/api.ts";
import { fetchWithin } from "../client/patience.ts";
import type { Bytes } from "../protocol/bytes.ts";
import { encodeFrame, FRAME_TYPE } from "../protocol/frame.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import { type Chunked, inParallel, sealedChunk } from "./chunks.ts";
import { UploadRefused } from "./problem.ts";

/** What a chunk takes in a body besides its bytes: its length, and its id in the header. */
const PER_CHUNK = 4 + 67;
/** A body is sent from here on: far below MAX_BODY, because the door waits for a body no longer than two minutes, and lines of 1 Mbit/s deploy too. */
const FULL = 8 * 1024 * 1024;
/** Until the answer to a body: longer than the door waits for it. Milliseconds. */
const ANSWER_MS = 150_000;

/** @returns bytes sent. */
export async function uploadChunks(connection: Connection, key: WorkspaceKey, chunked: Chunked, missing: readonly string[]): Promise<number> {
	let ids: string[] = [];
	let parts: Bytes[] = [];
	let waiting = 0;
	let sent = 0;
	let sending: Promise<void> = Promise.resolve();
	let room: Promise<void> = sending;
	const flush = (): void => {
		if (ids.length === 0) return;
		const body = encodeFrame({ ids }, parts);
		[ids, parts, waiting] = [[], [], 0];
		sent += body.length;
		// One body at a time on the wire, one waiting, one in the making: memory stays at three.
		room = sending;
		sending = room.then(() => send(connection, body));
		sending.catch(() => {});
	};
	await inParallel(missing, async (id) => {
		await room;
		const sealed = await sealedChunk(key, chunked, id);
		ids.push(id);
		parts.push(sealed);
		waiting += sealed.length + PER_CHUNK;
		if (waiting >= FULL) flush();
	});
	flush();
	await sending;
	return sent;
}

async function send(connection: Connection, body: Bytes): Promise<void> {
	const answer = await fetchWithin(connection.timeoutMs ?? ANSWER_MS, `${connection.url}/upload`, {
		method: "POST",
		headers: { authorization: `Bearer ${connection.apiKey}`, "content-type": FRAME_TYPE },
		body,
	});
	const text = await answer.text();
	if (answer.ok) return;
	let message = `the upload was answered with ${answer.status}`;
	try {
		message = (JSON.parse(text) as { message?: string }).message ?? message;
	} catch {
		// A proxy's own words; the status says it.
	}
	throw new UploadRefused(answer.status, message);
}
