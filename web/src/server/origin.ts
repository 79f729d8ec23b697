/** Where a request comes from: which address, which site. */
import type { IncomingMessage } from "node:http";
import { server } from "./process.ts";

/** The client's address; behind proxies that are trusted, the one that the outermost of them saw. An IPv6 host is its /64. */
export function address(req: IncomingMessage): string {
	const { proxies } = server();
	const forwarded = proxies > 0 ? String(req.headers["x-forwarded-for"] ?? "").split(",") : [];
	const seen = forwarded.at(-proxies)?.trim() || req.socket.remoteAddress || "unknown";
	return seen.includes(":") && !seen.startsWith("::ffff:") ? seen.split(":").slice(0, 4).join(":") : seen;
}

/**
 * Whether a request that carries a cookie was made by a page of our own. Browsers name the origin with every POST and every web socket; a GET
 * without one changes nothing and cannot be read by other sites.
 */
export function isSameOrigin(req: IncomingMessage): boolean {
	const { origin, host } = req.headers;
	const site = req.headers["sec-fetch-site"];
	if (site !== undefined && site !== "same-origin" && site !== "none") return false;
	if (origin === undefined) return req.method === "GET" && req.headers.upgrade === undefined;
	return origin === server().publicUrl || origin === `http://${host}` || origin === `https://${host}`;
}
