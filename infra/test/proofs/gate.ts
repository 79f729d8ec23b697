// A proxy that understands: between agent or client and control plane, it may change an answer or lose it, as a control plane that lies or a bad line would.
import http from "node:http";
import net from "node:net";
import { freePort } from "../../ports.ts";

export type Exchange = { path: string; asked: Buffer; status: number; headers: http.IncomingHttpHeaders; answer: Buffer };
/** @returns another answer, "lost" to cut the connection in its place, undefined to pass it on. */
export type Meddle = (exchange: Exchange) => Buffer | "lost" | undefined;

export type Gate = {
	url: string;
	/** Looks at every answer; undefined lets all pass. */
	meddle: Meddle | undefined;
	stop(): Promise<void>;
};

const whole = async (stream: http.IncomingMessage): Promise<Buffer> => {
	const chunks: Buffer[] = [];
	for await (const chunk of stream) chunks.push(chunk as Buffer);
	return Buffer.concat(chunks);
};

export async function startGate(target: number): Promise<Gate> {
	const sockets = new Set<net.Socket>();
	const pass = async (req: http.IncomingMessage, res: http.ServerResponse): Promise<void> => {
		const asked = await whole(req);
		// As it is, so that it can be read and changed.
		const { "accept-encoding": _packed, ...headers } = req.headers;
		const upstream = http.request({ port: target, host: "127.0.0.1", method: req.method, path: req.url, headers, agent: false });
		res.on("close", () => upstream.destroy());
		upstream.end(asked);
		const from = await new Promise<http.IncomingMessage>((resolve, reject) => upstream.once("response", resolve).once("error", reject));
		const answer = await whole(from);
		const exchange = { path: req.url ?? "", asked, status: from.statusCode ?? 0, headers: from.headers, answer };
		const changed = gate.meddle?.(exchange) ?? answer;
		if (changed === "lost") {
			req.socket.destroy();
			return;
		}
		const { "transfer-encoding": _, connection: _closes, ...kept } = from.headers;
		res.writeHead(exchange.status, { ...kept, "content-length": changed.length }).end(changed);
	};
	const server = http.createServer((req, res) => {
		pass(req, res).catch(() => req.socket.destroy());
	});
	server.on("connection", (socket) => {
		sockets.add(socket);
		socket.on("close", () => sockets.delete(socket));
	});
	server.on("upgrade", (req, socket, head) => {
		const upstream = net.connect(target, "127.0.0.1", () => {
			const lines = Object.entries(req.headers).map(([name, value]) => `${name}: ${value}`);
			upstream.write(`${req.method} ${req.url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
			upstream.write(head);
			socket.pipe(upstream).pipe(socket);
		});
		upstream.on("error", () => socket.destroy()).on("close", () => socket.destroy());
		socket.on("error", () => upstream.destroy()).on("close", () => upstream.destroy());
	});
	const port = await freePort();
	await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
	const gate: Gate = {
		url: `http://localhost:${port}`,
		meddle: undefined,
		stop: async () => {
			for (const socket of sockets) socket.destroy();
			await new Promise((resolve) => server.close(resolve));
		},
	};
	return gate;
}
