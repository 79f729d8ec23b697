/**
 * Who calls, proven: an API key (bound to one workspace) or a session (whose workspace is proven by membership). Answers are kept for 5 s, so
 * that hot triggers cost no round trip. A revocation makes all servers forget them; where that signal is lost it takes 5 s.
 */
import { system } from "./db.ts";
import { Refused } from "./errors.ts";
import { log } from "./log.ts";
import { bus } from "./pubsub.ts";
import { narrower, type Role, SCOPE_OF_ROLE, type Scope, type Standing } from "./roles.ts";
import { hashToken, isToken } from "./secrets.ts";
import type { Session } from "./session.ts";
import { shared } from "./shared.ts";

const KEEP = 5_000;
const MAX_KEPT = 10_000;
/** How often last_used_at is written, milliseconds: it is for people, who read days. */
const USED_EVERY = 10_000;

export interface Caller {
	by: "key" | "session";
	/** Of the key or the user. */
	id: string;
	name: string;
	email: string | null;
	/** What stands in created_by and in the audit log. */
	actor: string;
	standing: Standing;
	workspace: { id: string; name: string };
	organization: { id: string; name: string };
}

interface Kept {
	until: number;
	caller: Promise<Caller>;
}
const kept = shared("callers", () => new Map<string, Kept>());

function remember(id: string, look: () => Promise<Caller>): Promise<Caller> {
	const now = performance.now();
	const before = kept.get(id);
	if (before && before.until > now) return before.caller;
	const caller = look();
	kept.delete(id);
	kept.set(id, { until: now + KEEP, caller });
	if (kept.size > MAX_KEPT) kept.delete(kept.keys().next().value as string);
	// A refusal is kept like an answer; a database that was away is asked again.
	caller.catch((error) => !(error instanceof Refused) && kept.delete(id));
	return caller;
}

/** Forgets what was kept of callers, here and on the other servers, and makes whoever follows something prove anew that he may: after a revocation. */
export const forgetCallers = (): void => bus.callers();
bus.onCallers(() => kept.clear());

interface KeyRow {
	id: string;
	name: string;
	scope: Scope;
	expired: boolean;
	revoked: boolean;
	/** Of a key that stands for a member: whose it is, and the role now; null once the person is none any more. */
	user_id: string | null;
	role: Role | null;
	workspace_id: string;
	workspace_name: string;
	organization_id: string;
	organization_name: string;
}

const BY_KEY = {
	name: "caller_by_key",
	text: `SELECT k.id, k.name, k.scope, coalesce(k.expires_at <= tg_now(), false) AS expired, k.revoked_at IS NOT NULL AS revoked, k.user_id, m.role,
		w.id AS workspace_id, w.name AS workspace_name, o.id AS organization_id, o.name AS organization_name
		FROM api_key k JOIN workspace w ON w.id = k.workspace_id JOIN organization o ON o.id = w.organization_id
		LEFT JOIN member m ON m.organization_id = o.id AND m.user_id = k.user_id AND m.removed_at IS NULL WHERE k.hash = $1`,
};

/** @throws Refused unauthorized, expired or revoked. */
export async function callerByKey(key: string): Promise<Caller> {
	if (!isToken("tg", key)) throw new Refused("unauthorized", "That is no API key: one begins with tg_ and has 46 characters.");
	const hash = hashToken(key);
	const caller = await remember(`key ${hash.toString("base64")}`, async () => {
		const { rows } = await system.query<KeyRow>(BY_KEY, [hash]);
		const row = rows[0];
		if (!row) throw new Refused("unauthorized", "This API key is not known here: check that it is complete and belongs to this server.");
		if (row.revoked) throw new Refused("revoked", `The API key "${row.name}" was revoked.`);
		if (row.expired) throw new Refused("expired", `The API key "${row.name}" has expired.`);
		if (row.user_id && !row.role) throw new Refused("revoked", `The API key "${row.name}" belongs to somebody who is no member any more.`);
		return {
			by: "key",
			id: row.id,
			name: row.name,
			email: null,
			actor: `key ${row.name}`,
			standing: { scope: row.role ? narrower(row.scope, SCOPE_OF_ROLE[row.role]) : row.scope },
			workspace: { id: row.workspace_id, name: row.workspace_name },
			organization: { id: row.organization_id, name: row.organization_name },
		};
	});
	noteUse(caller.id);
	return caller;
}

interface MemberRow {
	email: string;
	name: string;
	role: Role;
	workspace_id: string;
	workspace_name: string;
	organization_id: string;
	organization_name: string;
}

const BY_MEMBERSHIP = {
	name: "caller_by_membership",
	// An account with a home opens nothing else, and a session nothing but what it was signed in for.
	text: `SELECT m.email, m.name, m.role, w.id AS workspace_id, w.name AS workspace_name, o.id AS organization_id, o.name AS organization_name
		FROM app_user u JOIN member m ON m.user_id = u.id JOIN organization o ON o.id = m.organization_id JOIN workspace w ON w.organization_id = o.id
		WHERE u.id = $1 AND w.id = $2 AND m.removed_at IS NULL AND coalesce(u.home_id, o.id) = o.id AND coalesce($3::uuid, o.id) = o.id`,
};

/** @throws Refused forbidden where the user is no member of the workspace's organization, or there is no such workspace. */
export function callerByUser({ userId, organizationId }: Pick<Session, "userId" | "organizationId">, workspaceId: string): Promise<Caller> {
	return remember(`user ${userId} ${organizationId} ${workspaceId}`, async () => {
		const { rows } = await system.query<MemberRow>(BY_MEMBERSHIP, [userId, workspaceId, organizationId]);
		const row = rows[0];
		if (!row) throw new Refused("forbidden", "You are no member of this workspace.");
		return {
			by: "session",
			id: userId,
			name: row.name,
			email: row.email,
			actor: row.email,
			standing: { role: row.role },
			workspace: { id: row.workspace_id, name: row.workspace_name },
			organization: { id: row.organization_id, name: row.organization_name },
		};
	});
}

const used = shared("used keys", () => ({ ids: new Set<string>(), timer: undefined as NodeJS.Timeout | undefined }));

function noteUse(id: string): void {
	used.ids.add(id);
	used.timer ??= setTimeout(() => void writeUses(), USED_EVERY).unref();
}

/** Writes which keys were used since the last time. */
export async function writeUses(): Promise<void> {
	clearTimeout(used.timer);
	used.timer = undefined;
	const ids = [...used.ids];
	used.ids.clear();
	if (ids.length === 0) return;
	await system
		.query("UPDATE api_key SET last_used_at = tg_now() WHERE id = ANY($1)", [ids])
		.catch((error) => log.warn("last use of keys not written", { error }));
}
