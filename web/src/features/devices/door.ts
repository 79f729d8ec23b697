/**
 * POST /api/device/code and /api/device/token: how a command line is signed in by a person with a browser, in the shape of RFC 8628.
 * Nobody is signed in at this door, so it tells nothing but what became of a code to whoever has its secret half.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { fromHex } from "tidegate/protocol/bytes.ts";
import { z } from "zod";
import { answerJson, readBody } from "../../server/bodies.ts";
import { Refused } from "../../server/errors.ts";
import { address } from "../../server/origin.ts";
import { server } from "../../server/process.ts";
import { limit } from "../../server/rates.ts";
import { oneLine, PublicKey } from "./inputs.ts";
import { LOGIN_SECONDS, pollLogin, startLogin } from "./login.ts";

const MAX_BODY = 4 * 1024;

const Ask = z.object({ public_key: PublicKey, host: z.string().min(1).max(255), version: z.string().min(1).max(50) });
const Poll = z.object({ device_code: z.string().max(100) });

async function readJson<T>(req: IncomingMessage, schema: z.ZodType<T>): Promise<T> {
	const body = await readBody(req, MAX_BODY);
	let value: unknown;
	try {
		value = JSON.parse(body.toString());
	} catch {
		throw new Refused("bad_request", "The request's body can't be read: it must be JSON.");
	}
	return schema.parse(value);
}

export async function handleDeviceLogin(req: IncomingMessage, res: ServerResponse): Promise<void> {
	if (req.method !== "POST") throw new Refused("bad_request", "Device codes are asked for by POST.");
	const path = (req.url ?? "").split("?")[0];
	const from = address(req).replace(/^::ffff:/, "");
	if (path === "/api/device/code") {
		limit("deviceLogin", from);
		const asked = await readJson(req, Ask);
		const started = await startLogin({
			publicKey: Buffer.from(fromHex(asked.public_key)),
			host: oneLine(asked.host, 60) || "unknown",
			version: oneLine(asked.version, 50),
			address: from,
		});
		const page = `${server().publicUrl}/device`;
		return answerJson(res, 200, {
			device_code: started.deviceCode,
			user_code: started.code,
			verification_uri: page,
			verification_uri_complete: `${page}?code=${started.code}`,
			expires_in: LOGIN_SECONDS,
			interval: started.interval,
		});
	}
	if (path !== "/api/device/token") throw new Refused("not_found", "There is nothing here.");
	limit("devicePoll", from);
	const { device_code } = await readJson(req, Poll);
	const outcome = await pollLogin(device_code);
	if ("error" in outcome) return answerJson(res, 400, { error: outcome.error, error_description: outcome.words, interval: outcome.interval });
	return answerJson(res, 200, outcome);
}
