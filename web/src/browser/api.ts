"use client";
/** The one way from pages to the server: tRPC over http for questions, over one web socket for what is live. */
import { QueryCache, QueryClient } from "@tanstack/react-query";
import { createTRPCClient, createWSClient, httpBatchLink, splitLink, TRPCClientError, wsLink } from "@trpc/client";
import type { inferRouterOutputs } from "@trpc/server";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { MAX_BATCH } from "tidegate/protocol/limits.ts";
import type { AppRouter } from "../router.ts";
import { socketIs } from "./connection.ts";
import { chosenWorkspace } from "./workspace.ts";

export type Outputs = inferRouterOutputs<AppRouter>;

/** The stable code of an error of the API, as `UNAUTHORIZED`; undefined for anything else (no network). */
export function errorCode(error: unknown): string | undefined {
	return error instanceof TRPCClientError ? (error.data as { code?: string } | undefined)?.code : undefined;
}

function toSignIn(): void {
	if (location.pathname === "/sign-in") return;
	location.assign(`/sign-in?back=${encodeURIComponent(location.pathname + location.search)}`);
}

export const queryClient = new QueryClient({
	queryCache: new QueryCache({
		onError(error) {
			if (errorCode(error) === "UNAUTHORIZED") toSignIn();
		},
	}),
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
	connectionParams: () => ({ workspace: chosenWorkspace() ?? "" }),
	lazy: { enabled: true, closeMs: 10_000 },
	keepAlive: { enabled: true, intervalMs: 10_000, pongTimeoutMs: 3_000 },
	retryDelayMs: (attempt) => (attempt === 0 ? 0 : Math.min(250 * 2 ** attempt, 4_000)),
});
socket.connectionState.subscribe({ next: ({ state }) => socketIs(state) });

export const api = createTRPCClient<AppRouter>({
	links: [
		splitLink({
			condition: (operation) => operation.type === "subscription",
			true: wsLink({ client: socket }),
			false: httpBatchLink({
				url: "/trpc",
				maxURLLength: 6_000,
				maxItems: MAX_BATCH,
				headers: () => {
					const workspace = chosenWorkspace();
					return workspace ? { "x-tidegate-workspace": workspace } : {};
				},
			}),
		}),
	],
});

export const trpc = createTRPCOptionsProxy<AppRouter>({ client: api, queryClient });
