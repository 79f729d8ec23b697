import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { binDir, childEnv } from "../config.mjs";
import { identify, isAlive } from "../identity.mjs";
import { processesIn, until } from "../processes.ts";
import { type Postgres, startPostgres } from "./postgres.ts";

let dir: string;
const started: Postgres[] = [];

beforeEach(() => {
	// Spaces, and closed to everybody else, as a root user's home is.
	dir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "tidegate pg ")), "postgres");
});
afterEach(async () => {
	for (const postgres of started.splice(0)) await postgres.stop();
	expect(fs.existsSync(path.join(dir, "data")) ? processesIn(path.join(dir, "data")) : []).toEqual([]);
	fs.rmSync(path.dirname(dir), { recursive: true });
});

async function start(durable = false): Promise<Postgres> {
	const postgres = await startPostgres({ dir, durable });
	started.push(postgres);
	return postgres;
}

async function query(url: string, sql: string): Promise<Record<string, unknown> | undefined> {
	const client = new pg.Client(url);
	client.on("error", () => undefined);
	await client.connect();
	try {
		return (await client.query(sql)).rows[0];
	} finally {
		await client.end().catch(() => undefined);
	}
}

test("data outlives a stop, and the port and password stay", async () => {
	const first = await start();
	await query(first.url, "create table t as select 42 as n");
	await first.stop();
	const second = await start();
	expect(second.url).toBe(first.url);
	expect(await query(second.url, "select n from t")).toEqual({ n: 42 });
});

test("what is committed is synced, strangers without the password stay out, and secrets are 0600", async () => {
	const { url } = await start(true);
	expect(await query(url, "select current_setting('fsync') as f, current_setting('synchronous_commit') as s")).toEqual({ f: "on", s: "on" });
	const without = new URL(url);
	without.password = "guess";
	await expect(query(without.href, "select 1")).rejects.toThrow(/password authentication failed/);
	expect(fs.statSync(path.join(dir, "password")).mode & 0o777).toBe(0o600);
	expect(fs.statSync(dir).mode & 0o777).toBe(0o700);
});

test("after kill -9 of the postmaster, with a backend still busy, the next start has the committed data", async () => {
	const first = await start();
	await query(first.url, "create table t as select 42 as n");
	const busy = query(first.url, "select pg_sleep(600)").catch(() => undefined);
	await until(() => processesIn(path.join(dir, "data")).length > 6, 2000);
	process.kill(first.pid, "SIGKILL");
	await first.exited;
	const second = await start();
	await busy;
	expect(await query(second.url, "select n from t")).toEqual({ n: 42 });
});

test("a start takes over from a postmaster that an earlier one left", async () => {
	const first = await start();
	const second = await start();
	await first.exited;
	expect(await query(second.url, "select 1 as n")).toEqual({ n: 1 });
});

test("a postmaster.pid whose pid now belongs to a stranger does not hinder, and the stranger is not touched", async () => {
	const first = await start();
	await first.stop();
	const stranger = spawn("sleep", ["60"], { stdio: "ignore" });
	const who = identify(stranger.pid ?? 0);
	fs.writeFileSync(path.join(dir, "data", "postmaster.pid"), `${stranger.pid}\n${path.join(dir, "data")}\n1\n1\n\n127.0.0.1\n1 1\nready   \n`);
	const second = await start();
	expect(await query(second.url, "select 1 as n")).toEqual({ n: 1 });
	expect(isAlive(who)).toBe(true);
	stranger.kill("SIGKILL");
});

test("a port that was taken meanwhile is replaced by another", async () => {
	const first = await start();
	await first.stop();
	const thief = net.createServer();
	await new Promise<void>((resolve) => thief.listen(first.port, "127.0.0.1", resolve));
	const second = await start();
	expect(second.port).not.toBe(first.port);
	expect(await query(second.url, "select 1 as n")).toEqual({ n: 1 });
	thief.close();
});

test("an initdb that was killed half-way is made again", async () => {
	fs.mkdirSync(path.join(dir, "data.new", "base"), { recursive: true });
	fs.writeFileSync(path.join(dir, "data.new", "PG_VERSION"), "18\n");
	expect(await query((await start()).url, "select 1 as n")).toEqual({ n: 1 });
});

test("data without its password is refused with what to do", async () => {
	await (await start()).stop();
	fs.rmSync(path.join(dir, "password"));
	await expect(start()).rejects.toThrow(/password is missing.*--fresh/);
});

test.runIf(process.platform === "linux")("Postgres ends when its starter is killed", async () => {
	const script = `
    const { startPostgres } = await import(${JSON.stringify(path.join(import.meta.dirname, "postgres.ts"))});
    const { pid } = await startPostgres({ dir: ${JSON.stringify(dir)}, durable: false });
    console.log(pid); setInterval(() => {}, 1000);`;
	const starter = spawn(path.join(binDir, "node"), ["--input-type=module", "-e", script], {
		env: childEnv(),
		stdio: ["ignore", "pipe", "inherit"],
	});
	const pid = Number(await new Promise((resolve) => starter.stdout.once("data", resolve)));
	const postmaster = identify(pid);
	expect(isAlive(postmaster)).toBe(true);
	starter.kill("SIGKILL");
	expect(await until(() => !isAlive(postmaster), 10_000)).toBe(true);
});
