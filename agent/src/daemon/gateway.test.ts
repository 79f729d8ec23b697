import http from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, test } from "vitest";
import { encodeFrame, FRAME_TYPE } from "../protocol/frame.ts";
import { Gateway } from "./gateway.ts";

let killed = false;
const held: Array<() => void> = [];
const server = http.createServer((request, response) => {
	request.resume();
	if (killed) return void request.socket.destroy();
	held.push(() => response.writeHead(200, { "content-type": FRAME_TYPE }).end(encodeFrame({})));
	// All at once, so that each has a connection of its own, which is then kept.
	if (held.length === 3) for (const answer of held.splice(0)) answer();
});
afterAll(() => void server.close());

test("a server that was killed while several connections to it stood is away, not a failure of the run", async () => {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const gateway = new Gateway(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
	const ask = () => gateway.call({ path: "version", header: {}, timeoutMs: 10_000 });
	await Promise.all([ask(), ask(), ask()]);
	killed = true;
	await expect(ask()).rejects.toMatchObject({ name: "GatewayError", verdict: "again", code: "unreachable" });
	gateway.close();
});
