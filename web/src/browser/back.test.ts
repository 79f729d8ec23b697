import { expect, test } from "vitest";
import { backFrom } from "./back.ts";

const origin = "https://tide.example";
const back = (wanted: string): string => backFrom(`?back=${encodeURIComponent(wanted)}`, origin);

test("a sign-in leads back to the page of this site that was asked for, with its search and its place", () => {
	expect(back("/runs/1?tab=log#L5")).toBe(`${origin}/runs/1?tab=log#L5`);
	expect(back(`${origin}/flows/a%2Fb`)).toBe(`${origin}/flows/a%2Fb`);
	expect(back("runs")).toBe(`${origin}/runs`);
});

test("and to none of another, however it is written", () => {
	for (const wanted of [
		...["https://evil.test/", "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test", "\n//evil.test", "https:evil.test"],
		...["https://tide.example@evil.test/", "https://tide.example.evil.test/", "http://tide.example/", "https://tide.example:444/"],
		...["javascript:alert(1)", "JaVaScRiPt:alert(1)", "data:text/html,x", "blob:https://tide.example/1", "https://", "http://[", ""],
	]) {
		const led = back(wanted);
		expect([wanted, led === "/flows" || new URL(led).origin === origin], wanted).toEqual([wanted, true]);
		expect(led, wanted).not.toMatch(/^(javascript|data|blob):/i);
	}
	for (const wanted of ["https://evil.test/", "//evil.test", "javascript:alert(1)", "/\\evil.test"]) expect(back(wanted)).toBe("/flows");
});

test("never to the sign-in itself, which would go on for ever", () => {
	expect(back("/sign-in")).toBe("/flows");
	expect(back("/sign-in?back=/sign-in")).toBe("/flows");
	expect(backFrom("", origin)).toBe("/flows");
});
