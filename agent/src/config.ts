/** The one place on the customer's side that reads the environment, and where homes and settings are found. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { diskWords } from "./disk-words.ts";

const env = process.env;
const given = (name: string): string | undefined => env[name]?.trim() || undefined;

/** The environment that a child process (python, git, uv, a flow) starts from. A copy: adding to it changes nothing here. */
export const environment = (): NodeJS.ProcessEnv => ({ ...env });

/** TIDEGATE_DEBUG shows stack traces; without it nobody sees one. */
export const debug = given("TIDEGATE_DEBUG") !== undefined;
/** https://no-color.org */
export const noColor = given("NO_COLOR") !== undefined || env.TERM === "dumb";
export const forceColor = given("FORCE_COLOR") !== undefined;

/** The workspace key as people carry it (`tgk_…`), for CI, where no file is wanted. */
export const workspaceKeyFromEnvironment = (): string | undefined => given("TIDEGATE_WORKSPACE_KEY");

/** The folder of this npm package, whether it runs from src/ or from dist/. */
export const packageFolder: string = (() => {
	let folder = dirname(fileURLToPath(import.meta.url));
	while (!existsSync(join(folder, "package.json")) && dirname(folder) !== folder) folder = dirname(folder);
	return folder;
})();

/** The checkout that holds this package, if it is one (and no installed package). */
function checkout(): string | undefined {
	const root = dirname(packageFolder);
	return existsSync(join(root, "turbo.json")) && existsSync(join(root, "prisma")) ? root : undefined;
}

function xdg(name: "XDG_CONFIG_HOME" | "XDG_DATA_HOME", fallback: string): string {
	return join(given(name) ?? join(homedir(), fallback), "tidegate");
}

/**
 * Where the CLI keeps its settings, device pair and wrapped workspace keys: TIDEGATE_HOME, else the nearest folder above `cwd`
 * with `.tidegate/cli/config.json`, else the checkout that this package lies in, else `~/.config/tidegate`.
 */
export function cliHome(cwd: string = process.cwd()): string {
	const named = given("TIDEGATE_HOME");
	if (named) return resolve(named);
	const root = checkout();
	return nearest(cwd, "cli", "config.json") ?? (root ? join(root, ".tidegate", "cli") : xdg("XDG_CONFIG_HOME", ".config"));
}

/** `.tidegate/<part>` of the nearest folder from `cwd` upwards where it holds `file`. */
function nearest(cwd: string, part: string, file: string): string | undefined {
	for (let folder = resolve(cwd); ; folder = dirname(folder)) {
		const home = join(folder, ".tidegate", part);
		if (existsSync(join(home, file))) return home;
		if (dirname(folder) === folder) return undefined;
	}
}

/**
 * Where the agent of this machine lives: `--home`, else TIDEGATE_AGENT_HOME, else that of the nearest folder above `cwd`, else the one that was
 * enrolled at `~/.local/share/tidegate/agent`, else that of the checkout that this package lies in, else where the next one is enrolled.
 */
export function agentHome(option?: string, cwd: string = process.cwd()): string {
	const named = option ?? given("TIDEGATE_AGENT_HOME");
	if (named) return resolve(named);
	const near = nearest(cwd, "agent", "identity.json");
	const own = newAgentHome();
	if (near || existsSync(join(own, "identity.json"))) return near ?? own;
	const root = checkout();
	return (root && nearest(root, "agent", "identity.json")) ?? own;
}

/** Where an agent is enrolled: as above, but never into the folder of a checkout, whose agent is that of npm start. */
export function newAgentHome(option?: string): string {
	const named = option ?? given("TIDEGATE_AGENT_HOME");
	return named ? resolve(named) : join(xdg("XDG_DATA_HOME", ".local/share"), "agent");
}

/** How to reach the control plane. `workspaceId` is null where only `whoami` can tell it. */
export interface Settings {
	url: string;
	apiKey: string;
	workspaceId: string | null;
}

/** What `tidegate login` leaves in config.json: the settings, and what it brought to this machine. */
export interface SignedIn extends Settings {
	login: {
		/** Whether the workspace key came along, so that a copy of it is elsewhere too. */
		broughtKey: boolean;
	};
}

/** What is missing or wrong in the settings, in words for people. */
export class SettingsError extends Error {
	override readonly name = "SettingsError";
}

export const settingsFile = (home: string): string => join(home, "config.json");

const withoutSlash = (url: string): string => url.replace(/\/+$/, "");

