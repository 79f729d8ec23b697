/**
 * Sign-in by next-auth, mounted straight on Node's http as the API is: no page is needed to sign in, and Next's bundles hold no secret.
 * One provider so far: the one-time link. It holds for 24 h, since `npm start` prints it and people come back to their terminal; it works once.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { NextApiRequest, NextApiResponse } from "next";
import NextAuthModule, { type AuthOptions, type CookieOption } from "next-auth";
import CredentialsModule from "next-auth/providers/credentials";
import { readBody } from "./bodies.ts";
import { system } from "./db.ts";
import { log } from "./log.ts";
import { server } from "./process.ts";
import { hashToken, isToken } from "./secrets.ts";
import { cookieName, isSecure, readCookies, SESSION_SECONDS } from "./session.ts";

// Both are CommonJS: under Node their default export is the module.
const unwrap = <T>(module: T): T => (module as { default?: T }).default ?? module;
const NextAuth = unwrap(NextAuthModule);
const Credentials = unwrap(CredentialsModule);

interface LinkRow {
	id: string;
	email: string;
	name: string;
	workspace_id: string;
}

/** Takes the link and tells whose it was, in one statement: of two at once, one gets it. */
const TAKE_LINK = `UPDATE sign_in_link l SET used_at = tg_now() FROM app_user u
	WHERE l.hash = $1 AND l.used_at IS NULL AND l.expires_at > tg_now() AND u.id = l.user_id RETURNING u.id, u.email, u.name, l.workspace_id`;

/** @throws Error whose message is a code that the sign-in page turns into words: link_unknown, link_used, link_expired. */
async function takeLink(token: string): Promise<LinkRow> {
	if (!isToken("tgl", token)) throw new Error("link_unknown");
	const hash = hashToken(token);
	const taken = await system.query<LinkRow>(TAKE_LINK, [hash]);
	if (taken.rows[0]) return taken.rows[0];
	const { rows } = await system.query<{ used: boolean }>("SELECT used_at IS NOT NULL AS used FROM sign_in_link WHERE hash = $1", [hash]);
	throw new Error(!rows[0] ? "link_unknown" : rows[0].used ? "link_used" : "link_expired");
}

function cookie(what: string): CookieOption {
	const secure = isSecure(server().publicUrl);
	return { name: cookieName(what), options: { httpOnly: true, sameSite: "lax", path: "/", secure } };
}

function options(): AuthOptions {
	return {
		secret: server().secret,
		session: { strategy: "jwt", maxAge: SESSION_SECONDS },
		pages: { signIn: "/sign-in", error: "/sign-in" },
		cookies: { sessionToken: cookie("session-token"), callbackUrl: cookie("callback-url"), csrfToken: cookie("csrf-token") },
		providers: [
			Credentials({
				id: "link",
				name: "One-time link",
				credentials: { token: { type: "text" } },
				async authorize(given) {
					const row = await takeLink(String(given?.token ?? "")).catch((error: Error) => {
						if (error.message.startsWith("link_")) throw error;
						log.error("sign-in failed", { error });
						throw new Error("unavailable");
					});
					return { id: row.id, email: row.email, name: row.name, workspace: row.workspace_id };
				},
			}),
		],
		callbacks: {
			jwt: ({ token, user }) => (user ? { ...token, workspace: (user as { workspace?: string }).workspace } : token),
			session: ({ session, token }) => ({ ...session, workspace: token.workspace }),
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
		const value: unknown = JSON.parse(body.toString() || "{}");
		return value && typeof value === "object" ? (value as Record<string, unknown>) : {};
	}
	return Object.fromEntries(new URLSearchParams(body.toString()));
}

/** Answers /api/auth/*. next-auth expects what Next's API routes add to Node's request and answer; that much is added here. */
export async function handleAuth(req: IncomingMessage, res: ServerResponse): Promise<void> {
	const url = new URL(req.url ?? "/", "http://localhost");
	const body = req.method === "POST" ? parseForm(req, await readBody(req, MAX_FORM)) : {};
	const request = Object.assign(req, {
		query: { ...Object.fromEntries(url.searchParams), nextauth: url.pathname.split("/").slice(3).filter(Boolean) },
		cookies: readCookies(req.headers.cookie),
		body,
	});
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
	res.setHeader("cache-control", "no-store");
	await NextAuth(request as unknown as NextApiRequest, response as unknown as NextApiResponse, options());
}
