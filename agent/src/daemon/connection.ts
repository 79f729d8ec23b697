/**
 * The agent's standing with the control plane: short-lived tokens for its own signature, one session a process, and every call to the gateway
 * made through one door that renews, repeats and, where it must, gives up for good.
 */
import { hostname } from "node:os";
import type { z } from "zod";
import type { Frame } from "../protocol/frame.ts";
import { TokenAnswer, type TokenRequest, tokenMessage } from "../protocol/wire.ts";
import { Backoff } from "./backoff.ts";
import { type Call, type Gateway, GatewayError } from "./gateway.ts";
import type { Identity } from "./home.ts";
import type { Output } from "./output.ts";
import { version } from "./release.ts";
import type { Signer } from "./signing.ts";

const CALL_MS = 30_000;
/** A token is renewed when this share of its life is left, so that none expires while a call is under way. */
const RENEW_SHARE = 0.2;

/** Why the agent must stop: nothing it could do by itself would help. */
export class Ended extends Error {
	override readonly name = "Ended";
	readonly reason: "revoked" | "superseded" | "protocol" | "refused";
	constructor(reason: Ended["reason"], message: string) {
		super(message);
		this.reason = reason;
	}
}

export interface Question<T> {
	path: Exclude<Call["path"], "enrol" | "token">;
	header: unknown;
	parts?: Uint8Array[];
	answer: z.ZodType<T>;
	timeoutMs?: number;
	signal?: AbortSignal;
}

export class Connection {
	readonly #gateway: Gateway;
	readonly #identity: Identity;
	readonly #signer: Signer;
	readonly #output: Output;
	#token: { value: string; renewAt: number } | undefined;
	#renewing: Promise<string> | undefined;
	/** null until the first token: a new process begins a new session, which ends that of an older one. */
	#session: number | null = null;
	#away = false;
	/** The instant of the last token request: each is signed for one of its own, since each counts once. */
	#signedAt = 0;

	constructor(gateway: Gateway, identity: Identity, signer: Signer, output: Output) {
		this.#gateway = gateway;
		this.#identity = identity;
		this.#signer = signer;
		this.#output = output;
	}

	/** Asks once. Throws GatewayError, Ended, or the reason of `signal`. */
	async ask<T>(question: Question<T>): Promise<{ header: T; parts: Frame["parts"] }> {
		for (let renewed = false; ; renewed = true) {
			const token = await this.#current();
			try {
				const { path, header, parts, signal } = question;
				const frame = await this.#gateway.call({ path, header, parts, token, signal, timeoutMs: question.timeoutMs ?? CALL_MS });
				const read = question.answer.safeParse(frame.header);
				if (!read.success)
					throw new GatewayError(
						"again",
						"answer",
						`the control plane's answer to ${path} was not understood: ${read.error.issues[0]?.path.join(".")}: ${read.error.issues[0]?.message}`,
					);
				this.#here();
				return { header: read.data, parts: frame.parts };
			} catch (error) {
				if (error instanceof GatewayError && error.verdict === "renew" && !renewed) {
					if (this.#token?.value === token) this.#token = undefined;
					continue;
				}
				throw this.#judge(error);
			}
		}
	}

	/** Asks until it is answered: while the control plane is away, for as long as it takes. Throws GatewayError only where it refuses. */
	async insist<T>(question: Question<T>): Promise<{ header: T; parts: Frame["parts"] }> {
		const backoff = new Backoff();
		for (;;) {
			try {
				return await this.ask(question);
			} catch (error) {
				if (!mayPass(error)) throw error;
				this.missed(error);
				await backoff.wait(question.signal);
			}
		}
	}

	/** Said once when the control plane goes away, and once when it is back. */
	missed(error: unknown): void {
		if (this.#away) return;
		this.#away = true;
		this.#output.warn(`${(error as Error).message}; runs go on, trying again`);
	}

	#here(): void {
		if (this.#away) this.#output.info("connected again");
		this.#away = false;
	}

	#judge(error: unknown): unknown {
		if (!(error instanceof GatewayError)) return error;
		const { name, pool } = this.#identity;
		if (error.verdict === "revoked") return new Ended("revoked", `agent ${name} was revoked: ${error.message}`);
		if (error.verdict === "superseded") return new Ended("superseded", `another process runs as agent ${name} of pool ${pool}: ${error.message}`);
		if (error.verdict === "protocol")
			return new Ended("protocol", `this agent (release ${version}) and the control plane do not speak the same protocol: ${error.message}`);
		return error;
	}

	async #current(): Promise<string> {
		if (this.#token && performance.now() < this.#token.renewAt) return this.#token.value;
		this.#renewing ??= this.#renew().finally(() => {
			this.#renewing = undefined;
		});
		return this.#renewing;
	}

	#request(): TokenRequest {
		const { agent } = this.#identity;
		const session = this.#session;
		this.#signedAt = Math.max(Date.now(), this.#signedAt + 1);
		const at = this.#signedAt;
		return { agent, at, session, version, host: hostname(), signature: this.#signer.sign(tokenMessage({ agent, at, session })) };
	}

	/** Anew where the instant was refused: a request whose answer was lost on a stale connection was sent twice, and counts once. */
	async #askForToken(): Promise<Frame> {
		for (let left = 2; ; left--) {
			try {
				return await this.#gateway.call({ path: "token", header: this.#request(), timeoutMs: CALL_MS });
			} catch (error) {
				if (!(error instanceof GatewayError) || error.code !== "clock" || left === 0) throw error;
			}
		}
	}

	async #renew(): Promise<string> {
		try {
			const { header } = await this.#askForToken();
			const answer = TokenAnswer.parse(header);
			this.#session = answer.session;
			this.#token = { value: answer.token, renewAt: performance.now() + answer.expiresInSeconds * 1000 * (1 - RENEW_SHARE) };
			return answer.token;
		} catch (error) {
			// A host that wakes up may set its clock only now: said, and tried again.
			if (error instanceof GatewayError && error.code === "clock")
				throw new GatewayError("again", "clock", `the clock of this host is off: ${error.message}`);
			if (error instanceof GatewayError && (error.verdict === "renew" || error.verdict === "refused")) {
				throw new Ended(
					"refused",
					`the control plane does not know agent ${this.#identity.name}: ${error.message}\nEnrol it again with a new token: tidegate agent enrol`,
				);
			}
			throw this.#judge(error);
		}
	}
}

/** True for failures that time may heal. */
export const mayPass = (error: unknown): boolean => error instanceof GatewayError && (error.verdict === "again" || error.verdict === "renew");
