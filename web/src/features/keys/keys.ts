import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import { type Caller, forgetCallers } from "../../server/callers.ts";
import type { TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toIso } from "../../server/inputs.ts";
import { actionsOf, mayGive, type Scope } from "../../server/roles.ts";
import { newToken } from "../../server/secrets.ts";

export interface KeyItem {
	id: string;
	name: string;
	/** Its first characters. */
	prefix: string;
	/** admin, deploy, run or read. */
	scope: string;
	/** It stands for whoever created it, and ends with the membership: `tidegate login` made it. */
	personal: boolean;
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
		keys: keys.map(({ userId, ...key }) => ({
			...key,
			personal: userId !== null,
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
	wanted: { name: string; scope: Scope; expiresAt?: string },
): Promise<{ id: string; key: string; prefix: string; scope: string }> {
	const { name, scope } = wanted;
	if (!mayGive(caller.standing, scope))
		throw new Refused(
			"forbidden",
			`scope: a key of the scope "${scope}" could do more than you may, which is ${actionsOf(caller.standing).join(", ")}.`,
		);
	const { token, hash, prefix } = newToken("tg");
	const id = uuidv7();
	return door.transaction(async (tx) => {
		await assertNoLonger(tx, caller, wanted.expiresAt);
		const { rowCount } = await tx.query(
			`INSERT INTO api_key (id, workspace_id, name, prefix, hash, scope, created_by, expires_at)
				SELECT $1, $2, $3, $4, $5, $6, $7, $8::timestamptz WHERE $8::timestamptz IS NULL OR $8::timestamptz > tg_now()`,
			[id, caller.workspace.id, name, prefix, hash, scope, caller.actor, wanted.expiresAt ?? null],
		);
		if (!rowCount) throw new Refused("bad_request", "expiresAt: is in the past, so the key could never be used: choose a later time.");
		await audit(tx, caller, "key.create", id, { name, prefix, scope });
		return { id, key: token, prefix, scope };
	});
}

/** A key makes none that outlives it: who found one that ends tonight would have it for good. */
async function assertNoLonger(tx: Tx, caller: Caller, expiresAt: string | undefined): Promise<void> {
	if (caller.by !== "key") return;
	const { rows } = await tx.query<{ ends: Date }>(
		"SELECT expires_at AS ends FROM api_key WHERE id = $1 AND expires_at < coalesce($2::timestamptz, 'infinity')",
		[caller.id, expiresAt ?? null],
	);
	const ends = rows[0]?.ends.toISOString();
	if (ends)
		throw new Refused(
			"forbidden",
			`expiresAt: the key that asks ends at ${ends}, and makes none that lives longer. Make it on the page, or say an earlier end.`,
		);
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
