import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { setServer } from "../process.ts";
import { addressTrouble, discover } from "./discovery.ts";

let answer: RequestListener = (_req, res) => res.end();
const http = createServer((req, res) => answer(req, res));
let issuer = "";

const serverAt = (publicUrl: string) =>
	setServer({ secret: "ab".repeat(32), publicUrl, proxies: 0, triggersPerSecond: 1, stopping: new AbortController().signal });

beforeAll(async () => {
	await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
	issuer = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
	serverAt("http://localhost:7411");
});
afterAll(() => {
	setServer(undefined);
	http.closeAllConnections();
	http.close();
});

const good = () => ({ issuer, authorization_endpoint: `${issuer}/auth`, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` });
const json =
	(value: unknown): RequestListener =>
	(_req, res) =>
		res.setHeader("content-type", "application/json").end(JSON.stringify(value));
const refusal = async (listener: RequestListener): Promise<[string, string]> => {
	answer = listener;
	return discover(issuer, true).then(
		() => ["taken", ""],
		(error) => [error.reason, error.message],
	);
};

describe("an issuer's address", () => {
	test("is https, and nothing of the server itself or of its link", () => {
		serverAt("https://tide.example.com");
		for (const right of ["https://id.example.com", "https://login.microsoftonline.com/tenant/v2.0", "https://10.0.0.7/realms/x"])
			expect(addressTrouble(right)).toBeUndefined();
		const wrong = [
			...[
				"http://id.example.com",
				"https://localhost",
				"https://127.0.0.1:8443",
				"https://127.1",
				"https://2130706433",
				"https://[::1]",
				"https://0.0.0.0",
			],
			...["https://[::ffff:127.0.0.1]", "http://169.254.169.254", "https://169.254.169.254", "https://[fe80::1]", "https://a:b@id.example.com"],
			...["ftp://id.example.com", "file:///etc/passwd", "id.example.com", "", "https://id.example.com#x", "https://x.localhost"],
		];
		expect(wrong.filter((address) => addressTrouble(address) === undefined)).toEqual([]);
		serverAt("http://localhost:7411");
	});
	test("may be on loopback where the server is", () => {
		expect(addressTrouble("http://127.0.0.1:9000")).toBeUndefined();
		expect(addressTrouble("http://id.example.com")).toContain("https://");
	});
});

describe("a discovery document", () => {
	test("is taken as it says", async () => {
		answer = json({
			...good(),
			id_token_signing_alg_values_supported: ["none", "HS256", "ES256"],
			token_endpoint_auth_methods_supported: ["client_secret_post"],
		});
		expect(await discover(issuer, true)).toMatchObject({ token: `${issuer}/token`, algorithm: "ES256", method: "client_secret_post" });
	});
	test("of another issuer is refused, and names it", async () => {
		expect(await refusal(json({ ...good(), issuer: "https://other.test" }))).toEqual(["issuer", expect.stringContaining("https://other.test")]);
	});
	test("that leads to addresses we may not ask is refused", async () => {
		expect(await refusal(json({ ...good(), token_endpoint: "http://169.254.169.254/latest" }))).toEqual([
			"invalid",
			expect.stringContaining("token_endpoint"),
		]);
		expect(await refusal(json({ ...good(), jwks_uri: "file:///etc/passwd" }))).toEqual(["invalid", expect.stringContaining("jwks_uri")]);
	});
	test("that is none, is too large, redirects or signs by nothing we take, is refused in words", async () => {
		expect((await refusal((_req, res) => res.end("<html>")))[1]).toContain("no JSON");
		expect((await refusal(json({ issuer })))[1]).toContain("authorization_endpoint");
		expect((await refusal((_req, res) => res.writeHead(404).end()))[1]).toContain("404");
		expect((await refusal((_req, res) => res.end(`"${"x".repeat(300_000)}"`)))[1]).toContain("256 KiB");
		expect((await refusal((_req, res) => res.writeHead(302, { location: "http://169.254.169.254/" }).end()))[0]).toBe("down");
		expect((await refusal(json({ ...good(), id_token_signing_alg_values_supported: ["none", "HS256"] })))[1]).toContain("none is accepted");
	});
	test("that never comes is waited for five seconds", async () => {
		const began = performance.now();
		expect((await refusal(() => undefined))[1]).toContain("within 5 s");
		expect(performance.now() - began).toBeLessThan(15_000);
	});
	test("of a host that refuses connections is told so", async () => {
		const gone = createServer();
		await new Promise<void>((resolve) => gone.listen(0, "127.0.0.1", resolve));
		const { port } = gone.address() as AddressInfo;
		await new Promise((resolve) => gone.close(resolve));
		await expect(discover(`http://127.0.0.1:${port}`, true)).rejects.toThrow("refuses connections");
	});
});
