/**
 * Devices and what they are given. A device is a key pair: here stands its public half, and the workspace key only ever wrapped to it, by another
 * device that has the key. People compare fingerprints of public keys, since a control plane that was taken over could show another one.
 */
import { fromHex } from "tidegate/protocol/bytes.ts";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import { type Caller, forgetCallers } from "../../server/callers.ts";
import type { TenantDoor, Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toBase64, toIso } from "../../server/inputs.ts";
import { lockLimit } from "../../server/limits.ts";
import { bus } from "../../server/pubsub.ts";
import { actionsOf, assertMay } from "../../server/roles.ts";
import { wrongKey } from "../workspaces/workspaces.ts";

/** Devices of one person in one workspace, command lines that are signed in nowhere any more aside. */
const MAX_DEVICES = 30;
/** Days for which an ask is shown to others: who asked longer ago has gone on otherwise. */
const ASK_DAYS = 1;

export interface DeviceItem {
	id: string;
	kind: "browser" | "cli";
	name: string;
	person: string;
	/** Whether it is the caller's. */
	own: boolean;
	/** X25519, in hexadecimal digits. */
	publicKey: string;
	/** none: it never asked. */
	state: "none" | "asks" | "granted" | "holds";
	askedAt: string | null;
	createdAt: string;
	/** Of a command line's credential. */
	lastUsedAt: string | null;
	expiresAt: string | null;
}

/** What an API key holds is no device, and a key that leaked must not make itself one. */
export function assertPerson(caller: Caller): void {
	if (caller.by !== "session") throw new Refused("forbidden", "Only somebody who is signed in in a browser can do this.");
}

const overAll = (caller: Caller): boolean => actionsOf(caller.standing).includes("members");

interface DeviceRow extends Omit<DeviceItem, "own" | "askedAt" | "createdAt" | "lastUsedAt" | "expiresAt"> {
	userId: string;
	askedAt: Date | null;
	createdAt: Date;
	lastUsedAt: Date | null;
	expiresAt: Date | null;
}

/** A command line whose credential ended is signed in nowhere. */
const LIVES = "(d.kind = 'browser' OR (k.revoked_at IS NULL AND k.expires_at > tg_now()))";

/** Those of members. */
const DEVICES = `SELECT d.id, d.kind, d.name, d.person, d.user_id AS "userId", encode(d.public_key, 'hex') AS "publicKey", d.state, d.asked_at AS "askedAt",
	d.created_at AS "createdAt", k.last_used_at AS "lastUsedAt", k.expires_at AS "expiresAt"
	FROM device d JOIN workspace w ON w.id = d.workspace_id JOIN member m ON m.user_id = d.user_id AND m.organization_id = w.organization_id AND m.removed_at IS NULL
	LEFT JOIN api_key k ON k.id = d.api_key_id
	WHERE d.workspace_id = $1 AND ${LIVES}`;

const toItem = (caller: Caller, { userId, ...row }: DeviceRow): DeviceItem => ({
	...row,
	own: userId === caller.id,
	askedAt: toIso(row.askedAt),
	createdAt: row.createdAt.toISOString(),
	lastUsedAt: toIso(row.lastUsedAt),
	expiresAt: toIso(row.expiresAt),
});

/** One's own, and for those who manage members everybody's. */
export async function listDevices(door: TenantDoor, caller: Caller): Promise<{ devices: DeviceItem[]; all: boolean }> {
	assertPerson(caller);
	const all = overAll(caller);
	const { rows } = await door.query<DeviceRow>(
		`${DEVICES} AND ($2 OR d.user_id = $3) ORDER BY d.user_id <> $3, d.person, d.created_at DESC LIMIT 500`,
		[...[caller.workspace.id, all, caller.id]],
	);
	return { devices: rows.map((row) => toItem(caller, row)), all };
}

/** Devices that wait for somebody who has the key. Every member may grant: whoever has the key could hand it over by other ways too. */
export async function listAsking(door: TenantDoor, caller: Caller): Promise<{ devices: DeviceItem[] }> {
	assertPerson(caller);
	const { rows } = await door.query<DeviceRow>(
		`${DEVICES} AND d.state = 'asks' AND d.asked_at > tg_now() - $2 * interval '1 day' ORDER BY d.asked_at LIMIT 50`,
		[caller.workspace.id, ASK_DAYS],
	);
	return { devices: rows.map((row) => toItem(caller, row)) };
}

