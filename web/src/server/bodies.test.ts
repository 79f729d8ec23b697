import http from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { answerJson, callLimit, type Pace, readBody } from "./bodies.ts";
import { publicError, toRefusal } from "./errors.ts";
import { Room } from "./room.ts";

const KIB = 1024;
const open: { server: http.Server; sockets: Socket[] }[] = [];
afterEach(async () => {
	for (const { server, sockets } of open.splice(0)) {
		for (const socket of sockets) socket.destroy();
		server.closeAllConnections();
		await new Promise((resolve) => server.close(resolve));
	}
});

/** A door that reads bodies of up to 1 MiB and answers their size. @returns a sender of a body that is told to have `length` bytes, or of unknown length. */
async function door(reading: { pace?: Pace; room?: Room }) {
	const server = http.createServer(async (req, res) => {
		const work = async (place?: Parameters<Parameters<Room["enter"]>[1]>[0]): Promise<void> => {
			const body = await readBody(req, KIB * KIB, { place, pace: reading.pace });
			answerJson(res, 200, { size: body.length });
		};
		try {
			await (reading.room ? reading.room.enter(req.url ?? "", work) : work());
		} catch (error) {
			const told = publicError(error, "test");
			answerJson(res, told.status, toRefusal(told));
		}
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const sockets: Socket[] = [];
	open.push({ server, sockets });
	return (length: number | null, owner = "/anybody") => {
		const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
		sockets.push(socket);
		let answer = "";
		socket.on("data", (part) => (answer += part)).on("error", () => undefined);
		const ended = new Promise<string>((resolve) => socket.once("close", () => resolve(answer)));
		socket.write(
			`POST ${owner} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${length === null ? "transfer-encoding: chunked" : `content-length: ${length}`}\r\n\r\n`,
		);
		const write = (what: string | Buffer): boolean => socket.write(what);
		return { write, send: (bytes: number) => write(Buffer.alloc(bytes)), ended, soFar: () => answer };
	};
}

const patient: Pace = { rate: 1, window: 60_000, deadline: 60_000 };

describe("a body", () => {
	test("that stops coming is refused, and its sender reads why", async () => {
		const sender = (await door({ pace: { rate: 16 * KIB, window: 400, deadline: 60_000 } }))(100 * KIB);
		// A burst pays for its own window only.
		sender.send(50 * KIB);
		const answer = await sender.ended;
		expect(answer).toMatch(/^HTTP\/1.1 408 /);
		expect(answer).toMatch(/"code":"unavailable".*came too slowly: \d+ bytes in the last 0.4 s, at least 16 KiB\/s are needed/);
	});
	test("that comes steadily, but not within its deadline, is refused with what to do", async () => {
		const sender = (await door({ pace: { rate: 1, window: 60_000, deadline: 600 } }))(100 * KIB);
		const drip = setInterval(() => sender.send(KIB), 50);
		const answer = await sender.ended;
		clearInterval(drip);
		expect(answer).toMatch(/did not arrive within 0.6 s: send it in smaller parts/);
	});
	test("that grows past its limit without having said so is refused, and its sender reads why", async () => {
		const sender = (await door({ pace: patient }))(null);
		sender.write(`${(KIB * KIB + 1).toString(16)}\r\n`);
		sender.send(KIB * KIB + 1);
		const answer = await sender.ended;
		expect(answer).toMatch(/^HTTP\/1.1 413 /);
		expect(answer).toContain('"too_large"');
	});
});

describe("a room", () => {
	test("lets nobody's share keep others out, and lets the one who waited go on", async () => {
		const room = new Room(1000 * KIB, 200 * KIB);
		const begin = await door({ room, pace: patient });
		const greedy = [begin(190 * KIB, "/greedy"), begin(190 * KIB, "/greedy")];
		for (const [at, one] of greedy.entries()) {
			one.send(180 * KIB);
			await expect.poll(() => room.held, { timeout: 10_000 }).toBeGreaterThan(at === 0 ? 170 * KIB : 200 * KIB);
		}
		// The second has taken what brought its owner over the share, and is read no further.
		greedy[1]?.send(10 * KIB);
		const other = begin(100 * KIB, "/other");
		other.send(100 * KIB);
		expect(await other.ended).toMatch(/"size":102400/);
		await sleep(100);
		expect(greedy[1]?.soFar()).toBe("");
		greedy[0]?.send(10 * KIB);
		for (const one of greedy) expect(await one.ended).toMatch(/"size":194560/);
		expect(room.held).toBe(0);
	});
	test("that is full of half-read bodies empties: the first of all always goes on", async () => {
		const room = new Room(300 * KIB, 1000 * KIB);
		const begin = await door({ room, pace: patient });
		const many = Array.from({ length: 8 }, (_, at) => begin(200 * KIB, `/${at}`));
		for (const one of many) one.send(100 * KIB);
		await expect.poll(() => room.held, { timeout: 10_000 }).toBeGreaterThan(300 * KIB);
		for (const one of many) one.send(100 * KIB);
		for (const one of many) expect(await one.ended).toMatch(/"size":204800/);
		expect(room.held).toBe(0);
	});
});

test("a call brings what its procedure needs, and a batch what its calls need together", () => {
	expect(callLimit("invites.look")).toBe(64 * 1024);
	expect(callLimit("runs.trigger,runs.trigger")).toBe(4 * 1024 * 1024);
	expect(callLimit("flows.list%2Cruns.answer")).toBe((64 + 512) * 1024);
	expect(callLimit("versions.create,versions.prepare")).toBe(32 * 1024 * 1024);
	expect(callLimit(Array.from({ length: 1000 }, () => "whoami").join(","))).toBe(20 * 64 * 1024);
});
