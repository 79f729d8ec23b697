/** The three kinds of settings in words. */
import type { Outputs } from "../../../browser/api.ts";

export type Setting = Outputs["settings"]["list"]["settings"][number];
export type Kind = Setting["kind"];

interface Words {
	kind: Kind;
	/** Of the tab. */
	name: string;
	about: string;
	/** How a flow asks for it. */
	code(name: string): string;
	/** How it is set on a command line. */
	command: string;
	example: string;
}

export const KINDS: readonly Words[] = [
	{
		kind: "secret",
		name: "Secrets",
		about:
			"Passwords and tokens. Sealed in this browser and opened by agents alone: nobody is shown one again, and what leaves of a run shows •••• in its place.",
		code: (name) => `tidegate.secret("${name}")`,
		command: "npx tidegate secret set DB_PASSWORD",
		example: "DB_PASSWORD",
	},
	{
		kind: "variable",
		name: "Variables",
		about:
			"What differs from place to place and is no secret: a threshold, a bucket, a list. Sealed for the server; whoever has the workspace key reads it.",
		code: (name) => `tidegate.variable("${name}")`,
		command: "npx tidegate variable set THRESHOLD 0.8",
		example: "THRESHOLD",
	},
	{
		kind: "connection",
		name: "Connections",
		about: "URLs of databases and services, in which secrets stand by their names. Sealed for the server; whoever has the workspace key reads it.",
		code: (name) => `tidegate.connection("${name}")`,
		command: "npx tidegate connection set WAREHOUSE 'postgresql://etl:{DB_PASSWORD}@db.internal/sales'",
		example: "WAREHOUSE",
	},
];

export const wordsOf = (kind: string | null): Words => KINDS.find((each) => each.kind === kind) ?? (KINDS[0] as Words);

export const idOf = ({ kind, name, pool }: Pick<Setting, "kind" | "name" | "pool">): string => `${kind} ${name} ${pool ?? ""}`;
