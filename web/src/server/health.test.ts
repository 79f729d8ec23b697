import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import pg from "pg";
import { expect, inject, test } from "vitest";
import { answers } from "./health.ts";

async function asked(config: pg.PoolConfig, within?: number): Promise<boolean> {
	const pool = new pg.Pool({ ...config, max: 1 });
	try {
		return await answers(pool, within);
	} finally {
		void pool.end();
	}
}

test("a database that answers is told from one that is gone, and from one that takes a connection and says nothing", async () => {
	const sockets: Socket[] = [];
	const silent = createServer((socket) => void sockets.push(socket)).listen(0, "127.0.0.1");
	await once(silent, "listening");
	const { port } = silent.address() as { port: number };
	const there = { host: "127.0.0.1", port };
	expect(await asked({ connectionString: inject("databaseUrl") }, 20_000)).toBe(true);
	const began = performance.now();
	expect(await asked(there, 300)).toBe(false);
	expect(performance.now() - began).toBeLessThan(10_000);
	for (const socket of sockets) socket.destroy();
	silent.close();
	await once(silent, "close");
	expect(await asked(there, 60_000)).toBe(false);
});
