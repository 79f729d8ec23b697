/** What the scopes of keys mean, in a sentence each, from the narrowest to the widest. */
import { serverNow } from "../../../browser/clock.ts";

export const SCOPES = [
	{ scope: "read", name: "Read", words: "Looks at everything, changes nothing. For dashboards." },
	{ scope: "run", name: "Run", words: "Reads, and starts and cancels runs. For programs that trigger flows." },
	{ scope: "deploy", name: "Deploy", words: "Runs, and deploys new versions. For CI." },
	{ scope: "admin", name: "Admin", words: "Deploys, and manages pools, agents and API keys. For automation of the workspace itself." },
] as const;

export type ScopeName = (typeof SCOPES)[number]["scope"];

const DAY = 86_400_000;
export const EXPIRIES = [
	{ value: "30", name: "In 30 days" },
	{ value: "90", name: "In 90 days" },
	{ value: "365", name: "In 365 days" },
	{ value: "date", name: "On a date…" },
	{ value: "never", name: "Never" },
] as const;
export type Expiry = (typeof EXPIRIES)[number]["value"];

/**
 * When a key expires that is made now: at the end of the chosen day, in the viewer's zone.
 * @returns undefined for never. @throws Error in words for the person who chose it.
 */
export function expiresAt(expiry: Expiry, date: string, now = serverNow()): string | undefined {
	if (expiry === "never") return undefined;
	if (expiry !== "date") return new Date(now + Number(expiry) * DAY).toISOString();
	if (date === "") throw new Error("Choose the last day on which the key works.");
	const end = new Date(`${date}T23:59:59`);
	if (Number.isNaN(end.getTime())) throw new Error("This is no date.");
	if (end.getTime() <= now) throw new Error("This day is over: choose today or a later one.");
	return end.toISOString();
}
