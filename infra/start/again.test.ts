// A start beside one that runs, whose database is not the one that was given.
import { spawnSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { saveWorkspaceKey } from "../../agent/src/keys.ts";
import { newKey } from "../../agent/src/protocol/seal.ts";
import { binDir, childEnv } from "../config.mjs";
import { identify } from "../identity.mjs";

test.each([
	[
		"postgres://me:secret@127.0.0.1:1/x",
		/^error: Tidegate already runs at http:\/\/localhost:7411, .* postgres:\/\/me@127\.0\.0\.1:1\/x: connect ECONNREFUSED .* Check DATABASE_URL: [^\n]*\n$/,
	],
	["banana", /^error: DATABASE_URL is no URL\. [^\n]*\n$/],
])("DATABASE_URL=%s is told in a sentence, without a stack", async (databaseUrl, said) => {
	const state = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate again "));
	onTestFinished(() => fs.rmSync(state, { recursive: true }));
	const [cli, workspaceId] = [path.join(state, "cli"), randomUUID()];
	await saveWorkspaceKey(cli, workspaceId, newKey(), null);
	fs.writeFileSync(path.join(cli, "config.json"), JSON.stringify({ workspaceId }));
	fs.writeFileSync(path.join(state, "start.lock"), JSON.stringify({ holders: [identify(process.pid)], url: "http://localhost:7411" }));
	const env = childEnv({ TIDEGATE_STATE: state, DATABASE_URL: databaseUrl, NO_COLOR: "1" });
	const { stderr, status } = spawnSync(path.join(binDir, "node"), [path.join(import.meta.dirname, "main.ts")], { env, encoding: "utf8" });
	expect(stderr).toMatch(said);
	expect(status).toBe(1);
});
