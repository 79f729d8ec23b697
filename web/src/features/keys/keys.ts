import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import { type Caller, forgetCallers } from "../../server/callers.ts";
import type { TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toIso } from "../../server/inputs.ts";
import { newToken } from "../../server/secrets.ts";

export interface KeyItem {
	id: string;
	name: string;
	/** Its first characters. */
	prefix: string;
	createdBy: string;
	createdAt: string;
	expiresAt: string | null;
	/** Within 10 s. */
	lastUsedAt: string | null;
	revokedAt: string | null;
}

export async function listKeys(door: TenantDoor, workspaceId: string): Promise<{ keys: KeyItem[] }> {
	const keys = await door.prisma((tx) =>
		tx.apiKey.findMany({ where: { workspaceId }, orderBy: { createdAt: "desc" }, omit: { hash: true, workspaceId: true } }),
	);
	return {
		keys: keys.map((key) => ({
			...key,
			createdAt: key.createdAt.toISOString(),
			expiresAt: toIso(key.expiresAt),
			lastUsedAt: toIso(key.lastUsedAt),
			revokedAt: toIso(key.revokedAt),
		})),
	};
}

/** @returns the key, shown now and never again. */
export async function createKey(
	door: TenantDoor,
	caller: Caller,
	wanted: { name: string; expiresAt?: string },
): Promise<{ id: string; key: string; prefix: string }> {
	const { token, hash, prefix } = newToken("tg");
	const id = uuidv7();
	return door.prisma(async (tx) => {
		const expiresAt = wanted.expiresAt ? new Date(wanted.expiresAt) : null;
		const data = { id, workspaceId: caller.workspace.id, name: wanted.name, prefix, hash: new Uint8Array(hash), createdBy: caller.actor, expiresAt };
		await tx.apiKey.create({ data, select: { id: true } });
		await audit(tx, caller, "key.create", id, { name: wanted.name, prefix });
		return { id, key: token, prefix };
	});
}

export async function revokeKey(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ name: string; first: boolean }>(
			`WITH before AS (SELECT id, revoked_at IS NULL AS first FROM api_key WHERE id = $1 AND workspace_id = $2 FOR UPDATE)
				UPDATE api_key k SET revoked_at = coalesce(k.revoked_at, tg_now()) FROM before WHERE k.id = before.id RETURNING k.name, before.first`,
			[id, caller.workspace.id],
		);
		const key = rows[0];
		if (!key) throw new Refused("not_found", `There is no API key ${id} in this workspace.`);
		if (key.first) await audit(tx, caller, "key.revoke", id, { name: key.name });
		tx.afterCommit(forgetCallers);
		return { id };
	});
}
