/** The agents' door: POST /gateway/NAME, frames in and out, refusals as JSON. Who asks is proven before a body of any size is read. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { decodeFrame, encodeFrame, FRAME_TYPE, type Frame, FrameError } from "tidegate/protocol/frame.ts";
import { MAX_BODY } from "tidegate/protocol/limits.ts";
import { PROTOCOL_HEADER, PROTOCOL_VERSION } from "tidegate/protocol/wire.ts";
import { answerJson, readBody } from "../server/bodies.ts";
import { publicError, Refused, toRefusal } from "../server/errors.ts";
import { address } from "../server/origin.ts";
import { limit } from "../server/rates.ts";
import { readAccess } from "./access.ts";
import { type Answer, type Route, routes } from "./routes.ts";

/** Of a body whose sender is not known yet: names, keys, a signature. */
const MAX_OPEN_BODY = 64 * 1024;
/** Headers of frames besides their parts. */
const BODY_LIMIT = MAX_BODY + 1024 * 1024;

function assertProtocol(req: IncomingMessage): void {
	const spoken = Number(req.headers[PROTOCOL_HEADER]);
	if (spoken === PROTOCOL_VERSION) return;
	const what = Number.isInteger(spoken) ? `protocol ${spoken}` : `no protocol that it names in ${PROTOCOL_HEADER}`;
	const advice = spoken > PROTOCOL_VERSION ? "update the control plane, or run an older agent" : "update the agent";
	throw new Refused("protocol", `This agent speaks ${what}, this control plane speaks ${PROTOCOL_VERSION}: ${advice}.`);
}

function routeOf(req: IncomingMessage): Route {
	const name = /^\/gateway\/([a-z]+)(?:\?|$)/.exec(req.url ?? "")?.[1] ?? "";
	const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
	if (!route) throw new Refused("not_found", "There is no such path at the agents' door.");
	if (req.method !== "POST") throw new Refused("bad_request", "The agents' door takes POST only.");
	return route;
}

async function readFrame(req: IncomingMessage, most: number): Promise<Frame> {
	const body = await readBody(req, most);
	try {
		return decodeFrame(body);
	} catch (error) {
		if (error instanceof FrameError) throw new Refused("bad_request", error.message);
		throw error;
	}
}

async function answer(req: IncomingMessage, res: ServerResponse): Promise<Answer | undefined> {
	const route = routeOf(req);
	assertProtocol(req);
	if (route.open) {
		limit("enrol", address(req));
		return route.answer((await readFrame(req, MAX_OPEN_BODY)).header);
	}
	const who = readAccess(req);
	const gone = new AbortController();
	res.once("close", () => !res.writableFinished && gone.abort());
	const { header, parts } = await readFrame(req, BODY_LIMIT);
	return route.answer(who, header, parts, gone.signal);
}

export async function handle(req: IncomingMessage, res: ServerResponse): Promise<void> {
	try {
		const answered = await answer(req, res);
		if (!answered || res.destroyed) return;
		const body = encodeFrame(answered.header, answered.parts);
		res.writeHead(200, { "content-type": FRAME_TYPE, "content-length": body.length, "cache-control": "no-store" });
		res.end(body);
	} catch (error) {
		// The sender left in the middle of its body: there is nobody to tell, and nothing went wrong here.
		if (res.destroyed) return;
		const told = publicError(error, `gateway${(req.url ?? "").replace(/^\/gateway|\?.*$/g, "").slice(0, 20)}`);
		answerJson(res, told.status, toRefusal(told));
	}
}
