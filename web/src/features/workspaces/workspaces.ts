import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import { type Caller, type Reachable, reachedBy } from "../../server/callers.ts";
import { type TenantDoor, type Tx, tenant } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { lockLimit } from "../../server/limits.ts";
import { type Action, actionsOf } from "../../server/roles.ts";

export interface Whoami {
	by: "key" | "session";
	/** Of the person, or of the key. */
	id: string;
	name: string;
	email: string | null;
	/** A member's role, or an API key's scope. */
	role: string;
	/** What that allows. */
	may: readonly Action[];
	organization: { id: string; name: string };
	workspace: { id: string; name: string; kid: string | null };
	/** Those that the caller may choose, of every organization that it is a member of: an API key has one. */
	workspaces: Reachable[];
}

/** Workspaces of one organization: one that wants more has another problem. */
const MAX_WORKSPACES = 100;

export async function whoami(door: TenantDoor, caller: Caller): Promise<Whoami> {
	const { by, id, name, email, organization, workspace, standing, session } = caller;
	const [{ rows }, workspaces] = await Promise.all([
		door.query<{ kid: string | null }>("SELECT kid FROM workspace WHERE id = $1", [workspace.id]),
		session ? reachedBy(session) : [{ ...workspace, organization }],
	]);
	const role = "role" in standing ? standing.role : standing.scope;
	return { by, id, name, email, role, may: actionsOf(standing), organization, workspace: { ...workspace, kid: rows[0]?.kid ?? null }, workspaces };
}

/** A workspace beside the caller's, with a pool, so that an agent can be added at once. Its first audit row is its own making. */
export async function createWorkspace(caller: Caller, name: string): Promise<{ id: string; name: string }> {
	// A key belongs to one workspace, and what leaked must not make itself another.
	if (caller.by === "key")
		throw new Refused("forbidden", "An API key belongs to one workspace and can't make another: a person makes it, on the pages.");
	const { organization } = caller;
	const id = uuidv7();
	return tenant({ workspaceId: id, organizationId: organization.id }).transaction(async (tx) => {
		// One at a time: those who count together would all find room for one more.
		await lockLimit(tx, `workspaces ${organization.id}`);
		const { rows } = await tx.query<{ count: number }>("SELECT count(*) FROM workspace WHERE organization_id = $1", [organization.id]);
		if ((rows[0]?.count ?? 0) >= MAX_WORKSPACES) throw new Refused("too_many", `An organization may have ${MAX_WORKSPACES} workspaces.`);
		const made = await tx.query(
			"INSERT INTO workspace (id, organization_id, name) VALUES ($1, $2, $3) ON CONFLICT (organization_id, name) DO NOTHING",
			[id, organization.id, name],
		);
		if (made.rowCount === 0) throw new Refused("name_taken", `There is a workspace "${name}" in ${organization.name} already.`);
		await tx.query("INSERT INTO pool (id, workspace_id, name) VALUES ($1, $2, 'default')", [uuidv7(), id]);
		await audit(tx, { actor: caller.actor, workspace: { id, name } }, "workspace.create", id, { name });
		return { id, name };
	});
}

/** Names the workspace's key by its id, once: the first stays. Part of each deploy, so that a wrong key is refused before anything is sealed with it. */
export async function bindKey(door: TenantDoor, caller: Caller, kid: string): Promise<{ kid: string }> {
	return door.prisma(async (tx) => {
		const id = caller.workspace.id;
		const bound = await tx.workspace.updateMany({ where: { id, kid: null }, data: { kid } });
		const workspace = await tx.workspace.findUniqueOrThrow({ where: { id }, select: { kid: true } });
		if (workspace.kid !== kid) throw wrongKey(caller.workspace.name, workspace.kid, kid);
		if (bound.count > 0) await audit(tx, caller, "workspace.bind_key", id, { kid });
		return { kid };
	});
}

export function wrongKey(workspace: string, kid: string | null, given: string): Refused {
	return new Refused(
		"wrong_workspace_key",
		`The workspace "${workspace}" uses workspace key ${kid}, but this was made with key ${given}. Import the right one: tidegate key import.`,
	);
}

/** The workspace's first sealed content names its key. Throws Refused wrong_workspace_key where it has another. */
export async function bindWorkspaceKey(tx: Tx, caller: Caller, kid: string): Promise<void> {
	const { id, name } = caller.workspace;
	const [bound, { rows }] = await Promise.all([
		tx.query("UPDATE workspace SET kid = $2 WHERE id = $1 AND kid IS NULL", [id, kid]),
		tx.query<{ kid: string | null }>("SELECT kid FROM workspace WHERE id = $1", [id]),
	]);
	if (rows[0]?.kid !== kid) throw wrongKey(name, rows[0]?.kid ?? null, kid);
	if (bound.rowCount) await audit(tx, caller, "workspace.bind_key", id, { kid });
}
