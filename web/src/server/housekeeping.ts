/** Jobs that belong to no feature. */
import type { Job } from "./boss.ts";
import { system } from "./db.ts";

/** Months ahead for which run tables have partitions: a server that was off for a quarter finds its first run's place. */
const MONTHS_AHEAD = 3;
/** Days that links and tokens stay after they expired, so that who comes late is told "expired" and not "unknown". */
const KEEP_EXPIRED = 7;

/** Also done at each start: a run whose month has no partition could not be queued. */
export async function makePartitions(): Promise<number> {
	const { rows } = await system.query<{ made: number }>("SELECT tg_make_partitions(tg_now(), $1) AS made", [MONTHS_AHEAD]);
	return rows[0]?.made ?? 0;
}

async function removeExpired(): Promise<number> {
	const age = `${KEEP_EXPIRED} days`;
	const links = await system.query("DELETE FROM sign_in_link WHERE expires_at < tg_now() - $1::interval", [age]);
	const tokens = await system.query("DELETE FROM enrolment_token WHERE expires_at < tg_now() - $1::interval", [age]);
	const logins = await system.query("DELETE FROM device_login WHERE expires_at < tg_now() - $1::interval", [age]);
	// Nobody granted it for a week: whoever still needs the key asks again.
	const asks = await system.query("DELETE FROM device WHERE state = 'asks' AND asked_at < tg_now() - $1::interval", [age]);
	const invites = await system.query("DELETE FROM invite WHERE expires_at < tg_now() - $1::interval", [age]);
	const sessions = await system.query("DELETE FROM session WHERE expires_at < tg_now() - $1::interval", [age]);
	// Command lines that are signed in nowhere are not shown either.
	const ended = await system.query(
		"DELETE FROM device d USING api_key k WHERE k.id = d.api_key_id AND (k.revoked_at < tg_now() - $1::interval OR k.expires_at < tg_now() - $1::interval)",
		[age],
	);
	return [links, tokens, logins, asks, invites, sessions, ended].reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0);
}

export const housekeeping: Job[] = [
	{ name: "partitions", cron: "10 3 * * *", run: makePartitions },
	{ name: "expired", cron: "40 3 * * *", run: removeExpired },
];
