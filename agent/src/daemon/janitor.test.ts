import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { uuidv7 } from "../protocol/ids.ts";
import { type Home, openHome } from "./home.ts";
import { LIMITS, makeRoom } from "./janitor.ts";
import { Store } from "./store.ts";

const DAY = 24 * 3600 * 1000;
const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };

function makeHome(): Home {
	const folder = mkdtempSync(join(tmpdir(), "tidegate-janitor-"));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	return openHome(folder);
}

/** @param age milliseconds since it was reported; null where it was not */
function makeRun(home: Home, age: number | null, size = 1000): string {
	const path = join(home.runs, `${uuidv7()}.1`);
	mkdirSync(path);
	writeFileSync(join(path, "agent.json"), "{}");
	writeFileSync(join(path, "out.log"), Buffer.alloc(size));
	if (age !== null) writeFileSync(join(path, "reported"), `${new Date(Date.now() - age).toISOString()}\n`);
	return path;
}

test("run directories go by age, but never one that lives or was not told", async () => {
	const home = makeHome();
	const [old, young, untold, live] = [makeRun(home, 8 * DAY), makeRun(home, 6 * DAY), makeRun(home, null), makeRun(home, 9 * DAY)];
	await makeRoom({ home, store: await Store.open(home.store), live: new Set([live]), output: silent, onChunksGone: () => undefined });
	expect([old, young, untold, live].map((path) => existsSync(path))).toEqual([false, true, true, true]);
});

test("above the size the run that ended longest ago goes first", async () => {
	const home = makeHome();
	const [newest, oldest, middle] = [makeRun(home, 1000, 4000), makeRun(home, 3 * DAY, 4000), makeRun(home, DAY, 4000)];
	await makeRoom({
		home,
		store: await Store.open(home.store),
		live: new Set(),
		output: silent,
		onChunksGone: () => undefined,
		limits: { ...LIMITS, runSize: 9000 },
	});
	expect([newest, oldest, middle].map((path) => existsSync(path))).toEqual([true, false, true]);
});

test("chunks go by their last use, and whoever remembers them is told", async () => {
	const home = makeHome();
	const paths = ["aa", "bb"].map((start, index) => {
		const path = join(home.chunks, start, start.repeat(32));
		mkdirSync(join(home.chunks, start));
		writeFileSync(path, Buffer.alloc(1000));
		const used = new Date(Date.now() - index * DAY);
		utimesSync(path, used, used);
		return path;
	});
	let told = 0;
	await makeRoom({
		home,
		store: await Store.open(home.store),
		live: new Set(),
		output: silent,
		onChunksGone: () => void told++,
		limits: { ...LIMITS, cacheSize: 1500 },
	});
	expect(paths.map((path) => existsSync(path))).toEqual([true, false]);
	expect(told).toBe(1);
});
