/** Bodies of requests, read up to a limit and no further. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { Refused } from "./errors.ts";

/** @param limit bytes; @throws Refused too_large before more than that is held. */
export async function readBody(req: IncomingMessage, limit: number): Promise<Buffer> {
	const tooLarge = (): Refused => new Refused("too_large", `The request's body is larger than ${limit} bytes.`);
	if (Number(req.headers["content-length"] ?? 0) > limit) throw tooLarge();
	const parts: Buffer[] = [];
	let size = 0;
	for await (const part of req as AsyncIterable<Buffer>) {
		size += part.length;
		if (size > limit) throw tooLarge();
		parts.push(part);
	}
	return Buffer.concat(parts, size);
}

export function answerJson(res: ServerResponse, status: number, value: unknown): void {
	if (res.headersSent || res.destroyed) return;
	const body = JSON.stringify(value);
	// The rest of a body that nobody reads would be taken for the next request.
	if (!res.req.complete) res.setHeader("connection", "close");
	res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), "cache-control": "no-store" });
	res.end(body);
}
