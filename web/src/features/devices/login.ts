/**
 * `tidegate login`: a command line asks for a code, a person approves it in the browser, the command line gets a credential of that person.
 * A login belongs to no workspace until it is approved, so its row is reached by the system's role, and only by one of its two codes.
 */
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { audit } from "../../server/audit.ts";
import { type Caller, forgetCallers } from "../../server/callers.ts";
import { system, type TenantDoor, type Tx } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { toBase64 } from "../../server/inputs.ts";
import { bus } from "../../server/pubsub.ts";
import { type Role, SCOPE_OF_ROLE } from "../../server/roles.ts";
import { hashToken, isToken, newToken } from "../../server/secrets.ts";
import { wrongKey } from "../workspaces/workspaces.ts";
import { hashCode, newCode, readCode } from "./codes.ts";
import { assertPerson } from "./devices.ts";
import { oneLine } from "./inputs.ts";

/** Long enough to sign in first, short enough that a forgotten code is no open door. */
export const LOGIN_SECONDS = 600;
/** Days that the credential holds: then the person is asked again. */
const KEY_DAYS = 90;
/** What asking too often adds to the pause between two questions, as RFC 8628 has it; and the longest pause. Seconds. */
const SLOWER = 5;
const SLOWEST = 60;

export interface Asking {
	publicKey: Buffer;
	host: string;
	version: string;
	address: string;
}

export async function startLogin(asking: Asking): Promise<{ deviceCode: string; code: string; interval: number }> {
	const { token, hash } = newToken("tgd");
	const code = newCode();
	const { rows } = await system.query<{ interval: number }>(
		`INSERT INTO device_login (id, device_hash, code_hash, public_key, host, version, address, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, tg_now() + $8 * interval '1 second') RETURNING interval_seconds AS interval`,
		[uuidv7(), hash, hashCode(code), asking.publicKey, asking.host, asking.version, asking.address, LOGIN_SECONDS],
	);
	return { deviceCode: token, code, interval: (rows[0] as { interval: number }).interval };
}

interface LoginRow {
	id: string;
	state: "asks" | "approved" | "denied" | "taken";
	expired: boolean;
	hasty: boolean;
	interval: number;
	public_key: Buffer;
	host: string;
	version: string;
	address: string;
	created_at: Date;
	workspace_id: string | null;
	user_id: string | null;
	kid: string | null;
	wrapped: Buffer | null;
}

const LOGIN = `SELECT id, state, expires_at <= tg_now() AS expired, coalesce(polled_at > tg_now() - interval_seconds * interval '0.8 seconds', false) AS hasty,
	interval_seconds AS interval, public_key, host, version, address, created_at, workspace_id, user_id, kid, wrapped FROM device_login`;

export type Polled = { error: string; words: string; interval?: number } | Credential;

/** What a command line gets, once. */
export interface Credential {
	api_key: string;
	key_name: string;
	scope: string;
	expires_at: string;
	person: string;
	organization: { id: string; name: string };
	workspace: { id: string; name: string; kid: string | null };
	/** The workspace key, wrapped to the command line's own key pair; null where the approving browser had none. */
	wrapped_key: string | null;
}

const failed = (error: string, words: string): Polled => ({ error, words });

/** Asked again and again by the command line. Of many at once that find it approved, one gets the credential. */
export async function pollLogin(deviceCode: string): Promise<Polled> {
	if (!isToken("tgd", deviceCode)) return failed("invalid_grant", "This is no device code.");
	return system.transaction(async (tx) => {
		const { rows } = await tx.query<LoginRow>(`${LOGIN} WHERE device_hash = $1 FOR UPDATE`, [hashToken(deviceCode)]);
		const login = rows[0];
		if (!login) return failed("invalid_grant", "This sign-in is not known here.");
		if (login.state === "taken") return failed("invalid_grant", "This sign-in was completed before: each code works once.");
		if (login.state === "denied") return failed("access_denied", "The sign-in was refused in the browser.");
		if (login.expired) return failed("expired_token", "The code has expired: each holds for ten minutes.");
		if (login.state === "approved") return take(tx, login);
		const interval = login.hasty ? Math.min(login.interval + SLOWER, SLOWEST) : login.interval;
		await tx.query("UPDATE device_login SET polled_at = tg_now(), interval_seconds = $2 WHERE id = $1", [login.id, interval]);
		return login.hasty
			? { error: "slow_down", words: "Asked too often.", interval }
			: { error: "authorization_pending", words: "Nobody has approved it yet.", interval };
	});
}

