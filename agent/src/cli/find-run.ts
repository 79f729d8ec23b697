/** People name a run by the end (or the beginning) of its id, as they see it in lists. */
import type { Api, Outputs } from "../client/api.ts";
import { EXIT, Failure } from "./exit.ts";

const FULL = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const PART = /^[0-9a-f-]{6,36}$/;
/** Pages of the newest runs that are searched. */
const PAGES = 10;

/** @param given a whole id, or at least 6 characters of its end or beginning that only one of the newest runs has. */
export async function findRun(api: Api, given: string): Promise<string> {
	const wanted = given.toLowerCase();
	if (FULL.test(wanted)) return wanted;
	if (!PART.test(wanted))
		throw new Failure(`${given} is no run id: give a whole one, or at least 6 characters of its end. tidegate runs lists them.`, EXIT.badInput);
	const found: Outputs["runs"]["list"]["runs"] = [];
	let cursor: string | undefined;
	for (let page = 0; page < PAGES; page++) {
		const { runs, next } = await api.runs.list.query({ limit: 100, cursor });
		found.push(...runs.filter(({ id }) => id.endsWith(wanted) || id.startsWith(wanted)));
		if (!next || found.length > 1) break;
		cursor = next;
	}
	const [run, other] = found;
	if (!run) throw new Failure(`no run ends in ${given} among the newest ${PAGES * 100}. tidegate runs lists them.`, EXIT.failed);
	if (other) throw new Failure(`${given} is not one run: ${run.id} and ${other.id} fit.`, EXIT.badInput);
	return run.id;
}
