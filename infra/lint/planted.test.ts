// Each rule of the house, broken on purpose in a small house that is otherwise in order.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binDir, root } from "../config.mjs";
import { biome, type Check, house, knip, types } from "./checks.ts";

const sound: Record<string, string> = {
	"package.json":
		'{ "name": "small-house", "private": true, "type": "module", "workspaces": ["web", "agent"], "devDependencies": { "pg": "8.23.1" } }\n',
	"tsconfig.json": fs.readFileSync(path.join(root, "tsconfig.json"), "utf8").replace('"types": ["node"]', '"types": []'),
	"turbo.json": "{}\n",
	"README.md": "A small house.\n",
	LICENSE: fs.readFileSync(path.join(root, "LICENSE"), "utf8"),
	".biome.jsonc": fs.readFileSync(path.join(root, ".biome.jsonc"), "utf8").replace(/"\$schema".*\n/, ""),
	".knip.jsonc":
		'{ "workspaces": { ".": { "entry": ["infra/main.ts"] }, "web": { "entry": ["server.ts"], "project": ["**/*.{ts,tsx}"] }, "agent": { "entry": ["main.ts"], "project": ["**/*.ts"] } } }\n',
	"web/package.json": '{ "name": "@tidegate/web", "private": true, "type": "module", "dependencies": { "tidegate": "0.1.0" } }\n',
	"web/server.ts": 'import { app } from "./src/router.ts";\n\napp();\n',
	"web/src/router.ts": 'import { list } from "./features/runs/router.ts";\n\nexport const app = () => list();\n',
	"web/src/features/runs/router.ts": 'import { decide } from "./lifecycle.ts";\n\nexport const list = () => decide();\n',
	"web/src/features/runs/lifecycle.ts":
		'import { query } from "../../server/db.ts";\n\nexport const decide = () => query("update run set state = $1, at = tg_now()");\n',
	"web/src/server/db.ts": 'import { wire } from "tidegate/protocol/wire.ts";\n\nexport const query = (sql: string) => wire.parse(sql).length;\n',
	"agent/package.json":
		'{ "name": "tidegate", "type": "module", "exports": { "./protocol/*": "./src/protocol/*" }, "dependencies": { "zod": "4.6.7" } }\n',
	"agent/main.ts": 'import { wire } from "./src/protocol/wire.ts";\n\nwire.parse("x");\n',
	"agent/src/protocol/wire.ts": 'import { z } from "zod";\n\nexport const wire = z.string();\n',
	"prisma/migrations/1_first/migration.sql":
		"-- nothing else calls now()\nCREATE FUNCTION tg_now() RETURNS timestamptz LANGUAGE sql\n  RETURN clock_timestamp() + interval '0';\n",
	"infra/main.ts": 'import pg from "pg";\n\nnew pg.Client().connect();\n',
};

let home: string;

function write(at: string, text: string): void {
	fs.mkdirSync(path.dirname(path.join(home, at)), { recursive: true });
	fs.writeFileSync(path.join(home, at), text);
}

/** What `check` says while `planted` stands in the small house. */
async function saidOf(check: Check, planted: Record<string, string>): Promise<string> {
	for (const [at, text] of Object.entries(planted)) write(at, text);
	try {
		return await check.run(home);
	} finally {
		for (const at of Object.keys(planted)) {
			if (at in sound) write(at, sound[at] ?? "");
			else fs.rmSync(path.join(home, at));
		}
	}
}

beforeAll(() => {
	home = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-house-"));
	for (const [at, text] of Object.entries(sound)) write(at, text);
	fs.mkdirSync(path.join(home, "node_modules"));
	execFileSync(path.join(binDir, "biome"), ["format", "--write", "."], { cwd: home, stdio: "pipe" });
	for (const at of Object.keys(sound)) sound[at] = fs.readFileSync(path.join(home, at), "utf8");
	fs.symlinkSync("../agent", path.join(home, "node_modules", "tidegate"));
	for (const name of ["zod", "pg", "@types"]) fs.symlinkSync(path.join(root, "node_modules", name), path.join(home, "node_modules", name));
});
afterAll(() => fs.rmSync(home, { recursive: true }));