interface Member {
	email: string;
	role: Role;
	workspace: string;
	kid: string | null;
	organization_id: string;
	organization: string;
}

/** Makes the credential, as wide as the person's role is now. */
async function take(tx: Tx, login: LoginRow): Promise<Polled> {
	const [workspaceId, userId] = [login.workspace_id as string, login.user_id as string];
	const { rows } = await tx.query<Member>(
		`SELECT u.email, m.role, w.name AS workspace, w.kid, o.id AS organization_id, o.name AS organization
			FROM workspace w JOIN organization o ON o.id = w.organization_id JOIN member m ON m.organization_id = o.id JOIN app_user u ON u.id = m.user_id
			WHERE w.id = $1 AND u.id = $2 AND m.removed_at IS NULL`,
		[workspaceId, userId],
	);
	const member = rows[0];
	await tx.query("UPDATE device_login SET state = $2, wrapped = NULL WHERE id = $1", [login.id, member ? "taken" : "denied"]);
	if (!member) return failed("access_denied", "Whoever approved this sign-in is no member any more.");
	// One credential a device: what it had before is of no more use.
	await tx.query(
		`UPDATE api_key SET revoked_at = coalesce(revoked_at, tg_now()) WHERE id IN (SELECT api_key_id FROM device WHERE user_id = $1 AND public_key = $2)`,
		[userId, login.public_key],
	);
	const { token, hash, prefix } = newToken("tg");
	const [keyId, deviceId, scope] = [uuidv7(), uuidv7(), SCOPE_OF_ROLE[member.role]];
	const name = oneLine(`login on ${login.host} by ${member.email}`, 100);
	const made = await tx.query<{ expires_at: Date }>(
		`INSERT INTO api_key (id, workspace_id, name, prefix, hash, scope, user_id, created_by, expires_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, tg_now() + $9 * interval '1 day') RETURNING expires_at`,
		[keyId, workspaceId, name, prefix, hash, scope, userId, member.email, KEY_DAYS],
	);
	await tx.query(
		`INSERT INTO device (id, workspace_id, user_id, person, kind, name, public_key, state, api_key_id) VALUES ($1, $2, $3, $4, 'cli', $5, $6, $7, $8)
			ON CONFLICT (workspace_id, user_id, public_key) DO UPDATE SET name = excluded.name, person = excluded.person, state = excluded.state, api_key_id = excluded.api_key_id`,
		[deviceId, workspaceId, userId, member.email, login.host, login.public_key, login.wrapped ? "holds" : "none", keyId],
	);
	const workspace = { id: workspaceId, name: member.workspace };
	await audit(tx, { actor: member.email, workspace }, "key.create", keyId, { name, prefix, scope });
	tx.afterCommit(() => {
		forgetCallers();
		bus.device(workspaceId);
	});
	return {
		api_key: token,
		key_name: name,
		scope,
		expires_at: (made.rows[0] as { expires_at: Date }).expires_at.toISOString(),
		person: member.email,
		organization: { id: member.organization_id, name: member.organization },
		workspace: { ...workspace, kid: member.kid ?? login.kid },
		wrapped_key: toBase64(login.wrapped),
	};
}

/** What the page shows before somebody decides. */
export interface LoginSeen {
	state: "asks" | "approved" | "denied" | "taken" | "expired";
	host: string;
	version: string;
	address: string;
	publicKey: string;
	askedAt: string;
}

