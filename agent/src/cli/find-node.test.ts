import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { otherNode } from "../../bin/find-node.mjs";

const root = mkdtempSync(join(tmpdir(), "find node "));
afterAll(() => rmSync(root, { recursive: true }));

test("a Node that reads no TypeScript gives way to the one that npx finds", () => {
	const [folder, bin] = [join(root, "checkout/agent"), join(root, "checkout/node_modules/.bin")];
	for (const each of [folder, bin]) mkdirSync(each, { recursive: true });
	expect(otherNode("20.20.2", process.execPath, join(root, "checkout"))).toBeUndefined();
	writeFileSync(join(bin, "node"), "");
	chmodSync(join(bin, "node"), 0o755);
	for (const [version, found] of [
		["20.20.2", join(bin, "node")],
		["22.17.9", join(bin, "node")],
		["23.5.0", join(bin, "node")],
		["22.18.0", undefined],
		["24.21.0", undefined],
	] as const)
		expect(otherNode(version, process.execPath, folder), version).toBe(found);
	// It is that one already.
	expect(otherNode("20.20.2", join(bin, "node"), folder)).toBeUndefined();
});
