/**
 * Sign-in by next-auth, mounted straight on Node's http as the API is: no page is needed to sign in, and Next's bundles hold no secret.
 * Three ways: the one-time link (holds for 24 h, since `npm start` prints it and people come back to their terminal; works once), an invite, and
 * OIDC, whose provider is looked up for each request. What a sign-in may open is decided in links.ts and oidc/accounts.ts. next-auth's own pages are
 * never reached: whoever is sent to one lands on ours.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NextApiRequest, NextApiResponse } from "next";
import NextAuthModule, { type AuthOptions, type CookieOption, type User } from "next-auth";
import CredentialsModule, { type CredentialsConfig } from "next-auth/providers/credentials";
import type { OAuthConfig } from "next-auth/providers/oauth";
import { readBody } from "./bodies.ts";
import { Refused } from "./errors.ts";
import { type SignedIn, SignInTrouble } from "./joining.ts";
import { takeInvite, takeLink } from "./links.ts";
import { log } from "./log.ts";
import { settle } from "./oidc/accounts.ts";
import { type Attempt, type Claims, toNextAuth } from "./oidc/client.ts";
import { discover, IssuerTrouble } from "./oidc/discovery.ts";
import { type Provider, providerById } from "./oidc/providers.ts";
import { server } from "./process.ts";
import { cookieName, isSecure, readCookies, readSession, SESSION_SECONDS } from "./session.ts";
import { endSession } from "./sessions.ts";

// Both are CommonJS: under Node their default export is the module.
const unwrap = <T>(module: T): T => (module as { default?: T }).default ?? module;
const NextAuth = unwrap(NextAuthModule);
const Credentials = unwrap(CredentialsModule);

/** What became of somebody's proof: a session, or a code that the sign-in page turns into words. */
async function telling(work: Promise<SignedIn>): Promise<SignedIn> {
	return work.catch((error: Error) => {
		if (error instanceof SignInTrouble) throw error;
		log.error("sign-in failed", { error });
		throw new SignInTrouble("unavailable");
	});
}

type Given = Partial<Record<"token" | "instead", string>>;
const byToken = (id: string, name: string, take: (token: string, given: Given) => Promise<SignedIn>): CredentialsConfig<{ token: object }> =>
	Credentials({
		id,
		name,
		credentials: { token: { type: "text" } },
		authorize: (given: Given | undefined) => telling(take(String(given?.token ?? ""), given ?? {})),
	});

function cookie(what: string): CookieOption {
	const secure = isSecure(server().publicUrl);
	return { name: cookieName(what), options: { httpOnly: true, sameSite: "lax", path: "/", secure } };
}

/** A sign-in by OIDC that is on its way. */
interface Way {
	provider: Provider;
	config: OAuthConfig<Claims>;
	attempt: Attempt;
	/** The token of the invite that the person came by. */
	invite: string | undefined;
}

/** @param before id of the session that a sign-in takes the place of in this browser. */
function options(way: Way | undefined, before: string | undefined): AuthOptions {
	return {
		secret: server().secret,
		session: { strategy: "jwt", maxAge: SESSION_SECONDS },
		pages: { signIn: "/sign-in", error: "/sign-in" },
		cookies: {
			sessionToken: cookie("session-token"),
			callbackUrl: cookie("callback-url"),
			csrfToken: cookie("csrf-token"),
			state: cookie("state"),
			nonce: cookie("nonce"),
			pkceCodeVerifier: cookie("pkce"),
		},
		providers: [
			// `instead` is said by a page that has asked the person.
			byToken("link", "One-time link", (token, { instead }) => takeLink(token, instead === "true" ? undefined : before)),
			byToken("invite", "Invite", takeInvite),
			...(way ? [way.config] : []),
		],
		callbacks: {
			async signIn({ user, profile }) {
				if (!way) return true;
				// next-auth makes the session of this very object.
				Object.assign(user, await telling(settle(way.provider, profile as Claims, way.invite)));
				return true;
			},
			async jwt({ token, user }) {
				if (!user) return token;
				// Nobody holds the cookie of the one before any more, unless it was copied.
				if (before) await endSession(before);
				const { workspace, session } = user as User & SignedIn;
				return { ...token, workspace, session };
			},
		},
		logger: {
			error: (code, metadata) => log.error("sign-in", { reason: code, error: metadata instanceof Error ? metadata : metadata.error }),
			warn: (code) => log.warn("sign-in", { reason: code }),
			debug: () => undefined,
		},
	};
}

/** Longest body of a sign-in: a token and a CSRF token. */
const MAX_FORM = 8 * 1024;

function parseForm(req: IncomingMessage, body: Buffer): Record<string, unknown> {
	if ((req.headers["content-type"] ?? "").includes("json")) {
		try {
			return texts(JSON.parse(body.toString() || "{}"));
		} catch {
			throw new Refused("bad_request", "The request's body can't be read: it must be JSON.");
		}
	}
	return Object.fromEntries(new URLSearchParams(body.toString()));
}

/** next-auth takes every field for a text, and fails at others. */
const texts = (value: unknown): Record<string, unknown> =>
	value && typeof value === "object" ? Object.fromEntries(Object.entries(value).filter(([, each]) => typeof each === "string")) : {};

/** Sends somebody to the sign-in page with a code; to scripts, as next-auth does, where to go. */
function tell(res: ServerResponse, body: Record<string, unknown>, code: string): void {
	const url = `/sign-in?error=${code}`;
	if (body.json !== "true") return void res.writeHead(302, { location: url }).end();
	res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ url: server().publicUrl + url }));
}

const TOKENS = new Set(["link", "invite"]);
const INVITE_COOKIE_SECONDS = 15 * 60;