async function find(code: string, lock?: Tx): Promise<LoginRow> {
	const known = readCode(code);
	const from = lock ?? system;
	const { rows } = known
		? await from.query<LoginRow>(`${LOGIN} WHERE code_hash = $1${lock ? " FOR UPDATE" : ""}`, [hashCode(known)])
		: { rows: [] as LoginRow[] };
	if (!rows[0]) throw new Refused("not_found", "There is no such code: compare it with what the terminal shows.");
	return rows[0];
}

export async function lookLogin(code: string): Promise<LoginSeen> {
	const login = await find(code);
	const state = login.expired && login.state !== "taken" && login.state !== "denied" ? "expired" : login.state;
	const { host, version, address, public_key, created_at } = login;
	return { state, host, version, address, publicKey: public_key.toString("hex"), askedAt: created_at.toISOString() };
}

/** Waits for the row, so that of two decisions at once the second learns of the first. */
async function undecided(tx: Tx, code: string): Promise<LoginRow> {
	const login = await find(code, tx);
	if (login.state === "denied") throw new Refused("conflict", "This sign-in was refused before. Run tidegate login again for a new code.");
	if (login.state !== "asks") throw new Refused("conflict", "This code was used before: each works once. Run tidegate login again for a new one.");
	if (login.expired) throw new Refused("conflict", "This code has expired: each holds for ten minutes. Run tidegate login again for a new one.");
	return login;
}

/** @param given the workspace key, wrapped to the asking device in the browser that approves; none where that has no key. */
export async function approveLogin(
	door: TenantDoor,
	caller: Caller,
	code: string,
	given?: { kid: string; wrapped: Buffer },
): Promise<{ host: string }> {
	assertPerson(caller);
	const { workspace } = caller;
	if (given) {
		const { rows } = await door.query<{ kid: string | null }>("SELECT kid FROM workspace WHERE id = $1", [workspace.id]);
		const bound = rows[0]?.kid ?? null;
		if (bound !== null && bound !== given.kid) throw wrongKey(workspace.name, bound, given.kid);
	}
	return system.transaction(async (tx) => {
		const login = await undecided(tx, code);
		await tx.query("UPDATE device_login SET state = 'approved', workspace_id = $2, user_id = $3, kid = $4, wrapped = $5 WHERE id = $1", [
			...[login.id, workspace.id, caller.id, given?.kid ?? null, given?.wrapped ?? null],
		]);
		await audit(tx, caller, "login.approve", login.id, { host: login.host, address: login.address, key: given ? given.kid : "not given" });
		return { host: login.host };
	});
}

export async function denyLogin(caller: Caller, code: string): Promise<{ host: string }> {
	assertPerson(caller);
	return system.transaction(async (tx) => {
		const login = await undecided(tx, code);
		await tx.query("UPDATE device_login SET state = 'denied' WHERE id = $1", [login.id]);
		await audit(tx, caller, "login.deny", login.id, { host: login.host, address: login.address });
		return { host: login.host };
	});
}

/** Ends the API key that asks, and forgets the device that it signed in. */
export async function endLogin(door: TenantDoor, caller: Caller): Promise<{ name: string }> {
	if (caller.by !== "key") throw new Refused("bad_request", "Only an API key can end itself. To sign out here, use the button in the sidebar.");
	return door.transaction(async (tx) => {
		await tx.query("DELETE FROM device WHERE api_key_id = $1 AND workspace_id = $2", [caller.id, caller.workspace.id]);
		const { rowCount } = await tx.query("UPDATE api_key SET revoked_at = tg_now() WHERE id = $1 AND workspace_id = $2 AND revoked_at IS NULL", [
			caller.id,
			caller.workspace.id,
		]);
		if (rowCount) await audit(tx, caller, "key.revoke", caller.id, { name: caller.name });
		tx.afterCommit(forgetCallers);
		return { name: caller.name };
	});
}
