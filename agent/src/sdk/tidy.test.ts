import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { KEPT, tidy } from "./tidy.ts";

const DAY = 24 * 3600 * 1000;
const [A, B, C] = ["a", "b", "c"].map((letter) => letter.repeat(64)) as [string, string, string];

test("what local runs keep is bounded by age and by size, and what is in use stays", () => {
	const store = mkdtempSync(join(tmpdir(), "tidegate-tidy-"));
	onTestFinished(() => rmSync(store, { recursive: true }));
	const now = Date.now();
	const write = (path: string, age: number, content: string | Buffer) => {
		const file = join(store, path);
		mkdirSync(dirname(file), { recursive: true });
		writeFileSync(file, content);
		for (const one of path.startsWith("runs") ? [file, dirname(file)] : [file]) utimesSync(one, new Date(now - age), new Date(now - age));
	};
	const there = (...paths: string[]) => paths.map((path) => existsSync(join(store, path)));
	const runs = ["runs/new/checkpoints.log", "runs/old/checkpoints.log", "runs/older/checkpoints.log"];
	const objects = [`objects/aa/${A}`, `objects/bb/${B}`, `objects/cc/${C}`];
	write(runs[0] as string, DAY, `{"object":"${A}"}`);
	write(runs[1] as string, 9 * DAY, `{"object":"${B}"}`);
	write(runs[2] as string, KEPT + DAY, `{"object":"${C}"}`);
	for (const object of objects) write(object, 9 * DAY, Buffer.alloc(1000));
	write("cache/aa/short.json", DAY, '{"for":3600}');
	write("cache/aa/long.json", DAY, '{"for":null}');
	write(`objects/dd/${"d".repeat(64)}`, 1000, "just written, and not yet named");

	expect(tidy(store, now)).toBeGreaterThan(1000);
	expect(there(...runs, ...objects)).toEqual([true, true, false, true, true, false]);
	expect(there("cache/aa/short.json", "cache/aa/long.json", `objects/dd/${"d".repeat(64)}`)).toEqual([false, true, true]);
	expect(tidy(store, now + DAY / 2, 1500)).toBe(0);
	// Of two that do not both fit, the older goes, with what it alone names.
	expect(tidy(store, now + 2 * DAY, 1500)).toBeGreaterThan(1000);
	expect(there(...runs, ...objects)).toEqual([true, false, false, true, false, false]);
});