/** What next-auth needs to go on with a provider. @throws SignInTrouble oidc_… */
async function wayBy(id: string, hint: string | undefined, invite: string | undefined, begins: boolean): Promise<Way> {
	const provider = await providerById(id);
	if (!provider) throw new SignInTrouble("oidc_unknown");
	if (provider.clientSecret === undefined) throw new SignInTrouble("oidc_client");
	const attempt: Attempt = {};
	// Asked anew where a sign-in begins: else people would be sent to a provider that is away.
	const found = await discover(provider.issuer, begins).catch((error) => {
		if (!(error instanceof IssuerTrouble)) throw error;
		log.warn("an identity provider is in trouble", { reason: error.reason, error });
		throw new SignInTrouble(`oidc_${error.reason}`);
	});
	return { provider, config: toNextAuth(provider, provider.clientSecret, found, attempt, hint), attempt, invite };
}

const isEmail = (value: unknown): value is string => typeof value === "string" && value.length <= 320 && value.includes("@");

/** What of next-auth is answered: neither its log, which takes lines from anybody, nor its session, which nothing here asks for. */
const ANSWERED = { GET: ["csrf", "providers", "callback"], POST: ["signin", "callback", "signout"] };
/** Pages of its own, which it sends people to. */
const PAGES = ["signin", "signout", "error", "verify-request"];

/** @returns whether next-auth is to be asked; else it is answered. */
function isAnswered(req: IncomingMessage, res: ServerResponse, [action, id]: string[], search: URLSearchParams): boolean {
	const { method } = req;
	// A token is never sent by a link that leads here: it would stand in the log of each proxy on its way.
	const byToken = action === "callback" && method === "GET" && TOKENS.has(id ?? "");
	if ((method === "GET" || method === "POST") && ANSWERED[method].includes(action ?? "") && !byToken) return true;
	if (method !== "GET" || !PAGES.includes(action ?? "")) throw new Refused("not_found", "There is nothing here.");
	const code = search.get("error");
	res.writeHead(302, { location: code && /^[\w-]{1,40}$/.test(code) ? `/sign-in?error=${code}` : "/sign-in" }).end();
	return false;
}

/** Answers /api/auth/*. next-auth expects what Next's API routes add to Node's request and answer; that much is added here. */
export async function handleAuth(req: IncomingMessage, res: ServerResponse): Promise<void> {
	const url = new URL(req.url ?? "/", "http://localhost");
	const path = url.pathname.split("/").slice(3).filter(Boolean);
	const [action, id] = path;
	res.setHeader("cache-control", "no-store");
	if (!isAnswered(req, res, path, url.searchParams)) return;
	const body = req.method === "POST" ? parseForm(req, await readBody(req, MAX_FORM)) : {};
	const cookies = readCookies(req.headers.cookie);
	const before = (await readSession(req.headers.cookie))?.id;
	// First, and without next-auth, which goes on where this fails: whoever reads "signed out" must be.
	if (action === "signout" && before) await endSession(before);
	let way: Way | undefined;
	if (id !== undefined && !TOKENS.has(id) && (action === "callback" || (action === "signin" && req.method === "POST"))) {
		try {
			if (action === "callback") assertOurs(url.searchParams, cookies);
			const invite = action === "callback" ? cookies[cookieName("invite")] : String(body.invite ?? "");
			way = await wayBy(id, isEmail(body.email) ? body.email : undefined, invite || undefined, action === "signin");
			res.appendHeader("set-cookie", inviteCookie(action === "callback" ? "" : (way.invite ?? "")));
		} catch (error) {
			if (!(error instanceof SignInTrouble)) throw error;
			return tell(res, body, error.message);
		}
	}
	// Whatever the address of a sign-in says besides would go on to the provider.
	const query = action === "signin" ? {} : Object.fromEntries(url.searchParams);
	const request = Object.assign(req, { query: { ...query, nextauth: path }, cookies, body });
	const response = Object.assign(res, {
		status(code: number) {
			res.statusCode = code;
			return response;
		},
		json(value: unknown) {
			res.setHeader("content-type", "application/json");
			res.end(JSON.stringify(value));
		},
		send(value: unknown) {
			if (value !== null && typeof value === "object") return response.json(value);
			res.end(value === undefined || value === null ? "" : String(value));
		},
	});
	if (way && action === "callback") tellFailures(res, way.attempt);
	await NextAuth(request as unknown as NextApiRequest, response as unknown as NextApiResponse, options(way, before));
}

/** An answer of a provider belongs to a sign-in that this browser began, once: its state is in a cookie until then. */
function assertOurs(answer: URLSearchParams, cookies: Record<string, string>): void {
	if (!cookies[cookieName("state")]) throw new SignInTrouble("oidc_replayed");
	const error = answer.get("error");
	if (error) throw new SignInTrouble(error === "access_denied" ? "oidc_denied" : "oidc_refused");
}

/** For as long as a sign-in takes; empty: none any more. */
function inviteCookie(token: string): string {
	const secure = isSecure(server().publicUrl) ? "; Secure" : "";
	return `${cookieName("invite")}=${encodeURIComponent(token)}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${token ? INVITE_COOKIE_SECONDS : 0}${secure}`;
}

/** next-auth redirects after every failure of a callback with the same word: what we know better goes in its place. */
function tellFailures(res: ServerResponse, attempt: Attempt): void {
	const setHeader = res.setHeader.bind(res);
	res.setHeader = (name, value) => {
		const failed = name.toLowerCase() === "location" && /[?&]error=(OAuthCallback|Callback)$/.test(String(value));
		return setHeader(name, failed ? `/sign-in?error=${attempt.failure ?? "oidc_invalid"}` : value);
	};
}
