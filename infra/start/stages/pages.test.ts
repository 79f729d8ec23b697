import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { keepPages } from "./pages.ts";

test("pages stay while somebody serves them, whatever is built meanwhile, and go after that", async () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate pages "));
	const [built, all] = [path.join(dir, "built"), path.join(dir, "all")];
	const build = (id: string): void => {
		fs.rmSync(built, { recursive: true, force: true });
		for (const name of ["server", "cache"]) fs.mkdirSync(path.join(built, name), { recursive: true });
		fs.writeFileSync(path.join(built, "BUILD_ID"), id);
		fs.writeFileSync(path.join(built, "server", "page.js"), id);
		fs.symlinkSync("../package", path.join(built, "linked"));
	};
	// As deep elsewhere, it would lead nowhere.
	fs.mkdirSync(path.join(dir, "package"));
	try {
		build("one");
		const one = await keepPages(built, all);
		fs.mkdirSync(path.join(all, "two.new"));
		build("two");
		const two = await keepPages(built, all);
		for (const [kept, id] of [
			[one, "one"],
			[two, "two"],
		] as const)
			expect([fs.readFileSync(path.join(kept, "server", "page.js"), "utf8"), fs.existsSync(path.join(kept, "linked"))]).toEqual([id, true]);
		expect([fs.readdirSync(all).sort(), fs.existsSync(path.join(two, "cache"))]).toEqual([["one", "two"], false]);
		// Its process ended.
		fs.writeFileSync(path.join(one, "owners", String(process.pid)), JSON.stringify({ pid: process.pid, started: "before" }));
		expect(await keepPages(built, all)).toBe(two);
		expect(fs.readdirSync(all)).toEqual(["two"]);
	} finally {
		fs.rmSync(dir, { recursive: true, force: true });
	}
});
