/** Bodies of requests, read up to a limit, as long as they come, and no further. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { MAX_BATCH, MAX_BODY } from "tidegate/protocol/limits.ts";
import { Refused } from "./errors.ts";
import type { Place } from "./room.ts";

const KIB = 1024;
/** What the calls of the people's door bring at most, with what base64 adds; one that is named nowhere brings names and ids. */
const CALLS: [prefix: string, bytes: number][] = [
	["versions.", MAX_BODY],
	["runs.trigger", 2 * 1024 * KIB],
	["runs.answer", 512 * KIB],
	["runs.mark", 512 * KIB],
	["events.send", 512 * KIB],
	["settings.set", 128 * KIB],
];
const PLAIN_CALL = 64 * KIB;

/**
 * How large the body of a request for these procedures may be. A body is parsed and checked on the one thread that serves everybody: 30 MB of brackets,
 * sent without a sign-in, would hold it for seconds. @param path as in the address, several procedures by commas
 */
export function callLimit(path: string): number {
	const each = path.split(/,|%2c/i).map((name) => CALLS.find(([prefix]) => name.startsWith(prefix))?.[1] ?? PLAIN_CALL);
	return Math.min(
		MAX_BODY,
		each.slice(0, MAX_BATCH).reduce((sum, bytes) => sum + bytes, 0),
	);
}

export interface Pace {
	/** Bytes a second that a sender must bring, counted over each window. */
	rate: number;
	/** Milliseconds: long enough for a line that drops out for some seconds. */
	window: number;
	/** Milliseconds until all of it must be there: before Node's own requestTimeout, which says nothing. */
	deadline: number;
}

/** Below any line that people deploy by, and far above a sender who only means to hold the door. */
const PACE: Pace = { rate: 16 * 1024, window: 10_000, deadline: 110_000 };

interface Reading {
	/** Where its bytes count among those of other bodies. */
	place?: Place;
	pace?: Pace;
}

/** @param limit bytes; @throws Refused too_large before more than that is held, too_slow where the sender holds the connection rather than uses it. */
export async function readBody(req: IncomingMessage, limit: number, { place, pace = PACE }: Reading = {}): Promise<Buffer> {
	const tooLarge = (): Refused => new Refused("too_large", `The request's body is larger than ${limit} bytes.`);
	if (Number(req.headers["content-length"] ?? 0) > limit) throw tooLarge();
	const parts: Buffer[] = [];
	let size = 0;
	const watch = watchPace(pace, () => size);
	// Not destroyed with the loop: who is refused still gets to read why.
	const coming = req.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer>;
	try {
		for (;;) {
			const { done, value } = await Promise.race([coming.next(), watch.tooSlow]);
			if (done) return Buffer.concat(parts, size);
			size += value.length;
			if (size > limit) throw tooLarge();
			parts.push(value);
			const room = place?.take(value.length);
			// Unread meanwhile, which is not the sender's fault.
			if (room) await watch.pausedFor(room);
		}
	} finally {
		watch.end();
	}
}

function watchPace({ rate, window, deadline }: Pace, arrived: () => number) {
	const { promise: tooSlow, reject } = Promise.withResolvers<never>();
	tooSlow.catch(() => undefined);
	const late = setTimeout(() => {
		reject(
			new Refused("too_slow", `The request's body did not arrive within ${deadline / 1000} s: send it in smaller parts, or over a faster line.`),
		);
	}, deadline);
	let before = 0;
	const look = (): void => {
		const came = arrived() - before;
		if (came < (rate * window) / 1000) {
			const least = `at least ${Math.round(rate / 1024)} KiB/s are needed`;
			reject(new Refused("too_slow", `The request's body came too slowly: ${came} bytes in the last ${window / 1000} s, ${least}.`));
		}
		before = arrived();
	};
	let windows = setInterval(look, window);
	return {
		tooSlow,
		async pausedFor(wait: Promise<void>): Promise<void> {
			clearInterval(windows);
			await Promise.race([wait, tooSlow]);
			before = arrived();
			windows = setInterval(look, window);
		},
		end(): void {
			clearTimeout(late);
			clearInterval(windows);
		},
	};
}

export function answerJson(res: ServerResponse, status: number, value: unknown): void {
	if (res.headersSent || res.destroyed) return;
	const body = JSON.stringify(value);
	// The rest of a body that nobody reads would be taken for the next request.
	if (!res.req.complete) res.setHeader("connection", "close");
	res.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body), "cache-control": "no-store" });
	res.end(body);
}