/** @returns TIDEGATE_URL where it is set. Throws SettingsError. */
function givenUrl(): string | undefined {
	const url = given("TIDEGATE_URL");
	if (url && !(/^https?:\/\//i.test(url) && URL.canParse(url))) {
		throw new SettingsError(`TIDEGATE_URL is no http(s) address: ${url}\nIt looks like https://tidegate.example.com.`);
	}
	return url;
}

/** config.json of `home`, with TIDEGATE_URL and TIDEGATE_API_KEY before it. Throws SettingsError. */
export function readSettings(home: string): Settings {
	const url = givenUrl();
	const apiKey = given("TIDEGATE_API_KEY");
	// A key is never sent to where a file says: the file may have come with somebody's repository.
	if (apiKey && !url)
		throw new SettingsError(
			"TIDEGATE_API_KEY is set, but TIDEGATE_URL is not.\nSet both, or unset TIDEGATE_API_KEY to go on as whoever is signed in here.",
		);
	if (url && apiKey) return { url: withoutSlash(url), apiKey, workspaceId: null };
	const file = readFile(home);
	const to = url ?? file.url;
	if (!to || !file.apiKey) {
		const missing = [!to && "TIDEGATE_URL", !file.apiKey && "TIDEGATE_API_KEY"].filter(Boolean).join(" and ");
		throw new SettingsError(
			`not signed in: ${settingsFile(home)} does not exist.\nRun tidegate login --url URL, or npm start in the checkout, or set ${missing}.`,
		);
	}
	// Another server may mean another workspace.
	return { url: withoutSlash(to), apiKey: file.apiKey, workspaceId: (to === file.url && file.workspaceId) || null };
}

/** The control plane's URL alone, for an agent that is to be enrolled on a machine without an API key. */
export const readUrl = (home: string): string | undefined => givenUrl() ?? readFile(home).url;

/** config.json alone, whatever the environment says: for login and logout. Throws SettingsError. */
export const readSignedIn = (home: string): Partial<SignedIn> => readFile(home);

/** Which of our variables are set, and so come before config.json. */
export const overruled = (): string[] => ["TIDEGATE_URL", "TIDEGATE_API_KEY"].filter((name) => given(name) !== undefined);

function readFile(home: string): Partial<SignedIn> {
	const path = settingsFile(home);
	try {
		const content: unknown = JSON.parse(readFileSync(path, "utf8"));
		if (content && typeof content === "object") return content as Partial<SignedIn>;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
		if (!(error instanceof SyntaxError)) throw new SettingsError(`cannot read ${path}: ${diskWords(error)}.`);
	}
	throw new SettingsError(`${path} is no JSON object: remove it and run npm start, or set TIDEGATE_URL and TIDEGATE_API_KEY.`);
}

/** One variable, by the name that the agent's own settings give it. */
export const variable = (name: string): string | undefined => env[name] || undefined;

/** TIDEGATE_GPUS: how many GPUs the agent gives out, or which, in place of those that it finds. */
export const gpusGiven = (): string | undefined => given("TIDEGATE_GPUS");

const SECRET = "TIDEGATE_SECRET_";
/** Secrets that the environment holds: the name of each, and of its variable. */
export const secretsOfEnvironment = (): [name: string, variable: string][] =>
	Object.keys(env)
		.filter((name) => name.startsWith(SECRET) && name.length > SECRET.length && env[name])
		.map((name) => [name.slice(SECRET.length), name]);

/** What this Node has to be told so that it reads TypeScript: nothing from 22.18 on, and before 22.6 nothing helps. */
export function nodeFlags(): string[] {
	const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
	const asks = (major === 22 && minor >= 6 && minor < 18) || (major === 23 && minor < 6);
	return asks ? ["--experimental-strip-types", "--disable-warning=ExperimentalWarning"] : [];
}

/** Variables and connections that the environment holds, by name. */
export function variablesOfEnvironment(): Record<"variables" | "connections", [name: string, value: string][]> {
	const after = (prefix: string): [string, string][] =>
		Object.entries(env).flatMap(([name, value]) =>
			name.startsWith(prefix) && name.length > prefix.length && value ? [[name.slice(prefix.length), value]] : [],
		);
	return { variables: after("TIDEGATE_VARIABLE_"), connections: after("TIDEGATE_CONNECTION_") };
}

/** For docker's own command line: where its daemon is, and its sign-in to registries. */
export const dockerEnvironment = (): NodeJS.ProcessEnv => environment();

/** What the code of a project and its tools start with: our own variables stay with us, above all the keys. */
export function childEnvironment(): NodeJS.ProcessEnv {
	const kept = Object.entries(environment()).filter(
		([name, value]) => value !== undefined && !/^(TIDEGATE_|npm_|NODE_|INIT_CWD$|PYTHONHOME$|VITEST)/.test(name),
	);
	return Object.fromEntries(kept) as NodeJS.ProcessEnv;
}
