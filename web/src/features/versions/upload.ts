/** POST /upload: sealed chunks of a deploy, in one frame. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_BODY } from "tidegate/protocol/limits.ts";
import { answerJson, readBody } from "../../server/bodies.ts";
import { httpContext } from "../../server/context.ts";
import { tenant } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { limit } from "../../server/rates.ts";
import { assertMay } from "../../server/roles.ts";
import { Room } from "../../server/room.ts";
import { readUpload, storeChunks } from "./chunks.ts";

/** Bytes of bodies that are being read or stored, of all organizations and of one. */
const ROOM = 256 * 1024 * 1024;
const SHARE = 64 * 1024 * 1024;
const room = new Room(ROOM, SHARE);

/** Whole bodies that are stored at once: each is in memory a second time then, on its way to the database. None waits here for its sender. */
const AT_ONCE = 6;
let storing = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	if (storing >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
	storing += 1;
	try {
		return await work();
	} finally {
		storing -= 1;
		waiting.shift()?.();
	}
}

/** @throws Refused; nothing of the body is stored then. */
export async function handleUpload(req: IncomingMessage, res: ServerResponse): Promise<void> {
	if (req.method !== "POST") throw new Refused("bad_request", "Chunks are sent by POST.");
	const caller = await httpContext(req).caller();
	assertMay(caller.standing, "deploy");
	limit("upload", caller.id);
	const door = tenant({ workspaceId: caller.workspace.id, organizationId: caller.organization.id });
	const answer = await room.enter(caller.organization.id, async (place) => {
		const body = await readBody(req, MAX_BODY, { place });
		return inTurn(() => storeChunks(door, caller.workspace.id, readUpload(body)));
	});
	answerJson(res, 200, answer);
}
