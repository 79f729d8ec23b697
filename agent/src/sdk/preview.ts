/** Values in few characters, for people. */
import { inspect } from "node:util";

const LONGEST = 200;

export function preview(value: unknown): string {
	const text = inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 20, maxStringLength: LONGEST });
	return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}…`;
}

/** What was thrown, which may be no Error. */
export function failure(thrown: unknown): { type: string; message: string } {
	if (thrown instanceof Error) return { type: thrown.constructor.name, message: thrown.message };
	return { type: typeof thrown, message: preview(thrown) };
}
