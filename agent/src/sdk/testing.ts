/** `await testing(async () => …)` for unit tests: a clean store, no waiting, and answers for what is waited for. */
import { AsyncLocalStorage } from "node:async_hooks";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { NoAnswer } from "./failures.ts";

interface Test {
	store: string;
	answers: Record<string, unknown>;
}
const tests = new AsyncLocalStorage<Test>();

export const testStore = (): string | undefined => tests.getStore()?.store;

/** Throws NoAnswer where a test runs that has none of these. @returns undefined where no test runs. */
export function givenAnswer(names: string[], optional = false): { value: unknown } | undefined {
	const test = tests.getStore();
	const name = names.find((each) => test && Object.hasOwn(test.answers, each));
	if (test && name !== undefined) return { value: test.answers[name] };
	if (!test || optional) return undefined;
	throw new NoAnswer(`${names[0]} waits for "${names[1]}": give its answer as testing({ answers: { ${JSON.stringify(names[1])}: … } }, …)`);
}

/**
 * Flows called inside run with an empty store of their own, which is removed at the end; delays are skipped. `answers` gives what is
 * waited for: by the approval's text, the event's or flow's name, or the wait's key. Flows inside share the store: what is cached stays so until its end.
 */
export async function testing<Value>(work: () => Value): Promise<Awaited<Value>>;
export async function testing<Value>(options: { answers?: Record<string, unknown> }, work: () => Value): Promise<Awaited<Value>>;
export async function testing<Value>(first: { answers?: Record<string, unknown> } | (() => Value), second?: () => Value): Promise<Awaited<Value>> {
	const [{ answers = {} }, work] = typeof first === "function" ? [{}, first] : [first, second];
	if (typeof work !== "function") throw new TypeError("testing() takes a function: await testing(async () => { … })");
	const store = mkdtempSync(join(tmpdir(), "tidegate-testing-"));
	try {
		return await tests.run({ store, answers }, work);
	} finally {
		rmSync(store, { recursive: true, force: true });
	}
}
