// The first organization, workspace, pool and keys. The database's part is seeded; the workspace key is made here,
// on the customer's side, and never leaves the CLI's home.
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createClient } from "../../../agent/src/client/index.ts";
import { readWorkspaceKey, saveWorkspaceKey } from "../../../agent/src/keys.ts";
import { newKey, parseKey, printKey } from "../../../agent/src/protocol/seal.ts";
import { createApiKey, createSignInLink, seed } from "../../../prisma/seed.ts";
import { givenKey } from "../../config.mjs";
import { Advice } from "../../progress.mjs";
import { withoutPassword } from "./database.ts";

export type Workspace = { workspaceId: string; apiKey: string; workspaceKey: string; kid: string };
type Config = { url: string; apiKey: string; workspaceId: string };

const OWNER = { email: "owner@localhost", name: "Owner" };
const FIRST = { organization: "Local", workspace: "default", pool: "default", owner: OWNER };

function readConfig(home: string): Partial<Config> {
	try {
		return JSON.parse(fs.readFileSync(path.join(home, "config.json"), "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
		throw new Advice(`${path.join(home, "config.json")} cannot be read (${(error as Error).message}). Remove it, then start again`);
	}
}

function writeConfig(home: string, config: Config): void {
	fs.mkdirSync(home, { recursive: true, mode: 0o700 });
	const draft = path.join(home, `config.json.${randomUUID()}`);
	fs.writeFileSync(draft, `${JSON.stringify(config, null, "\t")}\n`, { mode: 0o600 });
	fs.renameSync(draft, path.join(home, "config.json"));
}

/**
 * Homes belong to a workspace. When the database is another one now (DATABASE_URL came or went), its homes
 * step in, and those of the other wait beside them.
 */
export function changeHomes(homes: string[], workspaceId: string): void {
	const [cli = ""] = homes;
	const before = readConfig(cli).workspaceId;
	if (before === workspaceId) return;
	for (const home of homes) {
		if (before && fs.existsSync(home)) fs.renameSync(home, `${home}-${before}`);
		if (fs.existsSync(`${home}-${workspaceId}`)) fs.renameSync(`${home}-${workspaceId}`, home);
	}
}

/**
 * @param homes the CLI's, then (where there is one) the agent's
 * @param up resolves, with its URL, once the control plane answers
 */
export async function prepareWorkspace(databaseUrl: string, homes: string[], up: Promise<string>): Promise<Workspace> {
	const [cli = ""] = homes;
	// The database is there before the control plane answers.
	const { workspaceId } = await seed(databaseUrl, FIRST);
	changeHomes(homes, workspaceId);
	const url = await up;
	const known = readConfig(cli).apiKey;
	let bound = known ? await boundKey(url, known) : undefined;
	const apiKey =
		known && bound !== undefined ? known : await createApiKey(databaseUrl, { workspaceId, name: `npm start on ${os.hostname()}`.slice(0, 100) });
	writeConfig(cli, { url, apiKey, workspaceId });
	if (bound === undefined) bound = await boundKey(url, apiKey);
	const raw = await findKey(homes, workspaceId, bound ?? null);
	const { kid } = await saveWorkspaceKey(cli, workspaceId, raw, bound ?? null).catch((error: Error) => {
		throw new Advice(error.message);
	});
	if (!bound) await createClient({ url, apiKey }).api.workspaces.bindKey.mutate({ kid });
	return { workspaceId, apiKey, workspaceKey: printKey(raw), kid };
}

/** The id of the key that the workspace is bound to, null if none yet; undefined where the API key is not taken (revoked, or of another database). */
async function boundKey(url: string, apiKey: string): Promise<string | null | undefined> {
	try {
		return (await createClient({ url, apiKey }).api.whoami.query()).workspace.kid;
	} catch (error) {
		if ((error as { data?: { code?: string } }).data?.code === "UNAUTHORIZED") return undefined;
		throw error;
	}
}

/** The workspace's key: the CLI's, else the agent's own copy, else the backup that was given, else (for a new workspace) a new one. */
async function findKey(homes: string[], workspaceId: string, bound: string | null) {
	for (const home of homes) {
		if (fs.existsSync(path.join(home, "keys", `${workspaceId}.json`))) return readWorkspaceKey(home, workspaceId);
	}
	if (givenKey) return parseKey(givenKey);
	if (bound === null) return newKey();
	throw new Advice(
		`The workspace's key ${bound} is not in ${homes.join(" or ")}, and what was sealed with it cannot be read without it. ` +
			"Start again with TIDEGATE_WORKSPACE_KEY set to your backup (tgk_…), or begin anew with npm start -- --fresh",
	);
}

/** What an earlier start prepared in the CLI's home. */
export async function knownWorkspace(home: string): Promise<{ workspaceId: string; workspaceKey: string }> {
	const { workspaceId } = readConfig(home);
	if (!workspaceId) throw new Advice(`${home} has no workspace yet: the start beside this one has not come that far`);
	return { workspaceId, workspaceKey: printKey(await readWorkspaceKey(home, workspaceId)) };
}

/** The same of the start that runs, if it uses the database that was given now. */
export async function linkOf(given: string, url: string, workspace: Pick<Workspace, "workspaceId" | "workspaceKey">): Promise<string> {
	const shown = withoutPassword(given);
	try {
		return await signInLink(given, url, workspace);
	} catch (error) {
		throw new Advice(
			`Tidegate already runs at ${url}, and no sign-in link can be made in the database ${shown}: ${(error as Error).message || String(error)}. Check DATABASE_URL: it is the one that that start was given, or unset where it was given none`,
		);
	}
}

/** A link that signs in once, with the workspace key in its fragment, which browsers do not send. */
export async function signInLink(databaseUrl: string, url: string, workspace: Pick<Workspace, "workspaceId" | "workspaceKey">): Promise<string> {
	const token = await createSignInLink(databaseUrl, { workspaceId: workspace.workspaceId, userEmail: OWNER.email });
	return `${url}/sign-in#token=${token}&key=${workspace.workspaceKey}`;
}
