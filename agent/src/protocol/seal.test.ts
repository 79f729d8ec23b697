import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newDevicePair, unwrapKey, wrapKey } from "./device.ts";
import { newKey, parseKey, printKey, SEAL_OVERHEAD, SealError, WorkspaceKey } from "./seal.ts";

const workspace = "0198f5a0-0000-7000-8000-000000000001";
const content = new TextEncoder().encode("canary") as Uint8Array<ArrayBuffer>;

describe("a sealed content", () => {
	test("opens for the same key, kind, id and place, and is that much longer", async () => {
		const key = await WorkspaceKey.open(newKey(), workspace);
		const sealed = await key.seal("log", "run", "place", content);
		expect(sealed.length).toBe(content.length + SEAL_OVERHEAD);
		expect(await key.open("log", "run", "place", sealed)).toEqual(content);
	});

	test.each([
		["another kind", "result", "run", "place"],
		["another id", "log", "other", "place"],
		["another place", "log", "run", "elsewhere"],
	] as const)("does not open as %s", async (_what, kind, id, place) => {
		const key = await WorkspaceKey.open(newKey(), workspace);
		const sealed = await key.seal("log", "run", "place", content);
		await expect(key.open(kind, id, place, sealed)).rejects.toMatchObject({ reason: "altered" });
	});

	test("does not open in another workspace that has the same key", async () => {
		const raw = newKey();
		const sealed = await (await WorkspaceKey.open(raw, workspace)).seal("log", "run", "place", content);
		const elsewhere = await WorkspaceKey.open(raw, "0198f5a0-0000-7000-8000-000000000002");
		await expect(elsewhere.open("log", "run", "place", sealed)).rejects.toMatchObject({ reason: "altered" });
	});

	test("names the key it needs when the key is another", async () => {
		const mine = await WorkspaceKey.open(newKey(), workspace);
		const yours = await WorkspaceKey.open(newKey(), workspace);
		await expect(yours.open("log", "run", "place", await mine.seal("log", "run", "place", content))).rejects.toThrow(mine.kid);
	});

	test("is refused after any single changed bit", async () => {
		const key = await WorkspaceKey.open(newKey(), workspace);
		const sealed = await key.seal("log", "run", "place", content);
		await fc.assert(
			fc.asyncProperty(fc.nat(sealed.length - 1), fc.nat(7), async (at, bit) => {
				const altered = sealed.slice();
				altered[at] = (altered[at] as number) ^ (1 << bit);
				await expect(key.open("log", "run", "place", altered)).rejects.toBeInstanceOf(SealError);
			}),
			{ numRuns: 100 },
		);
	});

	test("differs each time, while a name is always the same", async () => {
		const key = await WorkspaceKey.open(newKey(), workspace);
		expect(await key.seal("chunk", "a", "p", content)).not.toEqual(await key.seal("chunk", "a", "p", content));
		expect(await key.name("chunk-name", workspace, content)).toEqual(await key.name("chunk-name", workspace, content));
	});
});

describe("a workspace key", () => {
	test("survives being printed and read", () => {
		const raw = newKey();
		expect(parseKey(` ${printKey(raw)}\n`)).toEqual(raw);
	});

	test.each(["", "tgk_short", "tg_wrongkind", `tgk_${"!".repeat(43)}`])("is not read from %j", (printed) => {
		expect(() => parseKey(printed)).toThrow(/tgk_/);
	});

	test("is unwrapped by the device it was wrapped to, for the same workspace, and by no other", async () => {
		const raw = newKey();
		const mine = await newDevicePair(false);
		const yours = await newDevicePair(false);
		const wrapped = await wrapKey(raw, mine.publicKey, workspace);
		expect(await unwrapKey(wrapped, mine.privateKey, workspace)).toEqual(raw);
		await expect(unwrapKey(wrapped, yours.privateKey, workspace)).rejects.toBeInstanceOf(SealError);
		await expect(unwrapKey(wrapped, mine.privateKey, "elsewhere")).rejects.toBeInstanceOf(SealError);
	});
});
