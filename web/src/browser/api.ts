"use client";
/** The one way from pages to the server: tRPC over http for questions, over one web socket for what is live. */
import { QueryClient } from "@tanstack/react-query";
import { createTRPCClient, createWSClient, httpBatchLink, splitLink, TRPCClientError, type TRPCLink, wsLink } from "@trpc/client";
import type { inferRouterOutputs } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import { MAX_BATCH } from "tidegate/protocol/limits.ts";
import type { AppRouter } from "../router.ts";
import { heardServerTime } from "./clock.ts";
import { socketIs } from "./connection.ts";
import { sessionRefused } from "./expiry.ts";
import { optionsOf } from "./options.ts";
import { watchRun } from "./watched.ts";
import { chosenWorkspace, pageOf } from "./workspace.ts";

export type Outputs = inferRouterOutputs<AppRouter>;

/** The stable code of an error of the API, as `UNAUTHORIZED`; undefined for anything else (no network). */
export function errorCode(error: unknown): string | undefined {
	return error instanceof TRPCClientError ? (error.data as { code?: string } | undefined)?.code : undefined;
}

export const queryClient = new QueryClient({
	defaultOptions: {
		queries: {
			staleTime: 5_000,
			// What the server refused stays refused; what did not arrive is asked for again.
			retry: (count, error) => errorCode(error) === undefined && count < 5,
			retryDelay: (count) => Math.min(500 * 2 ** count, 5_000),
		},
	},
});

const socket = createWSClient({
	url: () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/trpc`,
	connectionParams: () => ({ workspace: chosenWorkspace() ?? "", person: pageOf() }),
	lazy: { enabled: true, closeMs: 10_000 },
	keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 3_000 },
	retryDelayMs: (attempt) => (attempt === 0 ? 0 : Math.min(250 * 2 ** attempt, 4_000)),
});
socket.connectionState.subscribe({ next: ({ state }) => socketIs(state) });

/** A connection proves who asks by the cookie that it was opened with: after another sign-in it must be opened again. What is subscribed goes on over it. */
export const renewSocket = (): void => socket.connection?.ws.close();

/** What any part of a page asks, whoever it is: that nobody is signed in, and which runs were started, is noticed here. */
const noticing: TRPCLink<AppRouter> =
	() =>
	({ op, next }) =>
		observable((observer) =>
			next(op).subscribe({
				next(value) {
					// Whoever starts a run wants to know how it ends.
					if (op.path === "runs.trigger" && value.result.type === "data") watchRun((value.result.data as { id: string }).id);
					observer.next(value);
				},
				error(error) {
					const code = errorCode(error);
					if (code === "UNAUTHORIZED") sessionRefused(error.data?.reason);
					// It may be one act that a role may not do, or all: who was removed meanwhile.
					if (code === "FORBIDDEN" && op.path !== "whoami") void queryClient.invalidateQueries(trpc.whoami.queryFilter(), { cancelRefetch: false });
					observer.error(error);
				},
				complete: () => observer.complete(),
			}),
		);

async function timed(input: RequestInfo | URL | string, init?: RequestInit): Promise<Response> {
	const asked = Date.now();
	const answer = await fetch(input, init);
	heardServerTime(answer.headers.get("date"), asked);
	return answer;
}

export const api = createTRPCClient<AppRouter>({
	links: [
		noticing,
		splitLink({
			condition: (operation) => operation.type === "subscription",
			true: wsLink({ client: socket }),
			false: httpBatchLink({
				url: "/trpc",
				maxURLLength: 6_000,
				maxItems: MAX_BATCH,
				fetch: timed as typeof fetch,
				headers: () => ({ "x-tidegate-workspace": chosenWorkspace() ?? "", "x-tidegate-person": pageOf() }),
			}),
		}),
	],
});

export const trpc = optionsOf(api);
