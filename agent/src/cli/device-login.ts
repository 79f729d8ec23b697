/** The way of a sign-in by another device (RFC 8628): ask for a code, then ask what became of it until a person has decided. */
import { hostname } from "node:os";
import { z } from "zod";
import { version } from "../daemon/release.ts";
import { EXIT, Failure } from "./exit.ts";

const Asked = z.object({
	device_code: z.string(),
	user_code: z.string().regex(/^[A-Z0-9-]{4,20}$/),
	verification_uri_complete: z.url({ protocol: /^https?$/ }),
	expires_in: z.number().positive().max(3600),
	interval: z.number().positive().max(60),
});
export type AskedCode = z.infer<typeof Asked>;

const Got = z.object({
	api_key: z.string(),
	key_name: z.string(),
	scope: z.string(),
	expires_at: z.string(),
	person: z.string(),
	organization: z.object({ id: z.string(), name: z.string() }),
	workspace: z.object({ id: z.string().regex(/^[0-9a-f-]{36}$/), name: z.string(), kid: z.string().nullable() }),
	wrapped_key: z.string().nullable(),
});
export type Credential = z.infer<typeof Got>;

/** Of the token door, as RFC 8628 has it; of the others, as all our doors say it. */
const Refusal = z.object({
	error: z.union([z.string(), z.object({ message: z.string() })]),
	error_description: z.string().optional(),
	interval: z.number().positive().max(300).optional(),
});
type Refusal = z.infer<typeof Refusal>;

async function post(url: string, path: string, body: unknown): Promise<{ status: number; content: unknown }> {
	const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
	const answer = await fetch(url + path, { ...init, redirect: "error", signal: AbortSignal.timeout(15_000) });
	const content: unknown = await answer.json().catch(() => null);
	return { status: answer.status, content };
}

const noControlPlane = (url: string): Failure =>
	new Failure(`${url} answers, but not as a Tidegate control plane does: is the URL right?`, EXIT.noAccess);

/** @param publicHex of this device's pair, for the workspace key to be wrapped to. */
export async function requestCode(url: string, publicHex: string): Promise<AskedCode> {
	const asking = post(url, "/api/device/code", { public_key: publicHex, host: hostname(), version });
	const { status, content } = await asking.catch((error: Error) => {
		if (error.name === "TimeoutError") throw new Failure(`cannot reach ${url}: it does not answer.`, EXIT.noAccess);
		throw error;
	});
	if (status === 200) {
		const asked = Asked.safeParse(content);
		if (asked.success) return asked.data;
		throw noControlPlane(url);
	}
	const refusal = Refusal.safeParse(content);
	if (!refusal.success) throw noControlPlane(url);
	const { error, error_description } = refusal.data;
	throw new Failure(typeof error === "string" ? (error_description ?? error) : error.message, EXIT.failed);
}

const ENDS: Record<string, number> = { access_denied: EXIT.refused, expired_token: EXIT.expired, invalid_grant: EXIT.used };

/** @throws Failure with a code of its own for each way in which a sign-in ends without one. */
export async function waitForApproval(url: string, asked: AskedCode): Promise<Credential> {
	const until = performance.now() + asked.expires_in * 1000 + 5_000;
	let interval = asked.interval;
	while (performance.now() < until) {
		await new Promise((resolve) => setTimeout(resolve, interval * 1000));
		// A control plane that restarts, or a line that is cut for a moment, loses nothing: the code stays.
		const answer = await post(url, "/api/device/token", { device_code: asked.device_code }).catch(() => null);
		if (!answer || answer.status >= 500 || answer.status === 429) continue;
		if (answer.status === 200) {
			const got = Got.safeParse(answer.content);
			if (got.success) return got.data;
			throw noControlPlane(url);
		}
		interval = pause(Refusal.safeParse(answer.content).data, url) ?? interval;
	}
	throw new Failure("nobody approved the code in time: it has expired. Run tidegate login again for a new one.", EXIT.expired);
}

/** @returns the pause to keep from now on, where the answer is still to come. */
function pause(refusal: Refusal | undefined, url: string): number | undefined {
	if (!refusal) throw noControlPlane(url);
	const { error, error_description, interval } = refusal;
	if (error === "authorization_pending" || error === "slow_down") return interval;
	if (typeof error !== "string") throw new Failure(error.message, EXIT.failed);
	throw new Failure(`not signed in: ${error_description ?? error}\nRun tidegate login again for a new code.`, ENDS[error] ?? EXIT.failed);
}
