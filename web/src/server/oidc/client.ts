/** One provider as next-auth wants it. Discovery is ours (limits, the issuer's own name); code, state, nonce, PKCE and the id token are openid-client's. */
import type { OAuthConfig } from "next-auth/providers/oauth";
import type { Discovered } from "./discovery.ts";
import type { Provider } from "./providers.ts";

export interface Claims {
	sub: string;
	email?: unknown;
	email_verified?: unknown;
	/** Entra's word for the same. */
	xms_edov?: unknown;
	name?: unknown;
	preferred_username?: unknown;
}

const TIMEOUT = 5_000;

/** What the sign-in page says in words. */
export type Failure = "oidc_replayed" | "oidc_issuer" | "oidc_client" | "oidc_down" | "oidc_invalid";

/** next-auth tells every failure of a callback by one word: what it was is only known here. */
export function failureOf(error: unknown): Failure {
	const { message = "", code = "", error: told = "" } = error as { message?: string; code?: string; error?: string };
	if (told === "invalid_grant" || /(state|nonce) (mismatch|missing)|missing from (the )?(response|jwt)|checks\.(state|nonce)/.test(message))
		return "oidc_replayed";
	if (told === "invalid_client" || told === "unauthorized_client") return "oidc_client";
	if (/iss mismatch|unexpected iss|iss missing/.test(message)) return "oidc_issuer";
	if (/^E[A-Z_]+$/.test(code) || /timed out|expected 200 OK, got: 5/.test(message)) return "oidc_down";
	return "oidc_invalid";
}

export interface Attempt {
	failure?: Failure;
}

export function toNextAuth(
	provider: Provider,
	clientSecret: string,
	found: Discovered,
	attempt: Attempt,
	hint: string | undefined,
): OAuthConfig<Claims> {
	let claims: Claims | undefined;
	const telling = async <T>(work: Promise<T>): Promise<T> =>
		work.catch((error) => {
			attempt.failure = failureOf(error);
			throw error;
		});
	return {
		id: provider.id,
		name: provider.name,
		type: "oauth",
		idToken: true,
		checks: ["pkce", "state", "nonce"],
		issuer: found.issuer,
		authorization: { url: found.authorization, params: { scope: "openid email profile", ...(hint ? { login_hint: hint } : {}) } },
		token: {
			url: found.token,
			async request({ client, params, checks, provider: { callbackUrl } }) {
				const tokens = await telling(client.callback(callbackUrl, params, checks));
				claims = tokens.claims();
				return { tokens };
			},
		},
		userinfo: {
			url: found.userinfo,
			async request({ client, tokens }) {
				const told = claims as Claims;
				if (told.email !== undefined || !found.userinfo) return told as object;
				const more = await telling(client.userinfo<Claims>(tokens.access_token as string));
				if (more.sub !== told.sub) throw new Error("the provider answered about another subject");
				return { ...more, ...told } as object;
			},
		},
		jwks_endpoint: found.jwks,
		clientId: provider.clientId,
		clientSecret,
		client: { token_endpoint_auth_method: found.method, id_token_signed_response_alg: found.algorithm },
		httpOptions: { timeout: TIMEOUT },
		profile: (claims) => ({ id: claims.sub }),
	};
}
