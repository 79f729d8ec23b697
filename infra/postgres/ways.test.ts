import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import pg from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeCluster } from "./cluster.ts";
import { startPostgres } from "./postgres.ts";

// As an ordinary user there is one way only, which postgres.test.ts walks.
const asRoot = test.runIf(process.platform === "linux" && process.getuid?.() === 0);
let home: string;

beforeEach(() => {
	home = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate ways "));
	fs.chmodSync(home, 0o700);
});
afterEach(async () => {
	await removeCluster(path.join(home, "postgres"));
	fs.rmSync(home, { recursive: true });
});

async function startWith(way: string): Promise<{ noted: string; rows: unknown[]; uid: number }> {
	const dir = path.join(home, "postgres");
	fs.mkdirSync(dir, { recursive: true });
	fs.writeFileSync(path.join(dir, "way"), `${way}\n`);
	const postgres = await startPostgres({ dir, durable: false });
	const client = new pg.Client(postgres.url);
	await client.connect();
	const { rows } = await client
		.query("create table if not exists t as select 42 as n; select n from t")
		.then((both) => (Array.isArray(both) ? both.at(-1) : both));
	await client.end();
	const noted = fs.readFileSync(path.join(dir, "way"), "utf8").trim();
	const { uid } = fs.statSync(`/proc/${postgres.pid}`);
	await postgres.stop();
	return { noted, rows, uid };
}

asRoot("root's Postgres is served under a closed home, by a user namespace or by a lesser user", async () => {
	const { noted, rows } = await startWith("");
	expect(["owner", "namespace", "capability", "copy"]).toContain(noted);
	expect(rows).toEqual([{ n: 42 }]);
});

asRoot("the data follows when another way has to be taken", async () => {
	expect((await startWith("namespace")).rows).toEqual([{ n: 42 }]);
	const other = await startWith("capability");
	expect(other).toEqual({ noted: "capability", rows: [{ n: 42 }], uid: 65_534 });
	expect((await startWith("namespace")).rows).toEqual([{ n: 42 }]);
});

asRoot("where neither namespaces nor capabilities can be had, a copy outside the home serves", async () => {
	const { noted, rows, uid } = await startWith("copy");
	expect({ noted, rows, uid }).toEqual({ noted: "copy", rows: [{ n: 42 }], uid: 65_534 });
	expect((await startWith("copy")).rows).toEqual([{ n: 42 }]);
});
