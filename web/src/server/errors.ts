/**
 * Refusals: what people are told (reason, message) kept apart from what happened inside (cause). `publicError` is the one place where any
 * error becomes an answer, and where what is our own fault is hidden behind a reference into the log.
 */
import { randomBytes } from "node:crypto";
import type { TRPC_ERROR_CODE_KEY } from "@trpc/server";
import { Refusal } from "tidegate/protocol/wire.ts";
import { ZodError } from "zod";
import { log } from "./log.ts";

interface Kind {
	code: TRPC_ERROR_CODE_KEY;
	status: number;
}
const bad = { code: "BAD_REQUEST", status: 400 } as const;
const unauthorized = { code: "UNAUTHORIZED", status: 401 } as const;
const forbidden = { code: "FORBIDDEN", status: 403 } as const;
const absent = { code: "NOT_FOUND", status: 404 } as const;
const conflict = { code: "CONFLICT", status: 409 } as const;

/** Every reason that there is. Callers' programs depend on these strings. */
export const REASONS = {
	bad_request: bad,
	id_clock: bad,
	unauthorized,
	expired: unauthorized,
	signed_out: unauthorized,
	revoked: unauthorized,
	superseded: unauthorized,
	clock: unauthorized,
	forbidden,
	cross_origin: forbidden,
	not_found: absent,
	unknown_flow: absent,
	unknown_version: absent,
	unknown_run: absent,
	unknown_pool: absent,
	unknown_wait: absent,
	unknown_task: absent,
	run_ended: conflict,
	answered_already: conflict,
	resumed_already: conflict,
	nothing_to_resume: conflict,
	count_changed: conflict,
	too_deep: conflict,
	conflict,
	id_taken: conflict,
	name_taken: conflict,
	number_taken: conflict,
	not_live: conflict,
	chunks_missing: conflict,
	wrong_workspace_key: conflict,
	invite_unknown: absent,
	invite_expired: conflict,
	invite_revoked: conflict,
	invite_used: conflict,
	invite_email: conflict,
	last_owner: conflict,
	domain_taken: conflict,
	issuer: bad,
	too_slow: { code: "TIMEOUT", status: 408 },
	too_large: { code: "PAYLOAD_TOO_LARGE", status: 413 },
	protocol: { code: "PRECONDITION_FAILED", status: 426 },
	too_many: { code: "TOO_MANY_REQUESTS", status: 429 },
	internal: { code: "INTERNAL_SERVER_ERROR", status: 500 },
	unavailable: { code: "SERVICE_UNAVAILABLE", status: 503 },
} as const satisfies Record<string, Kind>;
export type Reason = keyof typeof REASONS;

/** A refusal whose message is meant for people. What must not leave goes into `cause`. */
export class Refused extends Error {
	readonly reason: Reason;
	constructor(reason: Reason, message: string, cause?: unknown) {
		super(message, cause === undefined ? undefined : { cause });
		this.name = "Refused";
		this.reason = reason;
	}
}

export interface PublicError extends Kind {
	reason: Reason;
	message: string;
}

/** Postgres or the way to it is away: trying again helps. */
function isAway(error: unknown): boolean {
	const { code, message } = error as { code?: unknown; message?: unknown };
	if (typeof code === "string" && /^(ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|08|57P0[123]|53300)/.test(code)) return true;
	return (
		typeof message === "string" &&
		/^(Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(message)
	);
}

/** Postgres refuses a value itself (SQLSTATE class 22): the same request would only meet it again. */
const isBadValue = (error: unknown): boolean => /^22[0-9A-Z]{3}$/.test(String((error as { code?: unknown }).code));

const answer = (reason: Reason, message: string): PublicError => ({ ...REASONS[reason], reason, message });

/** What anybody outside may know of `error`. Logs what is our fault. @param door where it happened: `runs.trigger`, `gateway/poll`. */
export function publicError(error: unknown, door: string): PublicError {
	for (let inner = error, depth = 0; inner instanceof Error && depth < 5; inner = inner.cause, depth++) {
		if (inner instanceof Refused) return answer(inner.reason, inner.message);
		if (inner instanceof ZodError) return answer(zodReason(inner), zodMessage(inner, door));
		if (isAway(inner)) {
			log.warn("the database is away", { door, error: inner });
			return answer("unavailable", "The database does not answer at the moment. Try again in a few seconds.");
		}
		if (isBadValue(inner)) {
			log.warn("the database refuses a value", { door, error: inner });
			return answer("bad_request", "A value is none that can be stored: a number or date out of range, or text with NUL or half a character.");
		}
	}
	const reference = randomBytes(4).toString("hex");
	log.error("internal error", { door, reference, error });
	return answer("internal", `Something went wrong inside the control plane. Its log has the details under ${reference}.`);
}

/** For whoever calls by hand and put it elsewhere. */
const INPUT = ", as JSON: in the address of a query as ?input=… and in a mutation as the body";

const zodReason = (error: ZodError): Reason =>
	error.issues.some((issue) => issue.code === "custom" && issue.params?.reason === "too_large") ? "too_large" : "bad_request";

/** Where and what, never the value itself. */
function zodMessage(error: ZodError, door: string): string {
	const told = error.issues.slice(0, 3).map((issue) => {
		if (issue.path.length > 0) return `${issue.path.join(".")}: ${issue.message}`;
		return issue.code === "invalid_type" && issue.expected === "object" ? `${door} takes an object${door.includes("/") ? "" : INPUT}` : issue.message;
	});
	return `${told.join("; ")}${error.issues.length > 3 ? `; and ${error.issues.length - 3} more` : ""}`;
}

/** The same for the binary doors (gateway, upload), whose refusals are listed in the protocol. */
export function toRefusal({ status, reason, message }: PublicError): Refusal {
	const codes: Record<number, Refusal["code"]> = {
		400: "bad_request",
		401: "unauthorized",
		403: "unauthorized",
		404: "not_found",
		// Trying again may find a faster line.
		408: "unavailable",
		409: "conflict",
		413: "too_large",
		426: "protocol",
		429: "too_many",
	};
	const known = Refusal.shape.code.safeParse(reason);
	return { code: known.success ? known.data : (codes[status] ?? "unavailable"), message };
}
