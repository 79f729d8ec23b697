// The first organization, workspace, pool and keys. The database's part is seeded; the workspace key is made here,
// on the customer's side, and never leaves the CLI's home.
import { randomUUID } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { createClient } from "../../../agent/src/client/index.ts";
import { openWorkspaceKey, readWorkspaceKey, saveWorkspaceKey } from "../../../agent/src/keys.ts";
import { newKey, printKey } from "../../../agent/src/protocol/seal.ts";
import { createApiKey, createSignInLink, seed } from "../../../prisma/seed.ts";
import { Advice } from "../../progress.mjs";

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

/** @param homes the CLI's, then the agent's @param url where the control plane answers */
export async function prepareWorkspace(databaseUrl: string, homes: string[], url: string): Promise<Workspace> {
	const [cli = ""] = homes;
	const { workspaceId } = await seed(databaseUrl, FIRST);
	changeHomes(homes, workspaceId);
	const known = readConfig(cli).apiKey;
	const apiKey = known && (await isTaken(url, known)) ? known : await createApiKey(databaseUrl, { workspaceId, name: "npm start" });
	writeConfig(cli, { url, apiKey, workspaceId });
	const key = await openKey(cli, workspaceId, createClient({ url, apiKey }).api);
	return { workspaceId, apiKey, workspaceKey: printKey(await readWorkspaceKey(cli, workspaceId)), kid: key };
}

/** Whether the control plane takes the key: it may have been revoked, or be of another database. */
async function isTaken(url: string, apiKey: string): Promise<boolean> {
	try {
		await createClient({ url, apiKey }).api.whoami.query();
		return true;
	} catch (error) {
		if ((error as { data?: { code?: string } }).data?.code === "UNAUTHORIZED") return false;
		throw error;
	}
}

/** The id of the workspace's key, which is made at the first start and bound to the workspace. */
async function openKey(home: string, workspaceId: string, api: ReturnType<typeof createClient>["api"]): Promise<string> {
	const { workspace } = await api.whoami.query();
	if (!fs.existsSync(path.join(home, "keys", `${workspaceId}.json`))) {
		if (workspace.kid !== null) {
			throw new Advice(
				`The workspace's key is not in ${home}, and what was sealed with it (key ${workspace.kid}) cannot be read without it. ` +
					`Import a backup (npx tidegate key import), or begin anew with npm start -- --fresh`,
			);
		}
		await saveWorkspaceKey(home, workspaceId, newKey(), null);
	}
	const key = await openWorkspaceKey(home, workspaceId);
	await api.workspaces.bindKey.mutate({ kid: key.kid });
	return key.kid;
}

/** A link that signs in once, with the workspace key in its fragment, which browsers do not send. */
export async function signInLink(databaseUrl: string, url: string, workspace: Workspace): Promise<string> {
	const token = await createSignInLink(databaseUrl, { workspaceId: workspace.workspaceId, userEmail: OWNER.email });
	return `${url}/sign-in#token=${token}&key=${workspace.workspaceKey}`;
}
