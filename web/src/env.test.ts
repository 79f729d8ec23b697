import { describe, expect, test } from "vitest";
import { readEnvironment } from "./env.ts";

const good = { DATABASE_URL: "postgres://u:p@localhost:5432/d", TIDEGATE_SECRET: "ab".repeat(32) };

test("what is needed is enough, the rest has defaults", () => {
	expect(readEnvironment(good)).toMatchObject({ host: "127.0.0.1", port: 7411, pages: true, dev: false, proxies: 0, publicUrl: undefined });
	expect(readEnvironment({ ...good, TIDEGATE_PUBLIC_URL: "https://tide.example/", PORT: "80", TIDEGATE_PAGES: "0" })).toMatchObject({
		publicUrl: "https://tide.example",
		port: 80,
		pages: false,
	});
});

test("what is missing or wrong is named, all of it at once, and no secret is repeated", () => {
	const wrong = {
		DATABASE_URL: "mysql://secret@x",
		TIDEGATE_SECRET: "short-secret",
		PORT: "99999",
		TIDEGATE_PUBLIC_URL: "tide.example",
		TIDEGATE_DEV: "yes",
	};
	const told = (() => {
		try {
			return JSON.stringify(readEnvironment(wrong));
		} catch (error) {
			return (error as Error).message;
		}
	})();
	for (const name of Object.keys(wrong)) expect(told).toContain(name);
	expect(told).not.toMatch(/secret@x|short-secret/);
	expect(() => readEnvironment({})).toThrow(/DATABASE_URL: is missing\n.*TIDEGATE_SECRET: is missing/);
});

describe("an identity provider", () => {
	const oidc = {
		TIDEGATE_OIDC_ISSUER: "https://id.test",
		TIDEGATE_OIDC_CLIENT_ID: "x",
		TIDEGATE_OIDC_CLIENT_SECRET: "y",
		TIDEGATE_OIDC_DOMAINS: "A.test, b.test",
	};
	test("is read whole, or not at all", () => {
		expect(readEnvironment(good).provider).toBeUndefined();
		expect(readEnvironment({ ...good, ...oidc }).provider).toMatchObject({ name: "id.test", domains: ["a.test", "b.test"], role: "viewer" });
		expect(readEnvironment({ ...good, ...oidc, TIDEGATE_OIDC_DOMAINS: "*" }).provider?.domains).toEqual([]);
	});
	test("that lacks something is named, and is never taken to vouch for all by omission", () => {
		expect(() => readEnvironment({ ...good, ...oidc, TIDEGATE_OIDC_CLIENT_SECRET: "" })).toThrow("TIDEGATE_OIDC_CLIENT_SECRET");
		expect(() => readEnvironment({ ...good, ...oidc, TIDEGATE_OIDC_DOMAINS: "" })).toThrow("TIDEGATE_OIDC_DOMAINS");
		expect(() => readEnvironment({ ...good, ...oidc, TIDEGATE_OIDC_ROLE: "owner" })).toThrow("TIDEGATE_OIDC_ROLE");
	});
});
