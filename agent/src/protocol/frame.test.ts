import fc from "fast-check";
import { expect, test } from "vitest";
import { base64, fromBase64, fromHex, hex } from "./bytes.ts";
import { decodeFrame, encodeFrame, FrameError } from "./frame.ts";
import { uuidTime, uuidv7 } from "./ids.ts";
import { ProjectPath } from "./manifest.ts";
import { pack, unpack } from "./pack.ts";

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => new Uint8Array(array));

test("a frame carries any header and parts unchanged", () => {
	fc.assert(
		fc.property(fc.jsonValue(), fc.array(bytes, { maxLength: 5 }), (header, parts) => {
			const frame = decodeFrame(encodeFrame(header, parts));
			expect(frame.header).toEqual(JSON.parse(JSON.stringify(header)));
			expect(frame.parts).toEqual(parts);
		}),
	);
});

test("a frame that was cut anywhere is refused, never read as a shorter one with the same parts", () => {
	const whole = encodeFrame({ a: 1 }, [new Uint8Array([1, 2, 3]), new Uint8Array([4])]);
	for (let end = 0; end < whole.length; end++) {
		const cut = whole.subarray(0, end);
		try {
			expect(decodeFrame(cut).parts.length).toBeLessThan(2);
		} catch (error) {
			expect(error).toBeInstanceOf(FrameError);
		}
	}
});

test("hexadecimal, base64 and deflate give back what they took", async () => {
	await fc.assert(
		fc.asyncProperty(bytes, async (array) => {
			expect(fromHex(hex(array))).toEqual(array);
			expect(fromBase64(base64(array))).toEqual(array);
			expect(await unpack(await pack(array))).toEqual(array);
		}),
	);
});

test("a content that unpacks to more than its limit is refused", async () => {
	await expect(unpack(await pack(new Uint8Array(100_000)), 10_000)).rejects.toThrow(/more than 10000 bytes/);
});

test("ids sort by the time they carry", () => {
	const at = Date.UTC(2026, 10, 23);
	expect(uuidTime(uuidv7(at))).toBe(at);
	expect(uuidv7(at) < uuidv7(at + 1)).toBe(true);
	expect(uuidv7()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});

test.each(["../x", "/etc/passwd", "a//b", "a/../b", "./a", "a\\b", "", "a/"])("the path %j leaves the project and is refused", (path) => {
	expect(ProjectPath.safeParse(path).success).toBe(false);
});
