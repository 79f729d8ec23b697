/**
 * `trpc.flows.list.queryOptions(input)`: what @tanstack/react-query is given for a procedure, typed by the router. The types and the keys are those of
 * @trpc/tanstack-react-query; its code, 3 KB on every page, does more than any page of ours asks for.
 */
import { type QueryFunctionContext, skipToken } from "@tanstack/react-query";
import { getUntypedClient, type TRPCClient } from "@trpc/client";
import { createTRPCRecursiveProxy } from "@trpc/server";
import type { TRPCOptionsProxy } from "@trpc/tanstack-react-query";
import type { AppRouter } from "../router.ts";

type Input = { cursor?: unknown } | typeof skipToken | undefined;

/** Of options, those of `trpc` are not looked at: no page sets any. */
export function optionsOf(client: TRPCClient<AppRouter>): TRPCOptionsProxy<AppRouter> {
	const untyped = getUntypedClient(client);
	return createTRPCRecursiveProxy(({ path: called, args: [first, second] }) => {
		const path = called.slice(0, -1);
		const name = path.join(".");
		// Each name stands in the key by itself, so that a filter by the first ones finds all that is under them.
		const key = (type: string, input: object | undefined) => [path, { ...(input && { input }), type }];
		const input = first as Input;
		const given = input === skipToken ? undefined : input;
		switch (called.at(-1)) {
			case "queryOptions":
				return { ...(second as object), queryKey: key("query", given), queryFn: input === skipToken ? skipToken : () => untyped.query(name, given) };
			case "infiniteQueryOptions": {
				const { cursor, ...rest } = given ?? {};
				const queryFn = ({ pageParam }: QueryFunctionContext) => untyped.query(name, pageParam === undefined ? rest : { ...rest, cursor: pageParam });
				return { ...(second as object), queryKey: key("infinite", rest), queryFn, initialPageParam: cursor };
			}
			case "mutationOptions":
				return { ...(first as object), mutationKey: [path], mutationFn: (variables: unknown) => untyped.mutation(name, variables) };
			case "queryKey":
				return key("query", given);
			case "queryFilter":
				return { ...(second as object), queryKey: key("query", given) };
			case "pathFilter":
				return { ...(first as object), queryKey: [path] };
			default:
				throw new Error(`Nothing asks for ${called.join(".")} yet: add it here`);
		}
	}) as TRPCOptionsProxy<AppRouter>;
}
