/** POST /upload: sealed chunks of a deploy, in one frame. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_BODY } from "tidegate/protocol/limits.ts";
import { answerJson, readBody } from "../../server/bodies.ts";
import { httpContext } from "../../server/context.ts";
import { tenant } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { limit } from "../../server/rates.ts";
import { assertMay } from "../../server/roles.ts";
import { readUpload, storeChunks } from "./chunks.ts";

/** Bodies held at once: each takes up to MAX_BODY of memory twice. Others wait, unread. */
const AT_ONCE = 6;
let held = 0;
const waiting: (() => void)[] = [];

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
	if (held >= AT_ONCE) await new Promise<void>((resolve) => waiting.push(resolve));
	held += 1;
	try {
		return await work();
	} finally {
		held -= 1;
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
	const answer = await inTurn(async () => storeChunks(door, caller.workspace.id, readUpload(await readBody(req, MAX_BODY))));
	answerJson(res, 200, answer);
}
