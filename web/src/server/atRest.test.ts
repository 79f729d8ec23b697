import { afterAll, expect, test } from "vitest";
import { openAtRest, sealAtRest } from "./atRest.ts";
import { setServer } from "./process.ts";

const use = (secret: string) =>
	setServer({ secret, publicUrl: "http://localhost:7411", proxies: 0, triggersPerSecond: 1, stopping: new AbortController().signal });
afterAll(() => setServer(undefined));

test("what is sealed at rest opens in its place, for its purpose and under its secret, and nowhere else", () => {
	use("ab".repeat(32));
	const sealed = sealAtRest("a client secret", "client secret", "row 1");
	expect(sealed.toString("latin1")).not.toContain("client");
	expect(sealAtRest("a client secret", "client secret", "row 1").equals(sealed)).toBe(false);
	expect(openAtRest(sealed, "client secret", "row 1")).toBe("a client secret");
	expect(openAtRest(sealed, "client secret", "row 2")).toBeUndefined();
	expect(openAtRest(sealed, "another purpose", "row 1")).toBeUndefined();
	expect(openAtRest(Buffer.from(sealed.map((byte, at) => (at === 20 ? byte ^ 1 : byte))), "client secret", "row 1")).toBeUndefined();
	expect(openAtRest(Buffer.alloc(3), "client secret", "row 1")).toBeUndefined();
	use("cd".repeat(32));
	expect(openAtRest(sealed, "client secret", "row 1")).toBeUndefined();
});
