/** What a workspace keeps for its flows: secrets, variables, connections. Each value is sealed; a secret's leaves by the agents' door alone. */
import { MAX_SETTINGS, MAX_SETTINGS_BYTES } from "tidegate/protocol/limits.ts";
import { envelopeKid } from "tidegate/protocol/seal.ts";
import type { SettingKind, SettingPlace } from "tidegate/protocol/settings.ts";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { Sql, TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toBase64 } from "../../server/inputs.ts";
import { unknownPool } from "../pools/pools.ts";
import { bindWorkspaceKey } from "../workspaces/workspaces.ts";

export interface SettingItem extends SettingPlace {
	/** Of the workspace key that sealed it. */
	kid: string;
	/** Bytes of the sealed value. */
	size: number;
	by: string;
	at: string;
	/** Null of a secret: nobody but agents is given one. */
	sealed: string | null;
}

interface Row {
	kind: SettingKind;
	name: string;
	pool: string;
	kid: string;
	size: number;
	by: string;
	at: Date;
	sealed: Buffer | null;
}

export async function listSettings(door: Sql, workspaceId: string): Promise<{ settings: SettingItem[] }> {
	const { rows } = await door.query<Row>(
		`SELECT kind, name, pool, kid, length(sealed) AS size, by, at, CASE WHEN kind <> 'secret' THEN sealed END AS sealed
			FROM setting WHERE workspace_id = $1 ORDER BY kind, lower(name), name, pool`,
		[workspaceId],
	);
	return { settings: rows.map((row) => ({ ...row, pool: row.pool || null, at: row.at.toISOString(), sealed: toBase64(row.sealed) })) };
}

/** The next change waits for this one's end, so that none slips past the limits; from its commit on, claims tell agents to ask. */
const change = (tx: Tx, workspaceId: string) => tx.query("UPDATE workspace SET settings = settings + 1 WHERE id = $1", [workspaceId]);

export async function setSetting(door: TenantDoor, caller: Caller, given: SettingPlace & { sealed: Buffer }): Promise<SettingPlace> {
	const { kind, name, pool, sealed } = given;
	const workspaceId = caller.workspace.id;
	const kid = envelopeKid(sealed);
	return door.transaction(async (tx) => {
		await change(tx, workspaceId);
		await bindWorkspaceKey(tx, caller, kid);
		if (pool !== null) {
			const { rowCount } = await tx.query("SELECT FROM pool WHERE workspace_id = $1 AND name = $2", [workspaceId, pool]);
			if (!rowCount) throw await unknownPool(tx, workspaceId, pool);
		}
		await tx.query(
			`INSERT INTO setting (workspace_id, kind, name, pool, sealed, kid, by) VALUES ($1, $2, $3, $4, $5, $6, $7)
				ON CONFLICT (workspace_id, kind, name, pool) DO UPDATE SET sealed = $5, kid = $6, by = $7, at = tg_now()`,
			[workspaceId, kind, name, pool ?? "", sealed, kid, caller.actor],
		);
		const { rows } = await tx.query<{ count: number; bytes: number }>(
			"SELECT count(*), coalesce(sum(length(sealed)), 0)::bigint AS bytes FROM setting WHERE workspace_id = $1",
			[workspaceId],
		);
		const [{ count, bytes } = { count: 0, bytes: 0 }] = rows;
		if (count > MAX_SETTINGS)
			throw new Refused(
				"too_large",
				`A workspace holds at most ${MAX_SETTINGS} secrets, variables and connections: remove one that no flow asks for.`,
			);
		if (bytes > MAX_SETTINGS_BYTES)
			throw new Refused(
				"too_large",
				`All secrets, variables and connections together would take ${bytes} bytes, at most ${MAX_SETTINGS_BYTES} are taken.`,
			);
		await audit(tx, caller, "setting.set", `${kind} ${name}`, told(given));
		return { kind, name, pool };
	});
}

/** @returns removed: false where somebody else was quicker, or there was none. */
export async function removeSetting(door: TenantDoor, caller: Caller, given: SettingPlace): Promise<SettingPlace & { removed: boolean }> {
	const { kind, name, pool } = given;
	const workspaceId = caller.workspace.id;
	return door.transaction(async (tx) => {
		const { rowCount } = await tx.query("DELETE FROM setting WHERE workspace_id = $1 AND kind = $2 AND name = $3 AND pool = $4", [
			...[workspaceId, kind, name, pool ?? ""],
		]);
		if (rowCount) {
			await change(tx, workspaceId);
			await audit(tx, caller, "setting.remove", `${kind} ${name}`, told(given));
		}
		return { kind, name, pool, removed: Boolean(rowCount) };
	});
}

const told = ({ kind, name, pool }: SettingPlace): Record<string, string> => ({ kind, name, ...(pool !== null && { pool }) });

/** Those that agents of `pool` (id) get, with the revision that they belong to. */
export async function settingsForPool(
	door: Sql,
	workspaceId: string,
	pool: string,
): Promise<{ revision: number; rows: (Row & { sealed: Buffer })[] }> {
	const { rows } = await door.query<(Row & { sealed: Buffer }) | { kind: null }>(
		`SELECT w.settings AS revision, s.kind, s.name, s.pool, s.sealed FROM workspace w
			LEFT JOIN setting s ON s.workspace_id = w.id AND s.pool IN ('', (SELECT name FROM pool WHERE id = $2 AND workspace_id = $1)) WHERE w.id = $1`,
		[workspaceId, pool],
	);
	const revision = (rows[0] as { revision?: number } | undefined)?.revision ?? 0;
	return { revision, rows: rows.flatMap((row) => (row.kind === null ? [] : [row])) };
}
