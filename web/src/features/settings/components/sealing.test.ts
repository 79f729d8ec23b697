import { WorkspaceKey } from "tidegate/protocol/seal.ts";
import { expect, test } from "vitest";
import { readSetting, sealTyped } from "./sealing.ts";

test("a number that would be another one is refused as a variable, and taken as text in quotes", async () => {
	const key = await WorkspaceKey.open(new Uint8Array(32), "00000000-0000-7000-8000-000000000001");
	const place = { kind: "variable", name: "ID", pool: null } as const;
	expect(await sealTyped(key, place, '{"id": 1152921504606846977}')).toEqual({
		value: "1152921504606846977 is larger than JSON numbers here hold: give it as text in quotes",
	});
	const sealed = await sealTyped(key, place, '"1152921504606846977"');
	expect("sealed" in sealed && (await readSetting(key, place, sealed.sealed))).toBe('"1152921504606846977"');
});
