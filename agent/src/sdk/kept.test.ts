import { serialize } from "node:v8";
import { expect, test } from "vitest";
import { digestOf } from "./kept.ts";

test("a digest goes by the content, not by how the engine keeps it", () => {
	const doubles = [1.5, 2];
	const mixed: unknown[] = ["", 2];
	mixed[0] = 1.5;
	expect(serialize(doubles).equals(serialize(mixed))).toBe(false);
	expect(digestOf({ a: doubles, b: 1 })).toBe(digestOf({ b: 1, a: mixed }));
	const circle: unknown[] = [];
	circle.push(circle);
	const different = [
		...[
			null,
			undefined,
			0,
			-0,
			Number.NaN,
			1,
			1n,
			"1",
			true,
			new Date(1),
			/1/,
			/1/g,
			[1],
			{ 0: 1 },
			new Map([[0, 1]]),
			new Map([[1, 0]]),
			new Set([1]),
		],
		...[
			new Uint8Array([1]),
			new Int8Array([1]),
			Buffer.from([1]),
			new Error("1"),
			new RangeError("1"),
			[[1], 2],
			[1, [2]],
			circle,
			Object(1),
			{ a: undefined },
			{},
		],
	];
	expect(new Set(different.map(digestOf)).size).toBe(different.length);
	expect(digestOf(new (class Own {})())).toBeUndefined();
});
