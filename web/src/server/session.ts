/**
 * The session cookie: which it is, and who it names. Whether that still holds stands in the session's row, which callers.ts reads with the membership:
 * signing out ends a copy of the cookie too.
 */
import { createHash } from "node:crypto";
import { decode } from "next-auth/jwt";
import { server } from "./process.ts";

/** Long enough that nobody signs in weekly, short enough for a lost laptop. Seconds. */
export const SESSION_SECONDS = 14 * 24 * 3600;

export interface Session {
	id: string;
	userId: string;
	/** Of the sign-in: shown where the browser asks for none. */
	workspaceId: string;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/**
 * Browsers share cookies between the ports of a host, so two Tidegates on one machine would sign each other out: the name tells them apart.
 * @param what as in `session-token`
 */
export function cookieName(what: string): string {
	const { secret, publicUrl } = server();
	const own = createHash("sha256").update(`cookie ${secret}`).digest("hex").slice(0, 8);
	return `${isSecure(publicUrl) ? "__Secure-" : ""}tidegate-${own}.${what}`;
}

export const isSecure = (publicUrl: string): boolean => publicUrl.startsWith("https:");

/** @returns the cookies of a request by name. A broken one is left out. */
export function readCookies(header: string | undefined): Record<string, string> {
	const cookies: Record<string, string> = {};
	for (const part of (header ?? "").split(";")) {
		const at = part.indexOf("=");
		if (at < 1) continue;
		try {
			cookies[part.slice(0, at).trim()] = decodeURIComponent(part.slice(at + 1).trim());
		} catch {
			// Not ours: ours decode.
		}
	}
	return cookies;
}

/** @returns the session that a Cookie header names; null where there is none, or it expired, or it was signed elsewhere. */
export async function readSession(header: string | undefined): Promise<Session | null> {
	const token = readCookies(header)[cookieName("session-token")];
	if (!token) return null;
	try {
		const claims = await decode({ token, secret: server().secret });
		const { sub, workspace, session } = claims ?? {};
		if (typeof sub !== "string" || typeof workspace !== "string") return null;
		// One without a row of its own could not be ended.
		if (typeof session !== "string" || !UUID.test(session)) return null;
		return { id: session, userId: sub, workspaceId: workspace };
	} catch {
		return null;
	}
}
