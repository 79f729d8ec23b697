import { expect, test } from "vitest";
import { about, details, type Entry } from "./words.ts";

const entry = (given: Partial<Entry>): Entry => ({
	id: "1",
	at: "",
	actor: "ada@acme.test",
	action: "run.trigger",
	target: "x",
	data: {},
	flow: null,
	...given,
});
const run = "01a2160b-f11a-73fd-ab9f-111d12816917";

test("what an entry is about has its name, and leads to its page", () => {
	expect(about(entry({ target: run, flow: "penguins" }))).toEqual({ name: "penguins 12816917", href: `/runs/${run}` });
	expect(about(entry({ action: "version.create", target: run, data: { flow: "a b", number: 3, size: 9 } }))).toEqual({
		name: "a b v3",
		href: "/flows/a%20b/versions/3",
	});
	expect(about(entry({ action: "member.role", target: run, data: { email: "bea@acme.test", before: "viewer", after: "admin" } }))).toEqual({
		name: "bea@acme.test",
	});
	expect(about(entry({ action: "run.cancel_many", target: "all flows", data: { cancelled: 3, left: 0 } }))).toEqual({ name: "all flows" });
});

test("the rest is told once, in words", () => {
	expect(details(entry({ action: "member.role", data: { email: "bea@acme.test", before: "viewer", after: "admin" } }))).toBe("was viewer, now admin");
	expect(details(entry({ action: "version.create", data: { flow: "a", number: 3, size: 9 } }))).toBe("size 9\u202fB");
});
