/** What a task threw, as a value that can be kept and thrown again. One of a class of the user's own can't: it would not be found by `instanceof`. */
import * as failures from "./failures.ts";

const KINDS = new Map<string, ErrorConstructor>(
	Object.entries({ Error, RangeError, TypeError, SyntaxError, ReferenceError, EvalError, URIError, ...failures } as Record<string, unknown>).filter(
		(entry): entry is [string, ErrorConstructor] => typeof entry[1] === "function" && (entry[1] === Error || entry[1].prototype instanceof Error),
	),
);

export interface Parts {
	/** Its class; null for what is no error. */
	kind: string | null;
	/** What was thrown, of what is no error. */
	value?: unknown;
	message?: string;
	stack?: string | undefined;
	/** What it has beside its message, as the `code` of a system's error; an error among it is left out, but for its cause. */
	own?: Record<string, unknown>;
	cause?: Parts;
}

/** undefined for one that would lose its class. */
export function partsOf(thrown: unknown): Parts | undefined {
	if (!(thrown instanceof Error)) return { kind: null, value: thrown };
	const kind = [...KINDS].find(([, type]) => type.prototype === Object.getPrototypeOf(thrown))?.[0];
	if (kind === undefined) return undefined;
	const { message, stack, cause } = thrown;
	const own = Object.fromEntries(Object.entries(thrown).filter(([, value]) => ["string", "number", "boolean"].includes(typeof value)));
	const below = cause === undefined ? undefined : partsOf(cause);
	return { kind, message, stack, own, ...(below ? { cause: below } : {}) };
}

export function thrownOf({ kind, value, message, stack, own, cause }: Parts): unknown {
	const Type = kind === null ? undefined : KINDS.get(kind);
	if (!Type) return value;
	const error = Object.assign(new Type(message, cause ? { cause: thrownOf(cause) } : undefined), own);
	Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true });
	return error;
}
