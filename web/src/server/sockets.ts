/**
 * The web sockets of subscriptions. Whatever else wants to upgrade is cut off, since nobody would ever answer it. Whoever opens a socket has to prove who
 * he is within seconds, so that sockets of nobody keep nobody out; when that no longer holds (signed out, removed, revoked) the socket is closed.
 */
import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import type { AnyRouter } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { type WebSocket, WebSocketServer } from "ws";
import type { Caller } from "./callers.ts";
import { type Context, socketContext } from "./context.ts";
import { REASONS, Refused } from "./errors.ts";
import { address, isSameOrigin } from "./origin.ts";
import { bus } from "./pubsub.ts";
import { Seats } from "./seats.ts";

/** Bytes of one message to us: parameters of a trigger fit, nothing larger is ever asked by socket. */
const MAX_MESSAGE = 2 * 1024 * 1024;
/** A dead connection is noticed within half a minute. Milliseconds. */
const PING = 20_000;
const PONG = 10_000;
/** What it follows is told why first: after this it is closed. Milliseconds. */
const TELLING = 200;
/** How long one that was told to close may take. Milliseconds. */
const CLOSING = 1_000;
/** "Service restart": clients come back. */
const RESTART = 1012;
/** Codes of our own are 4000 and the HTTP status of the refusal; the reason is its word. */
const OWN_CODES = 4000;

export interface Sockets {
	/** Closes all, in a way that makes clients come back. */
	close(): Promise<void>;
}

function refuse(socket: Duplex, status: string): void {
	socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

/** For a reason that whoever opened it can read; whoever does not answer is cut off. */
function closeFor(client: WebSocket, reason: keyof typeof REASONS): void {
	client.close(OWN_CODES + REASONS[reason].status, reason);
	const late = setTimeout(() => client.terminate(), CLOSING).unref();
	client.once("close", () => clearTimeout(late));
}

/** Proves the socket's caller, at once and each time that what somebody may do changes. */
async function prove(client: WebSocket, caller: Context["caller"], seats: Seats<WebSocket>): Promise<void> {
	const look = (): Promise<Caller | undefined> =>
		caller().catch((error) => {
			// Its subscriptions are told why. Where the database is away, nobody was refused.
			if (error instanceof Refused && seats.isProven(client)) setTimeout(() => closeFor(client, error.reason), TELLING).unref();
			return undefined;
		});
	const who = await look();
	if (!who || client.readyState !== client.OPEN) return;
	if (!seats.prove(client, `${who.by} ${who.id}`)) return closeFor(client, "too_many");
	const offs = [bus.onCallers(() => void look()), ...(who.session ? [bus.onSession(who.session, () => void look())] : [])];
	client.once("close", () => {
		for (const off of offs) off();
	});
}

/** @param otherwise takes upgrades on other paths (Next's hot reload, in development). */
export function attachSockets(http: Server, router: AnyRouter, otherwise?: (req: IncomingMessage, socket: Duplex, head: Buffer) => void): Sockets {
	const wss = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE, perMessageDeflate: false });
	const seats = new Seats<WebSocket>((client) => closeFor(client, "unauthorized"));
	applyWSSHandler({
		wss,
		router,
		keepAlive: { enabled: true, pingMs: PING, pongWaitMs: PONG },
		createContext: ({ req, res, info }) => {
			const context = socketContext(req, res, info.connectionParams);
			void prove(res, context.caller, seats);
			return context;
		},
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
		wss.handleUpgrade(req, socket, head, (client) => {
			seats.take(client, from);
			client.once("close", () => seats.leave(client));
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
