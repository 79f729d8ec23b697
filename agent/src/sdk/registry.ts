/** The flows that were made in this process: what a flow's own function does not show. */
import type { Parameters } from "./given.ts";
import type { Policy } from "./options.ts";

export interface Definition {
	name: string;
	/** With its parameters as the schema makes them. */
	fn: (taken: never) => unknown;
	parameters: Parameters | undefined;
	policy: Policy | undefined;
	/** As a program calls it. */
	call: (given: Record<string, unknown>) => Promise<unknown>;
}

const made = new Map<object, Definition>();

export function register(flow: object, definition: Definition): void {
	made.set(flow, definition);
}
export const definitionOf = (flow: unknown): Definition | undefined => (typeof flow === "function" ? made.get(flow) : undefined);
export const flowNamed = (name: string): Definition | undefined => [...made.values()].findLast((one) => one.name === name);
export const allFlows = (): Definition[] => [...made.values()];
