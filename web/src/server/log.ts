/**
 * The control plane's log: one JSON object a line on stderr. It takes only the fields listed here, so that sealed content, tokens, keys and
 * bodies cannot be printed even by mistake; what still looks like a secret inside an allowed field is struck out.
 */
export interface Fields {
	workspace?: string;
	flow?: string;
	version?: string;
	run?: string;
	execution?: number;
	agent?: string;
	pool?: string;
	key?: string;
	/** `POST /trpc`, `runs.trigger`, `gateway/poll`: never a query string. */
	door?: string;
	status?: number;
	reason?: string;
	/** Joins what a person was shown to its line here. */
	reference?: string;
	milliseconds?: number;
	bytes?: number;
	count?: number;
	url?: string;
	/** Of a report of the content security policy. */
	directive?: string;
	blocked?: string;
	job?: string;
	note?: string;
	error?: unknown;
}

const SECRET = /\btg[a-z]?_[A-Za-z0-9_-]{8,}|\bVEcx[A-Za-z0-9_+/-]{16,}|\b[A-Za-z0-9_+/-]{200,}/g;
const strike = (value: string): string => value.slice(0, 2000).replace(SECRET, "[struck out]");

const NAMES = new Set<keyof Fields>([
	...(["workspace", "flow", "version", "run", "execution", "agent", "pool", "key", "door", "status", "reason", "reference"] as const),
	...(["milliseconds", "bytes", "count", "url", "directive", "blocked", "job", "note"] as const),
]);

/**
 * An error by its kind and place. Its message is left out: parsers quote their input and Postgres quotes rows, and either may be sealed.
 */
function describe(error: unknown): Record<string, unknown> {
	if (!(error instanceof Error)) return { error: typeof error };
	const { code, constraint, table } = error as Error & { code?: unknown; constraint?: unknown; table?: unknown };
	const stack = (error.stack ?? "")
		.split("\n")
		.filter((frame) => /^\s+at /.test(frame))
		.slice(0, 6)
		.map((frame) => strike(frame.trim().slice(3)));
	const cause = error.cause instanceof Error ? { cause: describe(error.cause) } : {};
	return {
		error: error.name,
		...(typeof code === "string" ? { code } : {}),
		...(constraint ? { constraint } : {}),
		...(table ? { table } : {}),
		stack,
		...cause,
	};
}

type Level = "info" | "warn" | "error";

/** One line of the log, with its end. */
export function line(level: Level, event: string, fields: Fields): string {
	const shown: Record<string, unknown> = { at: new Date().toISOString(), level, event };
	for (const [name, value] of Object.entries(fields)) {
		if (!NAMES.has(name as keyof Fields)) continue;
		if (typeof value === "string") shown[name] = strike(value);
		else if (typeof value === "number" || typeof value === "boolean") shown[name] = value;
	}
	if (fields.error !== undefined) Object.assign(shown, describe(fields.error));
	return `${JSON.stringify(shown)}\n`;
}

const write = (level: Level, event: string, fields: Fields): void => void process.stderr.write(line(level, event, fields));

export const log = {
	info: (event: string, fields: Fields = {}): void => write("info", event, fields),
	warn: (event: string, fields: Fields = {}): void => write("warn", event, fields),
	error: (event: string, fields: Fields = {}): void => write("error", event, fields),
};