export interface OwnDevice {
	id: string;
	state: DeviceItem["state"];
	/** What it was given and has not fetched yet. */
	grant: { kid: string; wrapped: string; by: string } | null;
}

export async function findOwn(door: TenantDoor, caller: Caller, publicKey: string): Promise<{ device: OwnDevice | null }> {
	assertPerson(caller);
	const { rows } = await door.query<{ id: string; state: DeviceItem["state"]; kid: string | null; wrapped: Buffer | null; by: string }>(
		`SELECT d.id, d.state, g.kid, g.wrapped, g.granted_by AS by FROM device d LEFT JOIN key_grant g ON g.device_id = d.id AND g.wrapped IS NOT NULL
			WHERE d.workspace_id = $1 AND d.user_id = $2 AND d.public_key = $3 ORDER BY g.granted_at DESC LIMIT 1`,
		[caller.workspace.id, caller.id, fromHex(publicKey)],
	);
	const row = rows[0];
	if (!row) return { device: null };
	const wrapped = toBase64(row.wrapped);
	return { device: { id: row.id, state: row.state, grant: row.kid && wrapped ? { kid: row.kid, wrapped, by: row.by } : null } };
}

function changed(tx: Tx, caller: Caller): void {
	tx.afterCommit(() => bus.device(caller.workspace.id));
}

/** Registers this browser, or asks once more for it. Grants that it never fetched are void. */
export async function askForKey(door: TenantDoor, caller: Caller, device: { publicKey: string; name: string }): Promise<{ id: string }> {
	assertPerson(caller);
	const [workspaceId, userId] = [caller.workspace.id, caller.id];
	return door.transaction(async (tx) => {
		await lockLimit(tx, `devices ${workspaceId} ${userId}`);
		const { rows: there } = await tx.query<{ count: number }>(
			`SELECT count(*) FROM device d LEFT JOIN api_key k ON k.id = d.api_key_id WHERE d.workspace_id = $1 AND d.user_id = $2 AND d.public_key <> $3 AND ${LIVES}`,
			[workspaceId, userId, fromHex(device.publicKey)],
		);
		if ((there[0]?.count ?? 0) >= MAX_DEVICES)
			throw new Refused("conflict", `You have ${MAX_DEVICES} devices in this workspace: remove some under Settings, Devices.`);
		const { rows } = await tx.query<{ id: string }>(
			`INSERT INTO device (id, workspace_id, user_id, person, kind, name, public_key, state, asked_at) VALUES ($1, $2, $3, $4, 'browser', $5, $6, 'asks', tg_now())
				ON CONFLICT (workspace_id, user_id, public_key) DO UPDATE SET state = 'asks', asked_at = tg_now(), person = excluded.person RETURNING id`,
			[uuidv7(), workspaceId, userId, caller.actor, device.name, fromHex(device.publicKey)],
		);
		const id = (rows[0] as { id: string }).id;
		await tx.query("DELETE FROM key_grant WHERE device_id = $1 AND taken_at IS NULL", [id]);
		await audit(tx, caller, "device.ask", id, { name: device.name });
		changed(tx, caller);
		return { id };
	});
}

/**
 * Of two grants at once the first counts, and the second is told. That the wrapped key is the workspace's can't be seen here: whoever is given it sees, and
 * says so (rejectGrant). Where the workspace has no key yet there is nothing to compare it with, so the grant names it, as only those may who may deploy.
 */
export async function grantKey(
	door: TenantDoor,
	caller: Caller,
	given: { id: string; publicKey: string; kid: string; wrapped: Buffer },
): Promise<{ id: string }> {
	assertPerson(caller);
	const { workspace } = caller;
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ name: string; person: string; state: string; kid: string | null; same: boolean }>(
			`SELECT d.name, d.person, d.state, w.kid, d.public_key = $3 AS same FROM device d JOIN workspace w ON w.id = d.workspace_id
				JOIN member m ON m.user_id = d.user_id AND m.organization_id = w.organization_id AND m.removed_at IS NULL WHERE d.id = $1 AND d.workspace_id = $2 FOR UPDATE OF d`,
			[given.id, workspace.id, fromHex(given.publicKey)],
		);
		const device = rows[0];
		if (!device?.same) throw new Refused("not_found", "This device does not ask any more: it was removed, or its person is no member.");
		if (device.kid !== null && device.kid !== given.kid) throw wrongKey(workspace.name, device.kid, given.kid);
		if (device.kid === null) assertMay(caller.standing, "deploy");
		if (device.state !== "asks") throw new Refused("conflict", `${device.name} of ${device.person} was given the key already.`);
		if (device.kid === null) {
			const { rowCount } = await tx.query("UPDATE workspace SET kid = $2 WHERE id = $1 AND kid IS NULL", [workspace.id, given.kid]);
			if (!rowCount) throw new Refused("conflict", "The workspace was given a key at the same moment: try again.");
			await audit(tx, caller, "workspace.bind_key", workspace.id, { kid: given.kid });
		}
		await tx.query("INSERT INTO key_grant (id, workspace_id, device_id, kid, wrapped, granted_by) VALUES ($1, $2, $3, $4, $5, $6)", [
			...[uuidv7(), workspace.id, given.id, given.kid, given.wrapped, caller.actor],
		]);
		await tx.query("UPDATE device SET state = 'granted' WHERE id = $1", [given.id]);
		await audit(tx, caller, "device.grant", given.id, { name: device.name, person: device.person, kid: given.kid });
		changed(tx, caller);
		return { id: given.id };
	});
}

