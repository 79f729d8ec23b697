import { request } from "node:http";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { WebSocket } from "ws";
import { startServer } from "../server.ts";
import { type ControlPlane, startControlPlane } from "./fixture.ts";
import { Knocker } from "./gateway/fixture.ts";
import { contentPolicy } from "./server/headers.ts";

let at: ControlPlane;
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"), { jobs: true });
});
afterAll(() => at.end());

const bearer = () => ({ authorization: `Bearer ${at.a.key}` });

describe("every answer", () => {
	test("tells browsers not to guess, frame or leak", async () => {
		for (const path of ["/healthz", "/trpc/whoami", "/nothing"]) {
			const { headers } = await fetch(at.url + path);
			expect([headers.get("x-content-type-options"), headers.get("x-frame-options"), headers.get("referrer-policy")]).toEqual([
				"nosniff",
				"DENY",
				"same-origin",
			]);
			expect(headers.get("access-control-allow-origin")).toBeNull();
		}
	});
	test("to what is not ours is a refusal in words, with no stack", async () => {
		const answer = await fetch(`${at.url}/nothing`);
		expect([answer.status, await answer.json()]).toEqual([404, { error: { reason: "not_found", message: expect.any(String) } }]);
		for (const path of ["/runs/%ff", "/docs/%E0%A4%A", "http://[", "//["]) {
			const status = await new Promise((resolve, reject) => {
				const asked = request({ port: new URL(at.url).port, path }, (response) => resolve(response.resume().statusCode));
				asked.on("error", reject).end();
			});
			expect([path, status]).toEqual([path, 400]);
		}
		const broken = await fetch(`${at.url}/trpc/pools.create`, {
			method: "POST",
			headers: { ...bearer(), "content-type": "application/json" },
			body: "{canary",
		});
		const text = await broken.text();
		expect(broken.status).toBe(400);
		expect(text).not.toMatch(/canary|\bat .*\.ts/);
		const form = await fetch(`${at.url}/trpc/pools.create`, { method: "POST", headers: bearer(), body: new URLSearchParams({ name: "x" }) });
		expect([form.status, await form.text()]).toEqual([
			415,
			expect.stringMatching(/must be JSON, and say so: send the header \\"content-type: application\/json\\"\./),
		]);
	});
});

describe("the door of next-auth", () => {
	test("shows none of its own pages, takes no lines for the log, and every answer has a policy", async () => {
		for (const [path, to] of [
			["signin", "/sign-in"],
			["signin?error=oidc_down&callbackUrl=https://evil.test", "/sign-in?error=oidc_down"],
			["signout", "/sign-in"],
			["signout?csrf=true", "/sign-in"],
			["verify-request", "/sign-in"],
			["error?error=<script>", "/sign-in"],
		] as const) {
			const answer = await fetch(`${at.url}/api/auth/${path}`, { redirect: "manual" });
			expect([path, answer.status, answer.headers.get("location")]).toEqual([path, 302, to]);
			expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
		}
		const headers = { origin: at.url, "content-type": "application/json" };
		for (const path of ["callback/link", "callback/invite?token=x"]) expect((await fetch(`${at.url}/api/auth/${path}`)).status).toBe(404);
		for (const path of ["_log", "session", "", "constructor"]) {
			for (const init of [{}, { method: "POST", headers, body: JSON.stringify({ level: "error", code: "canary", message: "x" }) }]) {
				const answer = await fetch(`${at.url}/api/auth/${path}`, init);
				expect([path, answer.status, answer.headers.get("content-security-policy")]).toEqual([path, 404, expect.stringContaining("'none'")]);
			}
		}
	});
	test("refuses what it can't read in words, as the fault of whoever sent it", async () => {
		const headers = { origin: at.url, "content-type": "application/json" };
		for (const path of ["callback/link", "callback/invite", "signout", "signin/link"]) {
			const answer = await fetch(`${at.url}/api/auth/${path}`, { method: "POST", headers, body: "{canary" });
			const text = await answer.text();
			expect([path, answer.status, text]).toEqual([path, 400, expect.stringContaining("must be JSON")]);
			expect(text).not.toContain("canary");
		}
		for (const body of ["null", "[]", "7", '{"csrfToken":{"a":1},"token":[1],"callbackUrl":{"toString":1},"json":true}']) {
			const answer = await fetch(`${at.url}/api/auth/callback/link`, { method: "POST", headers, body, redirect: "manual" });
			expect([body, answer.status]).toEqual([body, expect.toSatisfy((status: number) => status < 500)]);
		}
	});
});

