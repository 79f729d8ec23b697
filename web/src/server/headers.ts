/** What every answer says to browsers, and the content security policy of pages: no script runs but ours, by the nonce of its request. */
import { randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { readBody } from "./bodies.ts";
import { log } from "./log.ts";
import { isSecure } from "./session.ts";

const ALWAYS: [string, string][] = [
	["x-content-type-options", "nosniff"],
	["referrer-policy", "same-origin"],
	["x-frame-options", "DENY"],
	["cross-origin-opener-policy", "same-origin"],
	["cross-origin-resource-policy", "same-origin"],
	["permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"],
];

export function setHeaders(res: ServerResponse, publicUrl: string): void {
	for (const [name, value] of ALWAYS) res.setHeader(name, value);
	if (isSecure(publicUrl)) res.setHeader("strict-transport-security", "max-age=31536000");
}

/** The policy of all answers that are no page. */
export const NO_PAGE = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @param dev Next compiles in the browser's debugger then, by eval. */
export function contentPolicy(nonce: string, host: string | undefined, dev: boolean): string {
	// Older browsers do not count web sockets of the same host to 'self'.
	const sockets = host && /^[\w.:[\]-]+$/.test(host) ? ` ws://${host} wss://${host}` : "";
	return [
		"default-src 'none'",
		`script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${dev ? " 'unsafe-eval'" : ""}`,
		// Charts and virtual lists set positions by style attributes; a style reads nothing.
		"style-src 'self' 'unsafe-inline'",
		"img-src 'self' blob: data:",
		"font-src 'self'",
		`connect-src 'self'${sockets}`,
		// The graph is laid out in a worker, a file of our own.
		"worker-src 'self'",
		"manifest-src 'self'",
		"base-uri 'none'",
		"form-action 'self'",
		"frame-ancestors 'none'",
		"report-uri /csp-report",
	].join("; ");
}

/** Sets a page's policy, on the request as well: Next takes the nonce for its own inline scripts from there, layouts from `x-nonce`. */
export function setContentPolicy(req: IncomingMessage, res: ServerResponse, dev: boolean): void {
	const nonce = randomBytes(16).toString("base64");
	const policy = contentPolicy(nonce, req.headers.host, dev);
	req.headers["content-security-policy"] = policy;
	req.headers["x-nonce"] = nonce;
	res.setHeader("content-security-policy", policy);
}

const MAX_REPORT = 16 * 1024;

function originOf(blocked: unknown): string {
	const text = String(blocked ?? "");
	return URL.canParse(text) ? new URL(text).origin : text.slice(0, 30);
}

/** Logs which directive was violated and whose script or host was blocked. Samples and paths of a report may hold content: they are left out. */
export async function takePolicyReport(req: IncomingMessage, res: ServerResponse): Promise<void> {
	const body = await readBody(req, MAX_REPORT);
	let report: Record<string, unknown> = {};
	try {
		report = (JSON.parse(body.toString()) as Record<string, Record<string, unknown>>)["csp-report"] ?? {};
	} catch {
		// No report, or one that broke on its way: that it came is all there is to log.
	}
	const directive = String(report["effective-directive"] ?? report["violated-directive"] ?? "unknown").slice(0, 40);
	log.warn("content policy violated", { directive, blocked: originOf(report["blocked-uri"]) });
	res.writeHead(204).end();
}
