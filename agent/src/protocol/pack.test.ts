import { deflateRawSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { pack, unpack } from "./pack.ts";

const content = (length: number): Uint8Array<ArrayBuffer> => Uint8Array.from({ length }, (_, n) => (n * 7) % 251);

test("small and large contents come back as they were, and any inflater reads them", async () => {
	for (const length of [0, 1, 5, 1023, 1024, 1025, 300_000]) {
		const packed = await pack(content(length));
		expect(await unpack(packed), `${length} bytes`).toEqual(content(length));
		expect(new Uint8Array(inflateRawSync(packed)), `${length} bytes`).toEqual(content(length));
	}
});

test("what another deflater packed is read too", async () => {
	for (const level of [0, 9]) expect(await unpack(new Uint8Array(deflateRawSync(content(500), { level })))).toEqual(content(500));
});

test("a content that unpacks to more than its limit is refused, small or large", async () => {
	await expect(unpack(await pack(content(1000)), 999)).rejects.toThrow(RangeError);
	await expect(unpack(await pack(new Uint8Array(1_000_000)), 999_999)).rejects.toThrow(RangeError);
});

test("what is no packed content is refused", async () => {
	await expect(unpack(Uint8Array.of(1, 5, 0, 250, 255, 1))).rejects.toThrow();
	await expect(unpack(Uint8Array.of(255, 255, 255))).rejects.toThrow();
});
