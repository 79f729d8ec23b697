// The one place in infra/ that reads the environment. Plain JavaScript, since bootstrap.mjs runs it on Node 20.
import path from "node:path";
import { fileURLToPath } from "node:url";

const env = process.env;

/** The checkout, absolute. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** What installing, building and testing this checkout leaves outside node_modules and build outputs. */
export const localDir = path.join(root, ".tidegate");

/** What `npm start` keeps: all data. TIDEGATE_STATE puts it elsewhere than in the checkout. */
export const stateDir = env.TIDEGATE_STATE ? path.resolve(env.TIDEGATE_STATE) : localDir;

/** Held while `npm start` runs on that data. */
export const startLock = path.join(stateDir, "start.lock");

/** Node 24 and every tool the lock file names. */
export const binDir = path.join(root, "node_modules", ".bin");

/** A Postgres to use in place of the embedded one. */
export const databaseUrl = env.DATABASE_URL || undefined;

/** A backup of the workspace key, for a start that has lost it. See mainEnv. */
export const givenKey = env.TIDEGATE_GIVEN_KEY || undefined;

/** When the command that runs began, installing included: milliseconds since 1970. See mainEnv. */
export const began = Number(env.TIDEGATE_BEGAN) || performance.timeOrigin;

/** Sign-in by an identity provider, for the control plane that `npm start` runs. */
export const signInEnv = Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith("TIDEGATE_OIDC_")));

/** Superuser URL of the Postgres that a test run shares; its absence lets the run start one. */
export const testDatabaseUrl = env.TEST_DATABASE_URL || undefined;

/** A system Chromium to use in place of the one from npm. */
export const chromium = env.TIDEGATE_CHROMIUM || undefined;

/** How to call the npm that is running us, or undefined when started by hand. */
export const npm =
	env.npm_execpath && env.npm_node_execpath && /npm-cli\.[cm]?js$/.test(env.npm_execpath)
		? { node: env.npm_node_execpath, cli: env.npm_execpath }
		: undefined;

/** False where a terminal would only show escape codes. */
export const colour = Boolean(process.stdout.isTTY) && !env.NO_COLOR && env.TERM !== "dumb";

const ours = /^(npm_|INIT_CWD$|DATABASE_URL$|TEST_DATABASE_URL$|TIDEGATE_|NODE_CHANNEL_FD$|NODE_ENV$|VITEST|VITE_|DEV$|PROD$|MODE$|BASE_URL$)/;

/**
 * Environment for a child: the caller's own (so that proxies, locales and certificates work), without what
 * npm, vitest or another Tidegate put there, with Node 24 first on PATH, plus `extra`.
 * @param {Record<string, string | undefined>} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
export function childEnv(extra = {}) {
	/** @type {Record<string, string>} */
	const clean = {};
	for (const [name, value] of Object.entries(env)) {
		if (value !== undefined && !ours.test(name)) clean[name] = value;
	}
	const paths = (env.PATH ?? "").split(path.delimiter).filter((p) => p && p !== binDir);
	clean.PATH = [binDir, ...paths].join(path.delimiter);
	clean.NEXT_TELEMETRY_DISABLED = "1";
	clean.TURBO_TELEMETRY_DISABLED = "1";
	clean.DO_NOT_TRACK = "1";
	// What Node compiled once, TypeScript stripped, is there for each later start of a part.
	clean.NODE_COMPILE_CACHE = path.join(localDir, "cache", "node");
	for (const [name, value] of Object.entries(extra)) {
		if (value === undefined) delete clean[name];
		else clean[name] = value;
	}
	return /** @type {NodeJS.ProcessEnv} */ (clean);
}

/** The caller's PATH without any node_modules/.bin: what an installer should see, since it replaces those. */
export function systemPath() {
	const own = path.join("node_modules", ".bin");
	return (env.PATH ?? "")
		.split(path.delimiter)
		.filter((p) => p && !p.endsWith(own))
		.join(path.delimiter);
}

/**
 * What main.ts of start, test and bench get: the user's own environment with Node 24 first on PATH, and without
 * what would lead the command line of this checkout to another control plane.
 */
export function mainEnv() {
	const { TIDEGATE_URL, TIDEGATE_API_KEY, TIDEGATE_WORKSPACE_KEY, TIDEGATE_HOME, ...rest } = env;
	return { ...rest, PATH: childEnv().PATH, TIDEGATE_GIVEN_KEY: TIDEGATE_WORKSPACE_KEY, TIDEGATE_BEGAN: String(performance.timeOrigin) };
}

/** The whole environment, for `npm ci` only, which needs the npm_* settings that started us. */
export function installEnv() {
	return /** @type {NodeJS.ProcessEnv} */ ({ ...env, PATH: systemPath(), NODE_ENV: "development" });
}