test("the small house itself breaks no rule", async () => {
	for (const check of [house, biome, knip, types]) expect(`${check.name}: ${await check.run(home)}`).toBe(`${check.name}: `);
});

const here: Array<[rule: string, planted: Record<string, string>]> = [
	["top-level", { "notes.txt": "x" }],
	["license", { LICENSE: "MIT" }],
	["exact-versions", { "web/package.json": '{ "name": "@tidegate/web", "dependencies": { "tidegate": "^0.1.0" } }' }],
	["file-size", { "agent/src/long.ts": "// a line\n".repeat(401) }],
	["file-size", { "agent/python/tidegate/long.py": "# a line\n".repeat(401) }],
	["unfinished", { "agent/src/later.ts": "// TODO: the rest\n" }],
	["unfinished", { "agent/python/tidegate/later.py": "# FIXME\n" }],
	["protocol-imports-only-zod", { "agent/src/protocol/seal.ts": 'import fs from "node:fs";\n' }],
	["protocol-imports-only-zod", { "agent/src/protocol/seal.ts": 'import type { Home } from "../daemon/home.ts";\n' }],
	["agent-takes-only-AppRouter-from-web", { "agent/src/client/index.ts": 'import { app } from "../../../web/src/router.ts";\n' }],
	["agent-takes-only-AppRouter-from-web", { "agent/src/client/index.ts": 'import type { AppRouter, Other } from "../../../web/src/router.ts";\n' }],
	["web-takes-only-protocol-from-agent", { "web/src/gateway/poll.ts": 'import { x } from "tidegate/src/daemon/home.ts";\n' }],
	["web-takes-only-protocol-from-agent", { "web/src/gateway/poll.ts": 'const x = await import("../../../agent/src/config.ts");\n' }],
	["product-does-not-import-infra", { "web/src/server/port.ts": 'import { freePort } from "../../../infra/ports.ts";\n' }],
	["product-does-not-import-infra", { "web/src/server/port.ts": 'import { place } from "../features/runs/fixture.ts";\n' }],
	["pages-reach-the-server-through-trpc", { "web/src/app/page.tsx": 'import { query } from "../server/db.ts";\n' }],
	["pages-reach-the-server-through-trpc", { "web/src/features/runs/components/List.tsx": 'import { decide } from "../lifecycle.ts";\n' }],
	["downward-only", { "web/src/server/up.ts": 'import { decide } from "../features/runs/lifecycle.ts";\n' }],
	["downward-only", { "web/src/server/up.ts": 'import type { Run } from "../features/runs/lifecycle.ts";\n' }],
	["downward-only", { "web/src/features/runs/claim.ts": 'import { list } from "./router.ts";\n' }],
	["downward-only", { "web/src/features/runs/claim.ts": 'import { poll } from "../../gateway/poll.ts";\n' }],
	["doors-do-not-open-into-each-other", { "web/src/gateway/poll.ts": 'import { list } from "../features/runs/router.ts";\n' }],
	["python-standard-library", { "agent/python/tidegate/frames.py": "from __future__ import annotations\nimport os, numpy as np\n" }],
	["python-standard-library", { "agent/python/tidegate/frames.py": "def f():\n    from pandas.core import frame\n" }],
	["one-writer", { "web/src/gateway/poll.ts": "const sql = `update run\nset state = $1`;\n" }],
	["one-writer", { "web/src/features/runs/claim.ts": 'const sql = "INSERT INTO execution (id) values ($1)";\n' }],
	["one-writer", { "web/src/server/sweep.ts": 'const sql = "delete from task where true";\n' }],
	["one-writer", { "web/src/features/runs/router.ts": "const x = db.run.updateMany({});\n" }],
	["one-clock", { "web/src/server/sweep.ts": 'const sql = "select now() - at from x";\n' }],
	["one-clock", { "web/src/server/sweep.ts": 'const sql = "select current_timestamp";\n' }],
	["one-clock", { "prisma/migrations/2_second/migration.sql": "CREATE TABLE t (at timestamptz DEFAULT now());\n" }],
	["one-clock", { "prisma/schema/x.prisma": "model X {\n  at DateTime @default(now())\n}\n" }],
	["one-logger", { "web/src/gateway/poll.ts": 'console.log("x");\n' }],
	["one-logger", { "web/src/features/runs/claim.ts": 'console.error("x");\n' }],
	["no-mocks", { "web/src/gateway/poll.test.ts": 'vi.mock("./poll.ts");\n' }],
];

