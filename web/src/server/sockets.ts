/** The web sockets of subscriptions. Whatever else wants to upgrade is cut off, since nobody would ever answer it. */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { AnyRouter } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { WebSocketServer } from "ws";
import { socketContext } from "./context.ts";
import { address, isSameOrigin } from "./origin.ts";

/** Bytes of one message to us: parameters of a trigger fit, nothing larger is ever asked by socket. */
const MAX_MESSAGE = 2 * 1024 * 1024;
/** Sockets of one address: an office behind one of them, each with some tabs. */
const MAX_SOCKETS = 500;
/** A dead connection is noticed within half a minute. Milliseconds. */
const PING = 20_000;
const PONG = 10_000;
/** "Service restart": clients come back. */
const RESTART = 1012;

export interface Sockets {
	/** Closes all, in a way that makes clients come back. */
	close(): Promise<void>;
}

function refuse(socket: Duplex, status: string): void {
	socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

/** @param otherwise takes upgrades on other paths (Next's hot reload, in development). */
export function attachSockets(http: Server, router: AnyRouter, otherwise?: (req: IncomingMessage, socket: Duplex, head: Buffer) => void): Sockets {
	const wss = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });
	const perAddress = new Map<string, number>();
	applyWSSHandler({
		wss,
		router,
		keepAlive: { enabled: true, pingMs: PING, pongWaitMs: PONG },
		createContext: ({ req, res, info }) => socketContext(req, res, info.connectionParams),
	});
	http.on("upgrade", (req, socket, head) => {
		socket.on("error", () => socket.destroy());
		if ((req.url ?? "").split("?")[0] !== "/trpc") {
			if (otherwise) otherwise(req, socket, head);
			else refuse(socket, "404 Not Found");
			return;
		}
		// Browsers send our cookie along whichever page asks.
		if (req.headers.origin !== undefined && !isSameOrigin(req)) return refuse(socket, "403 Forbidden");
		const from = address(req);
		const open = perAddress.get(from) ?? 0;
		if (open >= MAX_SOCKETS) return refuse(socket, "429 Too Many Requests");
		wss.handleUpgrade(req, socket, head, (client) => {
			perAddress.set(from, (perAddress.get(from) ?? 0) + 1);
			client.once("close", () => {
				const left = (perAddress.get(from) ?? 1) - 1;
				if (left > 0) perAddress.set(from, left);
				else perAddress.delete(from);
			});
			wss.emit("connection", client, req);
		});
	});
	return {
		async close() {
			const clients = [...wss.clients];
			const closed = clients.map((client) => new Promise((resolve) => client.once("close", resolve)));
			for (const client of clients) client.close(RESTART, "the server restarts");
			const late = setTimeout(() => {
				for (const client of clients) client.terminate();
			}, 1_000);
			await Promise.all(closed);
			clearTimeout(late);
			wss.close();
		},
	};
}
