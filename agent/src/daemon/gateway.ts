/**
 * One request to the gateway: frames over keep-alive HTTP. node:http rather than fetch, for a socket per kind of call (a held poll never delays a
 * report) and a third of the cost of a small request. The one place where failures are told apart.
 */
import http from "node:http";
import https from "node:https";
import { gunzipSync } from "node:zlib";
import { debug } from "../config.ts";
import { decodeFrame, encodeFrame, FRAME_TYPE, type Frame } from "../protocol/frame.ts";
import { MAX_BODY } from "../protocol/limits.ts";
import { PROTOCOL_HEADER, PROTOCOL_VERSION, Refusal } from "../protocol/wire.ts";

/** What to do after a failure: the one retry classifier of the agent. */
export type Verdict = "again" | "renew" | "revoked" | "superseded" | "protocol" | "refused";

export class GatewayError extends Error {
	override readonly name = "GatewayError";
	readonly verdict: Verdict;
	readonly code: string;
	constructor(verdict: Verdict, code: string, message: string, options?: ErrorOptions) {
		super(message, options);
		this.verdict = verdict;
		this.code = code;
	}
}

export function verdictOf(status: number, code: string | undefined): Verdict {
	if (code === "revoked" || code === "superseded") return code;
	if (status === 426 || code === "protocol") return "protocol";
	// A refused token request is decided by its caller, which never renews for it.
	if (status === 401 || code === "unauthorized" || code === "expired") return "renew";
	if (status === 408 || status === 429 || status >= 500 || code === "too_many" || code === "unavailable") return "again";
	return "refused";
}

export interface Call {
	path: "enrol" | "token" | "poll" | "report" | "version" | "lock" | "chunks" | "answers" | "settings" | "target" | "child" | "result";
	header: unknown;
	parts?: Uint8Array[];
	token?: string;
	timeoutMs: number;
	signal?: AbortSignal;
}

export class Gateway {
	readonly #url: URL;
	readonly #agents = new Map<string, http.Agent>();

	/** @param url of the control plane, as the agent was enrolled at it. */
	constructor(url: string) {
		this.#url = new URL(`${url.replace(/\/+$/, "")}/gateway/`);
	}

	/** Throws GatewayError; the reason of `signal` where that aborted it. */
	async call(call: Call): Promise<Frame> {
		const body = encodeFrame(call.header, call.parts);
		try {
			return await this.#send(call, body);
		} catch (error) {
			// The server closed an idle connection in the moment of its use: that says nothing of the server, and every call may be repeated.
			if (!(error instanceof StaleSocket)) throw error;
		}
		try {
			return await this.#send(call, body);
		} catch (error) {
			// So was the next one: a server that was killed leaves as many of them as there were calls at a time.
			throw error instanceof StaleSocket ? unreachable(this.#url, error) : error;
		}
	}

	close(): void {
		for (const agent of this.#agents.values()) agent.destroy();
		this.#agents.clear();
	}

	#agent(path: Call["path"]): http.Agent {
		const lane = path === "poll" || path === "report" ? path : "other";
		let agent = this.#agents.get(lane);
		if (!agent) {
			const { Agent } = this.#url.protocol === "https:" ? https : http;
			agent = new Agent({ keepAlive: true, maxSockets: lane === "other" ? 4 : 2, timeout: 0 });
			this.#agents.set(lane, agent);
		}
		return agent;
	}

	#send(call: Call, body: Uint8Array): Promise<Frame> {
		const { request: open } = this.#url.protocol === "https:" ? https : http;
		return new Promise((resolve, reject) => {
			const headers: http.OutgoingHttpHeaders = { "content-type": FRAME_TYPE, "content-length": body.length, [PROTOCOL_HEADER]: PROTOCOL_VERSION };
			if (call.token) headers.authorization = `Bearer ${call.token}`;
			const request = open(new URL(call.path, this.#url), { method: "POST", headers, agent: this.#agent(call.path), signal: call.signal });
			request.setTimeout(call.timeoutMs, () => request.destroy(new Error(`no answer within ${Math.round(call.timeoutMs / 1000)} s`)));
			request.on("error", (error: NodeJS.ErrnoException) => {
				if (call.signal?.aborted) reject(call.signal.reason);
				else if (request.reusedSocket && (error.code === "ECONNRESET" || error.code === "EPIPE")) reject(new StaleSocket(error.message));
				else reject(unreachable(this.#url, error));
			});
			request.on("response", (response) => {
				read(response)
					.then(
						(content) => resolve(accept(response, content)),
						(error: Error) => reject(call.signal?.aborted ? call.signal.reason : unreachable(this.#url, error)),
					)
					.catch(reject);
			});
			request.end(body);
		});
	}
}

class StaleSocket extends Error {}

function unreachable(url: URL, error: NodeJS.ErrnoException): GatewayError {
	const why =
		error.code === "ECONNREFUSED"
			? "nothing listens there"
			: error.code === "ENOTFOUND"
				? "its name is not known"
				: error.message || String(error.code);
	return new GatewayError("again", "unreachable", `${url.origin} cannot be reached: ${why}`, debug ? { cause: error } : undefined);
}

async function read(response: http.IncomingMessage): Promise<Buffer> {
	const chunks: Buffer[] = [];
	let size = 0;
	for await (const chunk of response) {
		size += (chunk as Buffer).length;
		if (size > 2 * MAX_BODY) throw new Error("the answer is larger than any that the protocol has");
		chunks.push(chunk as Buffer);
	}
	const whole = Buffer.concat(chunks);
	return response.headers["content-encoding"] === "gzip" ? gunzipSync(whole, { maxOutputLength: 2 * MAX_BODY }) : whole;
}

function accept(response: http.IncomingMessage, content: Buffer): Frame {
	const status = response.statusCode ?? 0;
	const framed = response.headers["content-type"]?.startsWith(FRAME_TYPE) ?? false;
	let told: unknown;
	try {
		if (status === 200 && framed) return decodeFrame(content);
		told = framed ? decodeFrame(content).header : JSON.parse(content.toString("utf8"));
	} catch {
		told = undefined;
	}
	const refusal = Refusal.safeParse(told);
	if (refusal.success) throw new GatewayError(verdictOf(status, refusal.data.code), refusal.data.code, refusal.data.message);
	// A proxy's page, or something else that listens there: the status is all that can be told.
	throw new GatewayError(
		status === 200 || status === 404 ? "again" : verdictOf(status, undefined),
		`http_${status}`,
		`the answer (HTTP ${status}) is not Tidegate's: check the url`,
	);
}
