/** Values in few characters, for people. */
import { inspect } from "node:util";

const LONGEST = 200;

export function preview(value: unknown, longest = LONGEST): string {
	const text = inspect(value, { depth: 3, breakLength: Number.POSITIVE_INFINITY, maxArrayLength: 20, maxStringLength: longest });
	return text.length <= longest ? text : `${text.slice(0, longest)}…`;
}

/** A task's key as people read it: its last part, numbered only where there are several. */
export const labelOf = (key: string): string => key.slice(key.lastIndexOf("/") + 1).replaceAll("#0", "");

/** What a value's class is called. */
export const typeName = (value: unknown): string =>
	value === null || typeof value !== "object"
		? value === null
			? "null"
			: typeof value
		: (Object.getPrototypeOf(value)?.constructor?.name ?? "Object");
