import { describe, expect, test } from "vitest";
import { type ZodError, z } from "zod";
import { publicError, REASONS, Refused, toRefusal } from "./errors.ts";
import { line } from "./log.ts";
import { newToken } from "./secrets.ts";

const CANARY = "canary-7c1e";
const sealed = Buffer.concat([Buffer.from("TG1"), Buffer.alloc(400, 7)]).toString("base64url");

describe("the log", () => {
	test("drops every field that is not listed, however it came in", () => {
		const fields = { run: "r1", body: CANARY, token: CANARY, headers: { authorization: CANARY }, sealed: CANARY };
		expect(JSON.parse(line("info", "x", fields as never))).toEqual({ at: expect.any(String), level: "info", event: "x", run: "r1" });
	});
	test("strikes out what looks like a token or an envelope inside a listed field", () => {
		for (const secret of [
			newToken("tg").token,
			newToken("tge").token,
			newToken("tgl").token,
			`tgk_${"a".repeat(43)}`,
			`tga_${"b".repeat(80)}`,
			sealed,
		]) {
			expect(line("warn", "x", { note: `before ${secret} after` })).not.toContain(secret.slice(8, 40));
		}
	});
	test("tells an error's kind and place, and never its message: parsers and Postgres quote what they were given", () => {
		let parse: unknown;
		try {
			JSON.parse(`{"${CANARY}`);
		} catch (error) {
			parse = error;
		}
		const postgres = Object.assign(new Error(`invalid input syntax for type uuid: "${CANARY}"`), {
			code: "22P02",
			detail: CANARY,
			constraint: "run_pkey",
		});
		for (const error of [parse, postgres, new Error("outer", { cause: postgres }), CANARY, { message: CANARY }])
			expect(line("error", "x", { error })).not.toContain(CANARY);
		expect(JSON.parse(line("error", "x", { error: postgres }))).toMatchObject({
			error: "Error",
			code: "22P02",
			constraint: "run_pkey",
			stack: expect.arrayContaining([expect.stringContaining("log.test.ts")]),
		});
	});
	test("is one line, whatever is in it", () => {
		expect(line("info", "x", { note: "a\nb" }).trimEnd()).not.toContain("\n");
	});
});

describe("an error that leaves", () => {
	test("hides what is our own fault behind a reference", () => {
		const told = publicError(new Error(`relation "${CANARY}" does not exist`), "test");
		expect(told).toMatchObject({ status: 500, reason: "internal", message: expect.stringMatching(/its log|log has/i) });
		expect(JSON.stringify(told)).not.toContain(CANARY);
	});
	test("keeps a refusal's words, also from inside of another error, and never its cause", () => {
		const refused = new Refused("unknown_flow", "There is no flow x.", new Error(CANARY));
		const told = publicError(new Error("wrapped", { cause: refused }), "test");
		expect(told).toEqual({ code: "NOT_FOUND", status: 404, reason: "unknown_flow", message: "There is no flow x." });
	});
	test("says that the database is away as something that passes", () => {
		for (const code of ["ECONNREFUSED", "57P01", "08006", "53300"])
			expect(publicError(Object.assign(new Error("x"), { code }), "test")).toMatchObject({ status: 503, reason: "unavailable" });
		expect(publicError(new Error("Connection terminated unexpectedly"), "test").status).toBe(503);
	});
	test("says that a value which Postgres does not store is the caller's, so that nobody tries it again", () => {
		for (const code of ["22003", "22021", "22P05", "22008"])
			expect(publicError(Object.assign(new Error(CANARY), { code }), "test")).toMatchObject({ status: 400, reason: "bad_request" });
		expect(publicError(Object.assign(new Error("x"), { code: "23505" }), "test").status).toBe(500);
	});
	test("names the field of broken input and not its value", () => {
		const error = z.object({ a: z.object({ b: z.uuid() }) }).safeParse({ a: { b: CANARY } }).error as ZodError;
		const told = publicError(error, "test");
		expect(told).toMatchObject({ status: 400, reason: "bad_request", message: expect.stringMatching(/^a\.b: /) });
		expect(told.message).not.toContain(CANARY);
	});
	test("says where an input belongs that was not found", () => {
		const error = z.object({ id: z.uuid() }).safeParse(undefined).error as ZodError;
		expect(publicError(error, "runs.get").message).toBe(
			"runs.get takes an object, as JSON: in the address of a query as ?input=… and in a mutation as the body",
		);
		expect(publicError(error, "gateway/poll").message).toBe("gateway/poll takes an object");
	});
	test("has a code of the protocol at the binary doors, for every reason that there is", () => {
		for (const reason of Object.keys(REASONS) as (keyof typeof REASONS)[]) {
			const refusal = toRefusal(publicError(new Refused(reason, "words"), "test"));
			expect(refusal.message).toBe("words");
			expect(["bad_request", "unavailable"].includes(refusal.code)).toBe(
				["bad_request", "id_clock", "internal", "unavailable", "too_slow", "issuer"].includes(reason),
			);
		}
	});
});
