/**
 * Whether this process is of use now: without its database it answers nobody. A restart does not bring that back, so that who restarts asks
 * /livez, which says no more than that the process answers, and who sends people here asks /healthz.
 */
import { pools } from "./pools.ts";

/** For an answer of the database, milliseconds: below the second or two after which those who ask give up. */
const WITHIN = 1_000;

interface Asked {
	query(text: string): Promise<unknown>;
}

/** One question for all who ask at the same time: the address is open to everybody. */
let asking: Promise<boolean> | undefined;

/** @returns whether the database answers */
export function isHealthy(): Promise<boolean> {
	asking ??= answers(pools().system).finally(() => {
		asking = undefined;
	});
	return asking;
}

/** @param within milliseconds. Never rejects. */
export async function answers(database: Asked, within = WITHIN): Promise<boolean> {
	const late = Promise.withResolvers<boolean>();
	const timer = setTimeout(() => late.resolve(false), within);
	const asked = database.query("SELECT 1").then(
		() => true,
		() => false,
	);
	const answered = await Promise.race([asked, late.promise]);
	clearTimeout(timer);
	return answered;
}