describe("the house's own checks", () => {
	test.each(here)("%s: %o is found", async (rule, planted) => {
		const said = await saidOf(house, planted);
		const [file = ""] = Object.keys(planted);
		expect(said.split("\n").filter((line) => line.startsWith(`${file}:`) && line.includes(`  ${rule}  `))).toHaveLength(1);
	});

	test("what only looks like a violation is none", async () => {
		const planted = {
			"web/src/gateway/poll.ts":
				'// update run, console.log, now()\nconst sql = "update run_note set x = 1, at = tg_now()";\nconst at = Date.now() + now();\n',
			"web/src/app/page.tsx": 'import type { AppRouter } from "../router.ts";\n',
			"agent/src/client/index.ts": 'import type { AppRouter } from "../../../web/src/router.ts";\n',
			"web/src/features/runs/claim.ts": 'import { wire } from "tidegate/protocol/wire.ts";\n',
		};
		expect(await saidOf(house, planted)).toBe("");
	});
});

const byBiome: Array<[rule: string, planted: Record<string, string>]> = [
	["noProcessEnv", { "web/src/server/port.ts": "export const port = process.env.PORT;\n" }],
	["noRestrictedImports", { "agent/src/port.ts": 'import { env } from "node:process";\n\nexport const port = env.PORT;\n' }],
	[
		"noImportCycles",
		{
			"web/src/server/a.ts": 'import { b } from "./b.ts";\n\nexport const a = () => b();\n',
			"web/src/server/b.ts": 'import { a } from "./a.ts";\n\nexport const b = () => a();\n',
		},
	],
	[
		"noImportCycles",
		{
			"web/src/server/a.ts": 'import type { B } from "./b.ts";\n\nexport type A = B[];\n',
			"web/src/server/b.ts": 'import type { A } from "./a.ts";\n\nexport type B = A[];\n',
		},
	],
	["noBarrelFile", { "web/src/server/all.ts": 'export * from "./db.ts";\n' }],
	["noUndeclaredDependencies", { "agent/src/port.ts": 'import pg from "pg";\n\nexport const client = new pg.Client();\n' }],
	["noSkippedTests", { "web/src/x.test.ts": 'import { test } from "vitest";\n\ntest.skip("x", () => {});\n' }],
	["noFocusedTests", { "web/src/x.test.ts": 'import { test } from "vitest";\n\ntest.only("x", () => {});\n' }],
	["noExplicitAny", { "web/src/server/any.ts": "export const x: any = 1;\n" }],
	["noEnum", { "agent/src/kind.ts": "export enum Kind {\n\tA,\n}\n" }],
	["format", { "web/src/server/wide.ts": "export const x   =   1;\n" }],
];

test.each(byBiome)("Biome's %s: %o is found", async (rule, planted) => {
	expect(await saidOf(biome, planted)).toContain(rule);
});

test.each([
	["a file nobody uses", { "web/src/server/idle.ts": "export const idle = 1;\n" }, "idle.ts"],
	["an export nobody uses", { "web/src/server/db.ts": `${sound["web/src/server/db.ts"]}export const idle = 1;\n` }, "idle"],
	[
		"a package nobody uses",
		{
			"web/package.json": '{ "name": "@tidegate/web", "private": true, "type": "module", "dependencies": { "tidegate": "0.1.0", "ws": "8.23.0" } }\n',
		},
		"ws",
	],
])("knip: %s is found", async (_, planted, name) => {
	expect(await saidOf(knip, planted)).toContain(name);
});

test("a type error is found, and an index that may be missing counts as one", async () => {
	const planted = { "agent/src/first.ts": "const list: string[] = [];\n\nexport const first: string = list[0];\n" };
	expect(await saidOf(types, planted)).toContain("agent/src/first.ts(3,14): error TS2322");
});
