/** The raw tRPC client of the control plane's API, for Node and browsers. What it sends and gets is typed by the server's own router. */
import { createTRPCClient, httpBatchLink, splitLink, type TRPCClient, TRPCClientError, type TRPCLink } from "@trpc/client";
import type { inferRouterInputs, inferRouterOutputs } from "@trpc/server";
import { observable } from "@trpc/server/observable";
import type { AppRouter } from "../../../web/src/router.ts";
import { MAX_BATCH } from "../protocol/limits.ts";
import { ANSWER_MS, fetchWithin } from "./patience.ts";

export type Api = TRPCClient<AppRouter>;
export type Inputs = inferRouterInputs<AppRouter>;
export type Outputs = inferRouterOutputs<AppRouter>;

export interface Connection {
	/** Of the control plane, such as `https://tidegate.example.com`. */
	url: string;
	/** An API key (`tg_…`), bound to one workspace. */
	apiKey: string;
	/** Until the answer to a request begins, milliseconds; 30 s unless said otherwise. What is watched has its own ways to notice a dead line. */
	timeoutMs?: number;
}

/** No connection is opened before the first call; the socket is there only while something is watched. */
export function connectApi(connection: Connection): Api {
	const base = connection.url.replace(/\/+$/, "");
	return createTRPCClient<AppRouter>({
		links: [
			tersely,
			splitLink({
				condition: (op) => op.type === "subscription",
				true: lazily(async () => (await import("./socket.ts")).socketLink(base, connection.apiKey)),
				false: httpBatchLink({
					url: `${base}/trpc`,
					maxItems: MAX_BATCH,
					headers: { authorization: `Bearer ${connection.apiKey}` },
					fetch: (url, init) => fetchWithin(connection.timeoutMs ?? ANSWER_MS, url as string, init as RequestInit),
				}),
			}),
		],
	});
}

/** Of a refusal that nobody catches its message is printed, and not a hundred lines of the answer's inside: `meta` is there for who asks. */
const tersely: TRPCLink<AppRouter> =
	() =>
	({ op, next }) =>
		observable((observer) =>
			next(op).subscribe({
				next: (value) => observer.next(value),
				complete: () => observer.complete(),
				error: (error) => observer.error(Object.defineProperty(error, "meta", { enumerable: false })),
			}),
		);

/** A link that is loaded when the first operation reaches it: most callers never watch anything. */
function lazily(load: () => Promise<TRPCLink<AppRouter>>): TRPCLink<AppRouter> {
	return (runtime) => {
		let inner: Promise<ReturnType<TRPCLink<AppRouter>>> | undefined;
		return ({ op, next }) =>
			observable((observer) => {
				let ended = false;
				let stop = (): void => {};
				inner ??= load().then((link) => link(runtime));
				inner.then(
					(link) => {
						if (!ended) stop = link({ op, next }).subscribe(observer).unsubscribe;
					},
					(error: Error) => observer.error(TRPCClientError.from(error)),
				);
				return () => {
					ended = true;
					stop();
				};
			});
	};
}