test("a page's policy lets no script run but by its nonce, and takes no header's word for more", () => {
	const policy = contentPolicy("abc", "localhost:7411", false);
	expect(policy).toMatch(/script-src 'self' 'nonce-abc' 'strict-dynamic'(;|$)/);
	expect(policy).not.toContain("unsafe-eval");
	expect(policy).toContain("frame-ancestors 'none'");
	expect(contentPolicy("abc", "x; script-src *", false)).not.toContain("script-src *");
});

describe("the API", () => {
	test("answers many calls at once, and refuses a batch without end", async () => {
		const ask = (count: number) =>
			fetch(`${at.url}/trpc/${Array.from({ length: count }, () => "whoami").join(",")}?batch=1&input=%7B%7D`, { headers: bearer() });
		expect(((await (await ask(20)).json()) as unknown[]).length).toBe(20);
		expect((await ask(51)).status).toBeGreaterThanOrEqual(400);
	});
	test("reads no body larger than it takes, and none at all of somebody unknown", async () => {
		const sent = await new Promise<{ status: number; bytes: number }>((resolve, reject) => {
			const asked = request(
				`${at.url}/trpc/versions.create`,
				{ method: "POST", headers: { "content-type": "application/json", "content-length": 1024 ** 3 } },
				(answer) => {
					resolve({ status: answer.statusCode ?? 0, bytes: asked.socket?.bytesWritten ?? 0 });
					asked.destroy();
				},
			);
			asked.on("error", reject);
			asked.flushHeaders();
		});
		expect(sent.status).toBe(401);
		const large = await fetch(`${at.url}/trpc/versions.create`, {
			method: "POST",
			headers: { ...bearer(), "content-type": "application/json" },
			body: `"${"x".repeat(33 * 1024 * 1024)}"`,
		});
		expect(large.status).toBe(413);
		expect(await large.json()).toMatchObject({
			error: {
				data: { reason: "too_large" },
				message: expect.stringContaining("larger than the 33554432 bytes that a call of versions.create takes"),
			},
		});
	});
	test("slows down whoever tries key after key", async () => {
		const tries = Array.from({ length: 230 }, () =>
			fetch(`${at.url}/trpc/whoami`, { headers: { authorization: "Bearer tg_wrong" } }).then((answer) => answer.status),
		);
		expect(new Set(await Promise.all(tries))).toEqual(new Set([401, 429]));
		expect((await fetch(`${at.url}/trpc/whoami`, { headers: bearer() })).status).toBe(200);
	});
});

test("a stop ends held polls with an empty answer and sockets so that clients come back, in seconds", async () => {
	const place = { ...at.a, flowId: at.a.poolId, versionId: at.a.poolId };
	const agent = await Knocker.enrol({ url: at.url, stopping: new AbortController(), close: async () => undefined }, place);
	const poll = agent.poll();
	const socket = new WebSocket(`${at.url.replace("http", "ws")}/trpc`);
	await new Promise((resolve) => socket.once("open", resolve));
	const closed = new Promise((resolve) => socket.once("close", resolve));
	// The poll is held by now: it would be for 25 s.
	await new Promise((resolve) => setTimeout(resolve, 300));
	const began = performance.now();
	await at.close();
	expect(performance.now() - began).toBeLessThan(5_000);
	expect(await closed).toBe(1012);
	expect(await poll).toMatchObject({ status: 200, header: { assignments: [] } });
	await expect(fetch(`${at.url}/healthz`)).rejects.toThrow();
	// The same process may start anew on the same data.
	const again = await startServer({ databaseUrl: at.databaseUrl, pages: false, jobs: false });
	expect((await fetch(`${again.url}/trpc/whoami`, { headers: bearer() })).status).toBe(200);
	await again.close();
});
