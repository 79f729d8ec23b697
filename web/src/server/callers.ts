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
	/** Id of the session by which a person asks. */
	session?: string;
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
bus.onSessions((ended) => {
	for (const name of kept.keys()) if (ended === undefined || name.startsWith(`session ${ended} `)) kept.delete(name);
});

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
	ended: boolean;
	expired: boolean;
	/** All null where the session's person is no member of the workspace's organization. */
	email: string | null;
	name: string;
	role: Role;
	workspace_id: string;
	workspace_name: string;
	organization_id: string;
	organization_name: string;
}

// An account with a home opens nothing else, and a session nothing but what it was signed in for.
const REACHES = `coalesce(u.home_id, o.id) = o.id AND coalesce(s.reach_id, o.id) = o.id`;

const BY_SESSION = {
	name: "caller_by_session",
	text: `SELECT s.ended_at IS NOT NULL AS ended, s.expires_at <= tg_now() AS expired, m.* FROM session s JOIN app_user u ON u.id = s.user_id
		LEFT JOIN LATERAL (SELECT m.email, m.name, m.role, w.id AS workspace_id, w.name AS workspace_name, o.id AS organization_id, o.name AS organization_name
			FROM member m JOIN organization o ON o.id = m.organization_id JOIN workspace w ON w.organization_id = o.id
			WHERE m.user_id = u.id AND w.id = $3 AND m.removed_at IS NULL AND ${REACHES}) m ON true
		WHERE s.id = $1 AND s.user_id = $2`,
};

/** @throws Refused signed_out or expired where the session is over; forbidden where its person is no member of the workspace's organization, or there is no such workspace. */
export function callerBySession({ id, userId }: Pick<Session, "id" | "userId">, workspaceId: string): Promise<Caller> {
	return remember(`session ${id} ${userId} ${workspaceId}`, async () => {
		const { rows } = await system.query<MemberRow>(BY_SESSION, [id, userId, workspaceId]);
		const row = rows[0];
		if (!row || row.ended) throw new Refused("signed_out", "This session has ended: it was signed out, here or from another place. Sign in again.");
		if (row.expired) throw new Refused("expired", "This session has expired. Sign in again.");
		if (row.email === null) throw new Refused("forbidden", "You are no member of this workspace.");
		return {
			by: "session",
			id: userId,
			name: row.name,
			email: row.email,
			actor: row.email,
			standing: { role: row.role },
			workspace: { id: row.workspace_id, name: row.workspace_name },
			organization: { id: row.organization_id, name: row.organization_name },
			session: id,
		};
	});
}

export interface Reachable {
	id: string;
	name: string;
	organization: { id: string; name: string };
}

/** The workspaces that a session opens, over all organizations, so not by a tenant's door: what proves it is the membership itself. */
export async function reachedBy(sessionId: string): Promise<Reachable[]> {
	const { rows } = await system.query<{ id: string; name: string; organization_id: string; organization: string }>(
		`SELECT w.id, w.name, o.id AS organization_id, o.name AS organization FROM session s JOIN app_user u ON u.id = s.user_id
			JOIN member m ON m.user_id = u.id AND m.removed_at IS NULL JOIN organization o ON o.id = m.organization_id
			JOIN workspace w ON w.organization_id = o.id WHERE s.id = $1 AND ${REACHES} ORDER BY o.name, o.id, w.name`,
		[sessionId],
	);
	return rows.map((row) => ({ id: row.id, name: row.name, organization: { id: row.organization_id, name: row.organization } }));
}

/** Of the workspaces in turn the first that is open to the session: those named, then whichever there is. */
export async function callerAnywhere(session: Session, named: (string | undefined)[]): Promise<Caller> {
	let refusal: unknown;
	for (const workspace of named) {
		if (workspace === undefined) continue;
		try {
			return await callerBySession(session, workspace);
		} catch (error) {
			if (!(error instanceof Refused) || error.reason !== "forbidden") throw error;
			refusal = error;
		}
	}
	const other = (await reachedBy(session.id))[0];
	if (!other) throw refusal;
	return callerBySession(session, other.id);
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
	// By a timer: nobody else would catch it, not even that the database was left meanwhile.
	try {
		await system.query("UPDATE api_key SET last_used_at = tg_now() WHERE id = ANY($1)", [ids]);
	} catch (error) {
		log.warn("last use of keys not written", { error });
	}
}