/** The device has opened what it was given: the wrapped key is of no more use here. */
export async function takeGrant(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	assertPerson(caller);
	return door.transaction(async (tx) => {
		const { rowCount } = await tx.query(
			"UPDATE device SET state = 'holds' WHERE id = $1 AND workspace_id = $2 AND user_id = $3 AND state = 'granted'",
			[id, caller.workspace.id, caller.id],
		);
		if (!rowCount) throw new Refused("not_found", "This device was given nothing that it could take.");
		await tx.query("UPDATE key_grant SET wrapped = NULL, taken_at = tg_now() WHERE device_id = $1 AND taken_at IS NULL", [id]);
		await audit(tx, caller, "device.take", id);
		changed(tx, caller);
		return { id };
	});
}

/** What the device was given is not the workspace's key, or does not open: it is void, and the log says who gave it. The device may ask again. */
export async function rejectGrant(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	assertPerson(caller);
	return door.transaction(async (tx) => {
		const { rowCount } = await tx.query(
			"UPDATE device SET state = 'none' WHERE id = $1 AND workspace_id = $2 AND user_id = $3 AND state = 'granted'",
			[id, caller.workspace.id, caller.id],
		);
		if (!rowCount) throw new Refused("not_found", "This device was given nothing that it could reject.");
		const { rows } = await tx.query<{ kid: string; by: string }>(
			"DELETE FROM key_grant WHERE device_id = $1 AND taken_at IS NULL RETURNING kid, granted_by AS by",
			[id],
		);
		await audit(tx, caller, "device.reject", id, { by: rows[0]?.by ?? "nobody", kid: rows[0]?.kid ?? "none" });
		changed(tx, caller);
		return { id };
	});
}

export async function renameDevice(door: TenantDoor, caller: Caller, id: string, name: string): Promise<{ id: string }> {
	assertPerson(caller);
	return door.transaction(async (tx) => {
		const { rowCount } = await tx.query("UPDATE device SET name = $4 WHERE id = $1 AND workspace_id = $2 AND (user_id = $3 OR $5)", [
			...[id, caller.workspace.id, caller.id, name, overAll(caller)],
		]);
		if (!rowCount) throw new Refused("not_found", "There is no such device of yours in this workspace.");
		await audit(tx, caller, "device.rename", id, { name });
		changed(tx, caller);
		return { id };
	});
}

/** Forgets a device, and ends the credential of a command line. One that only asks may be sent away by every member. */
export async function removeDevice(door: TenantDoor, caller: Caller, id: string): Promise<{ id: string }> {
	assertPerson(caller);
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ name: string; person: string; api_key_id: string | null }>(
			"DELETE FROM device WHERE id = $1 AND workspace_id = $2 AND (user_id = $3 OR state = 'asks' OR $4) RETURNING name, person, api_key_id",
			[id, caller.workspace.id, caller.id, overAll(caller)],
		);
		const device = rows[0];
		if (!device) throw new Refused("not_found", "There is no such device of yours in this workspace.");
		if (device.api_key_id)
			await tx.query("UPDATE api_key SET revoked_at = coalesce(revoked_at, tg_now()) WHERE id = $1 AND workspace_id = $2", [
				...[device.api_key_id, caller.workspace.id],
			]);
		await audit(tx, caller, "device.remove", id, { name: device.name, person: device.person });
		tx.afterCommit(forgetCallers);
		changed(tx, caller);
		return { id };
	});
}
