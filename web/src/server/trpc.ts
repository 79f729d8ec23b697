/** Procedures: each proves its caller and workspace before it reads its input, and each error leaves through one place. */
import { initTRPC, TRPCError } from "@trpc/server";
import { TRPC_ERROR_CODES_BY_KEY } from "@trpc/server/rpc";
import { ZodError, type z } from "zod";
import { callLimit } from "./bodies.ts";
import type { Context } from "./context.ts";
import { tenant } from "./db.ts";
import { type PublicError, publicError, type Reason, Refused } from "./errors.ts";
import { knownOnly } from "./known.ts";
import { limit } from "./rates.ts";
import { type Action, assertMay } from "./roles.ts";

/** Kept per error, so that an error that passes several places is told and logged once. */
const told = new WeakMap<Error, PublicError>();

function tell(error: TRPCError, door: string): PublicError {
	const before = told.get(error);
	if (before) return before;
	const known = toldByTrpc(error, door) ?? publicError(error.cause ?? error, door);
	told.set(error, known);
	return known;
}

/** What tRPC itself refuses: no such procedure, a body that is no JSON, too many calls at once. */
function toldByTrpc(error: TRPCError, door: string): PublicError | undefined {
	const reasons: Partial<Record<TRPCError["code"], Reason>> = {
		NOT_FOUND: "not_found",
		PARSE_ERROR: "bad_request",
		PAYLOAD_TOO_LARGE: "too_large",
		METHOD_NOT_SUPPORTED: "bad_request",
		UNSUPPORTED_MEDIA_TYPE: "bad_request",
		BAD_REQUEST: "bad_request",
	};
	const reason = reasons[error.code];
	if (!reason || error.cause instanceof ZodError || error.cause instanceof Refused) return undefined;
	// A parser's own message quotes what it could not read.
	const unread = error.code === "PARSE_ERROR" || (error.code === "BAD_REQUEST" && error.cause);
	const message = unread ? "The request's input can't be read: it must be JSON." : (OWN_WORDS[error.code]?.(door) ?? error.message);
	return {
		code: error.code,
		status: { NOT_FOUND: 404, PAYLOAD_TOO_LARGE: 413, METHOD_NOT_SUPPORTED: 405, UNSUPPORTED_MEDIA_TYPE: 415 }[error.code as string] ?? 400,
		reason,
		message,
	};
}

const OWN_WORDS: Partial<Record<TRPCError["code"], (door: string) => string>> = {
	PAYLOAD_TOO_LARGE: (door) => tooLarge(door),
	UNSUPPORTED_MEDIA_TYPE: () => 'The request\'s body must be JSON, and say so: send the header "content-type: application/json".',
};

const tooLarge = (door: string): string =>
	`The request's body is larger than the ${callLimit(door)} bytes that a call of ${door} takes: ${
		door === "runs.trigger" ? "keep what is large where the agent reaches it, and pass its name." : "send less in one call."
	}`;

/** Whom a procedure answers: those who may do the action; any caller; or (open) everybody, signed in or not. Read by tests, which ask each of them. */
export interface Meta {
	needs?: Action | "caller" | "nothing";
}

const t = initTRPC
	.context<Context>()
	.meta<Meta>()
	.create({
		isDev: false,
		// Subscriptions go over web sockets alone: one door to guard and to end.
		sse: { enabled: false },
		errorFormatter({ shape, error, path }) {
			const { code, status, reason, message } = tell(error, path ?? "trpc");
			return { ...shape, code: TRPC_ERROR_CODES_BY_KEY[code], message, data: { code, httpStatus: status, path, reason } };
		},
	});

export const router = t.router;

const base = t.procedure.use(async ({ next, path }) => {
	const result = await next();
	if (result.ok) return result;
	const known = tell(result.error, path);
	const error = new TRPCError({ code: known.code, message: known.message });
	told.set(error, known);
	throw error;
});

/** What is built from it refuses names that its input does not know, so that no procedure has to think of it. */
function knowing<B extends { input: unknown }>(builder: B): B {
	const take = builder.input as (schema: z.ZodType) => unknown;
	return { ...builder, input: (schema: z.ZodType) => take(knownOnly(schema)) };
}

/** Before anybody is signed in: it tells nothing of anybody, and is asked at the pace of a person. */
export const openProcedure = knowing(
	base.meta({ needs: "nothing" }).use(({ ctx, next }) => {
		limit("open", ctx.from);
		return next({ ctx: {} });
	}),
);

/** Any caller with a workspace, whichever: for whoami alone. */
export const anywhereProcedure = knowing(
	base.meta({ needs: "caller" }).use(async ({ ctx, next }) => {
		const caller = await ctx.callerAnywhere();
		return next({ ctx: { caller, door: tenant({ workspaceId: caller.workspace.id, organizationId: caller.organization.id }) } });
	}),
);

/** A procedure in a proven workspace: the key's own, or one of the session's. `ctx.door` reaches its rows and no others. */
export function workspaceProcedure(action: Action) {
	const proven = base.meta({ needs: action }).use(async ({ ctx, next }) => {
		const caller = await ctx.caller();
		const assertAllowed = async (): Promise<void> => {
			assertMay((await ctx.caller()).standing, action);
		};
		await assertAllowed();
		const door = tenant({ workspaceId: caller.workspace.id, organizationId: caller.organization.id });
		return next({ ctx: { caller, door, assertAllowed } });
	});
	return knowing(proven);
}
