import http from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { EXIT } from "../cli/exit.ts";
import { toFailure } from "../cli/failures.ts";
import { connectApi } from "./api.ts";
import { fetchWithin } from "./patience.ts";

let server: Server;
const sockets = new Set<Socket>();
async function listen(one: Server): Promise<string> {
	server = one.on("connection", (socket: Socket) => sockets.add(socket));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
afterEach(() => {
	for (const socket of sockets) socket.destroy();
	return new Promise((resolve) => server.close(resolve));
});

test("a server that takes connections and never answers is out of reach, and said to be so", async () => {
	const url = await listen(createServer((socket) => socket.resume()));
	const asked = connectApi({ url, apiKey: "tg_x", timeoutMs: 300 }).whoami.query();
	const failure = toFailure(await asked.catch((error) => error), url);
	expect(failure).toMatchObject({ code: EXIT.noAccess, message: `cannot reach ${url}: it takes connections, but did not answer within 0.3 s.` });
	const bare = await fetchWithin(300, url).catch((error) => error);
	expect(toFailure(bare, url)).toMatchObject({ code: EXIT.noAccess, message: failure.message });
});

test("an answer that has begun may take its time", async () => {
	const slow = http.createServer(async (_, res) => {
		res.write("begun, ");
		await sleep(900);
		res.end("ended");
	});
	const url = await listen(slow);
	expect(await (await fetchWithin(400, url)).text()).toBe("begun, ended");
});
