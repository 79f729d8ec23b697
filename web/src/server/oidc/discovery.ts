/**
 * What an issuer says of itself. Owners of organizations name issuers, so we fetch what strangers ask for: https alone (a certificate is more than a
 * metadata service or a neighbour's admin port has), no redirect, no address of this very machine, 5 s, 256 KiB. A control plane on loopback, which
 * is somebody's own, may use an issuer there.
 */
import { z } from "zod";
import { server } from "../process.ts";
import { shared } from "../shared.ts";

const TIMEOUT = 5_000;
const MAX_DOCUMENT = 256 * 1024;
/** Long enough for the two steps of one sign-in. Milliseconds. */
const KEEP = 60_000;
const MAX_KEPT = 200;

export interface Discovered {
	issuer: string;
	authorization: string;
	token: string;
	jwks: string;
	/** Where the address is told by providers that leave it out of the id token. */
	userinfo: string | undefined;
	/** By which an id token is signed. */
	algorithm: string;
	/** How the client secret is sent. */
	method: "client_secret_basic" | "client_secret_post";
}

/** In words for the owner who set it up; `reason` is for whoever signs in. */
export class IssuerTrouble extends Error {
	readonly reason: "down" | "issuer" | "invalid";
	constructor(reason: IssuerTrouble["reason"], message: string, cause?: unknown) {
		super(message, { cause });
		this.name = "IssuerTrouble";
		this.reason = reason;
	}
}

const isLoopback = (host: string): boolean => /^(localhost|.+\.localhost|127\.\d+\.\d+\.\d+|\[::1\]|\[::ffff:7f.*\]|0\.0\.0\.0|\[::\])$/.test(host);
const isLinkLocal = (host: string): boolean => /^(169\.254\.|\[fe[89ab]|\[::ffff:a9fe:)/.test(host);

/** @returns what is wrong with an address that we are to ask; undefined where we may. */
export function addressTrouble(text: string): string | undefined {
	const url = URL.canParse(text) ? new URL(text) : undefined;
	if (!url) return "must be a URL, as https://id.example.com";
	if (url.username || url.password || url.hash) return "must hold no user name, password or fragment";
	const own = isLoopback(new URL(server().publicUrl).hostname);
	if (isLoopback(url.hostname)) return own && /^https?:$/.test(url.protocol) ? undefined : "must not be an address of the server itself";
	if (isLinkLocal(url.hostname)) return "must not be a link-local address";
	return url.protocol === "https:" ? undefined : "must begin with https://";
}

const Address = z.string().superRefine((text, context) => {
	const message = addressTrouble(text);
	if (message) context.addIssue({ code: "custom", message });
});
const Document = z.object({
	issuer: z.string(),
	authorization_endpoint: Address,
	token_endpoint: Address,
	jwks_uri: Address,
	userinfo_endpoint: Address.optional(),
	id_token_signing_alg_values_supported: z.array(z.string()).optional(),
	token_endpoint_auth_methods_supported: z.array(z.string()).optional(),
});

function whyNot(error: unknown): string {
	const { name, code } = ((error as Error).cause ?? error) as { name?: string; code?: string };
	if ((error as Error).name === "TimeoutError") return `it did not answer within ${TIMEOUT / 1000} s`;
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "there is no host of this name";
	if (code === "ECONNREFUSED") return "it refuses connections";
	if (code && /CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO/.test(code)) return `its certificate is not accepted (${code})`;
	return name === "TypeError" ? "it can't be reached" : "the connection failed, or it redirects elsewhere";
}

async function fetchText(url: string): Promise<string> {
	let answer: Response;
	try {
		answer = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(TIMEOUT), headers: { accept: "application/json" } });
		if (answer.status !== 200) {
			await answer.body?.cancel();
			throw new IssuerTrouble(answer.status >= 500 ? "down" : "invalid", `${url} answers with status ${answer.status}: is the issuer right?`);
		}
		const parts: Uint8Array[] = [];
		let size = 0;
		for await (const part of answer.body ?? []) {
			size += part.length;
			if (size > MAX_DOCUMENT) throw new IssuerTrouble("invalid", `${url} is larger than a discovery document: ${MAX_DOCUMENT / 1024} KiB are read.`);
			parts.push(part);
		}
		return Buffer.concat(parts).toString("utf8");
	} catch (error) {
		if (error instanceof IssuerTrouble) throw error;
		throw new IssuerTrouble("down", `${url} can't be fetched: ${whyNot(error)}.`, error);
	}
}

const SIGNED_BY = ["RS256", "ES256", "PS256", "EdDSA", "RS384", "ES384", "PS384", "RS512", "ES512", "PS512"];

function read(issuer: string, url: string, text: string): Discovered {
	let json: unknown;
	try {
		json = JSON.parse(text);
	} catch (cause) {
		throw new IssuerTrouble("invalid", `${url} is no JSON: it is not the discovery document of an issuer.`, cause);
	}
	const document = Document.safeParse(json);
	if (!document.success) {
		const { path, message } = document.error.issues[0] as z.core.$ZodIssue;
		throw new IssuerTrouble("invalid", `${url} is no discovery document that can be used: ${path.join(".") || "it"} ${message}.`);
	}
	const found = document.data;
	if (found.issuer !== issuer) {
		throw new IssuerTrouble(
			"issuer",
			`The issuer at this address calls itself ${found.issuer.slice(0, 300)}: enter it as it does, to the last slash.`,
		);
	}
	const offered = found.id_token_signing_alg_values_supported ?? ["RS256"];
	const algorithm = SIGNED_BY.find((name) => offered.includes(name));
	if (!algorithm) throw new IssuerTrouble("invalid", `${url}: it signs by ${offered.join(", ").slice(0, 200)}, of which none is accepted here.`);
	const methods = found.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
	const method = (["client_secret_basic", "client_secret_post"] as const).find((name) => methods.includes(name));
	if (!method) throw new IssuerTrouble("invalid", `${url}: it takes no client secret (client_secret_basic or client_secret_post).`);
	const { authorization_endpoint: authorization, token_endpoint: token, jwks_uri: jwks, userinfo_endpoint: userinfo } = found;
	return { issuer, authorization, token, jwks, userinfo, algorithm, method };
}

const kept = shared("issuers", () => new Map<string, { until: number; found: Discovered }>());

/** @param anew also where it was read a moment ago. @throws IssuerTrouble */
export async function discover(issuer: string, anew = false): Promise<Discovered> {
	const before = kept.get(issuer);
	if (before && before.until > performance.now() && !anew) return before.found;
	const wrong = addressTrouble(issuer);
	if (wrong) throw new IssuerTrouble("invalid", `The issuer ${wrong}.`);
	const url = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
	const found = read(issuer, url, await fetchText(url));
	kept.delete(issuer);
	kept.set(issuer, { until: performance.now() + KEEP, found });
	if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value as string);
	return found;
}
