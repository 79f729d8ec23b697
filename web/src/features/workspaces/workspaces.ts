import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { type Action, actionsOf } from "../../server/roles.ts";

export interface Whoami {
	by: "key" | "session";
	name: string;
	email: string | null;
	/** A member's role, or an API key's scope. */
	role: string;
	/** What that allows. */
	may: readonly Action[];
	organization: { id: string; name: string };
	workspace: { id: string; name: string; kid: string | null };
	/** Those that the caller may choose: an API key has one. */
	workspaces: { id: string; name: string }[];
}

export async function whoami(door: TenantDoor, caller: Caller): Promise<Whoami> {
	const { rows } = await door.query<{ id: string; name: string; kid: string | null }>(
		"SELECT id, name, kid FROM workspace WHERE organization_id = $1 ORDER BY name",
		[caller.organization.id],
	);
	const { by, name, email, organization, workspace, standing } = caller;
	const role = "role" in standing ? standing.role : standing.scope;
	const seen = by === "key" ? rows.filter((row) => row.id === workspace.id) : rows;
	const kid = rows.find((row) => row.id === workspace.id)?.kid ?? null;
	const workspaces = seen.map((row) => ({ id: row.id, name: row.name }));
	return { by, name, email, role, may: actionsOf(standing), organization, workspace: { ...workspace, kid }, workspaces };
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
