/** Subscriptions over a WebSocket, which comes back by itself and goes on after the last event that was seen. */
import { createWSClient, type TRPCLink, wsLink } from "@trpc/client";
import type { AppRouter } from "../../../web/src/router.ts";

/** Quick at first, because a control plane restarts in seconds; milliseconds. */
const retryDelay = (attempt: number): number => Math.min(200 * 2 ** attempt, 3000);

export async function socketLink(base: string, apiKey: string): Promise<TRPCLink<AppRouter>> {
	const client = createWSClient({
		url: `${base.replace(/^http/, "ws")}/trpc`,
		connectionParams: { apiKey },
		WebSocket: await implementation(),
		retryDelayMs: retryDelay,
		lazy: { enabled: true, closeMs: 0 },
		// A connection that died without a word (a laptop that slept, a firewall) is noticed in seconds.
		keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 5_000 },
	});
	return wsLink<AppRouter>({ client });
}

type Implementation = NonNullable<Parameters<typeof createWSClient>[0]["WebSocket"]>;

/** The global one in browsers and Node ≥ 22, else the package ws. */
async function implementation(): Promise<Implementation> {
	if (typeof globalThis.WebSocket === "function") return globalThis.WebSocket as Implementation;
	return (await import("ws")).WebSocket as unknown as Implementation;
}
