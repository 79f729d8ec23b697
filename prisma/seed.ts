// The first organization, workspace, pool and person, and the tokens that admit to them. Works beside a running server or without one: it opens
// one connection of its own, as the database's owner who takes on the system role.
import { createHash, randomBytes } from "node:crypto";
import pg from "pg";
import { uuidv7 } from "../agent/src/protocol/ids.ts";

export interface Seed {
	organization: string;
	workspace: string;
	pool: string;
	owner: { email: string; name: string };
}

export interface Seeded {
	organizationId: string;
	workspaceId: string;
	poolId: string;
	userId: string;
}

/** Days of a sign-in link: `npm start` prints it, and people come back to their terminal. It works once. */
const LINK_LIFETIME = "24 hours";
const ENROLMENT_LIFETIME = "1 hour";

async function asSystem<T>(databaseUrl: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
	const client = new pg.Client({ connectionString: databaseUrl, options: "-c role=tidegate_system", application_name: "tidegate_seed" });
	await client.connect();
	try {
		await client.query("BEGIN");
		const result = await work(client);
		await client.query("COMMIT");
		return result;
	} finally {
		await client.end();
	}
}

/** The row that is there by `unique` columns, or a new one. */
async function ensure(client: pg.Client, table: string, unique: Record<string, string>, rest: Record<string, string> = {}): Promise<string> {
	const row = { id: uuidv7(), ...unique, ...rest };
	const columns = Object.keys(row);
	const keys = Object.keys(unique);
	await client.query(
		`INSERT INTO ${table} (${columns.join(", ")}) VALUES (${columns.map((_, i) => `$${i + 1}`).join(", ")}) ON CONFLICT DO NOTHING`,
		Object.values(row),
	);
	const { rows } = await client.query<{ id: string }>(
		`SELECT id FROM ${table} WHERE ${keys.map((key, i) => `${key} = $${i + 1}`).join(" AND ")} ORDER BY created_at LIMIT 1`,
		Object.values(unique),
	);
	return (rows[0] as { id: string }).id;
}

/** The account of the installation with this address; one that an organization made for itself is never taken for it. */
async function ensurePerson(client: pg.Client, { email, name }: Seed["owner"]): Promise<string> {
	await client.query("INSERT INTO app_user (id, email, name) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", [uuidv7(), email.toLowerCase(), name]);
	const { rows } = await client.query<{ id: string }>("SELECT id FROM app_user WHERE email = $1 AND home_id IS NULL", [email.toLowerCase()]);
	return (rows[0] as { id: string }).id;
}

/** Makes what is missing of `wanted`; what is there by its name stays as it is. */
export async function seed(databaseUrl: string, wanted: Seed): Promise<Seeded> {
	return asSystem(databaseUrl, async (client) => {
		// Organizations of one name may be many: two seeds at once must not make two.
		await client.query("SELECT pg_advisory_xact_lock(7411, 3)");
		const known = await client.query<{ id: string }>("SELECT id FROM organization WHERE name = $1 ORDER BY created_at LIMIT 1", [
			wanted.organization,
		]);
		const organizationId = known.rows[0]?.id ?? (await ensure(client, "organization", { name: wanted.organization }));
		const workspaceId = await ensure(client, "workspace", { organization_id: organizationId, name: wanted.workspace });
		const poolId = await ensure(client, "pool", { workspace_id: workspaceId, name: wanted.pool });
		const userId = await ensurePerson(client, wanted.owner);
		await client.query("INSERT INTO member (organization_id, user_id, role) VALUES ($1, $2, 'owner') ON CONFLICT DO NOTHING", [
			organizationId,
			userId,
		]);
		return { organizationId, workspaceId, poolId, userId };
	});
}

// As web/src/server/secrets.ts makes and keeps them: 256 random bits, of which only the SHA-256 is stored.
function newToken(kind: "tg" | "tge" | "tgl"): { token: string; hash: Buffer } {
	const token = `${kind}_${randomBytes(32).toString("base64url")}`;
	return { token, hash: createHash("sha256").update(token).digest() };
}

/** @returns a new API key of the workspace, shown only here. */
export async function createApiKey(databaseUrl: string, wanted: { workspaceId: string; name: string }): Promise<string> {
	const { token, hash } = newToken("tg");
	await asSystem(databaseUrl, (client) =>
		client.query("INSERT INTO api_key (id, workspace_id, name, prefix, hash, created_by) VALUES ($1, $2, $3, $4, $5, 'set-up')", [
			uuidv7(),
			wanted.workspaceId,
			wanted.name,
			token.slice(0, 9),
			hash,
		]),
	);
	return token;
}

/** @returns the token of a link that signs the user in once, within 24 h: `/sign-in#token=…`, where `&key=…` may carry the workspace key. */
export async function createSignInLink(databaseUrl: string, wanted: { workspaceId: string; userEmail: string }): Promise<string> {
	const { token, hash } = newToken("tgl");
	await asSystem(databaseUrl, async (client) => {
		const made = await client.query(
			`INSERT INTO sign_in_link (hash, user_id, workspace_id, expires_at) SELECT $1, id, $2, tg_now() + interval '${LINK_LIFETIME}' FROM app_user WHERE email = $3 AND home_id IS NULL`,
			[hash, wanted.workspaceId, wanted.userEmail.toLowerCase()],
		);
		if (made.rowCount !== 1) throw new Error(`there is no user ${wanted.userEmail}: seed makes one`);
	});
	return token;
}

/** @returns a token that admits one agent to the pool, once, within an hour. */
export async function createEnrolmentToken(databaseUrl: string, wanted: { workspaceId: string; pool: string }): Promise<string> {
	const { token, hash } = newToken("tge");
	await asSystem(databaseUrl, async (client) => {
		const made = await client.query(
			`INSERT INTO enrolment_token (id, workspace_id, pool_id, hash, created_by, expires_at)
				SELECT $1, workspace_id, id, $2, 'set-up', tg_now() + interval '${ENROLMENT_LIFETIME}' FROM pool WHERE workspace_id = $3 AND name = $4`,
			[uuidv7(), hash, wanted.workspaceId, wanted.pool],
		);
		if (made.rowCount !== 1) throw new Error(`there is no pool ${wanted.pool} in this workspace: seed makes one`);
	});
	return token;
}
