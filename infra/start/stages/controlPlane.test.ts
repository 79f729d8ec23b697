import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, inject, test } from "vitest";
import { freePort } from "../../ports.ts";
import { freshDatabase, type TestDatabase } from "../../test/database.ts";
import { onFreePort, startControlPlane } from "./controlPlane.ts";

const logs = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-port-"));
const others: http.Server[] = [];
let database: TestDatabase;

/** Another checkout's control plane, which is as healthy as ours would be. */
async function takePort(port: number): Promise<void> {
	const other = http.createServer((_req, res) => res.end('{"ok":true}'));
	others.push(other);
	await new Promise<void>((resolve, reject) => other.once("error", reject).listen(port, "127.0.0.1", resolve));
}

const startOn = (port: number) =>
	startControlPlane({ databaseUrl: database.url, port, secret: "5ea1".repeat(16), logs, env: { TIDEGATE_PAGES: "0" } });

beforeAll(async () => {
	database = await freshDatabase(inject("databaseUrl"));
});
afterAll(async () => {
	for (const other of others) await new Promise((resolve) => other.close(resolve));
	await database?.end();
	fs.rmSync(logs, { recursive: true, force: true });
});

test("a port that another start takes at the last moment is left to it, and the next one is used", async () => {
	const tried: number[] = [];
	const part = await onFreePort(undefined, async (port) => {
		tried.push(port);
		if (tried.length === 1) await takePort(port);
		return startOn(port);
	});
	try {
		expect(tried.length).toBe(2);
		expect(tried[1]).toBeGreaterThan(tried[0] as number);
		expect((await fetch(`http://127.0.0.1:${tried[1]}/healthz`)).status).toBe(200);
	} finally {
		await part.stop();
	}
});

test("a port that was asked for is never exchanged for another: that it is taken is said, before a start and in it", async () => {
	const asked = await freePort();
	await takePort(asked);
	const words = `Port ${asked} is taken`;
	await expect(onFreePort(asked, startOn)).rejects.toThrow(words);
	await expect(startOn(asked)).rejects.toThrow(words);
});
