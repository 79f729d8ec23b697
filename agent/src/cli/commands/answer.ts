import { filledIn } from "../../client/form.ts";
import { type Approval, answerApproval, assertNotOver, listApprovals } from "../../client/inside.ts";
import { type Define, example, JSON_OPTION, json, pairs } from "../command.ts";
import { EXIT, Failure } from "../exit.ts";
import { findRun } from "../find-run.ts";
import { print, printJson } from "../output.ts";
import type { Session } from "../session.ts";

interface Options {
	yes?: boolean;
	no?: boolean;
	field?: [string, string][];
	value?: unknown;
	json?: boolean;
}

const define: Define = (command, session) => {
	command
		.argument("<run>", "id of the run, or at least 6 characters of its end")
		.argument("[key]", "which of its questions, from tidegate approvals; needed where it asks several, and for a yes or no where it asked before")
		.option("--yes", "yes")
		.option("--no", "no")
		.option("--field <name=value>", "a field of its form, from tidegate approvals; lists and objects as JSON; may be repeated", pairs)
		.option("--value <json>", "all that its form asks for, as JSON", json)
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
The answer is sealed here for that run. The first one counts; who comes later is told.
${example("tidegate answer 3f9a1c --yes", "tidegate answer 3f9a1c approval#1 --field region=eu --field share=0.2", `tidegate answer 3f9a1c approval#1 --value '{"share": 0.2}'`)}`,
		)
		.action(async (given: string, named: string | undefined, options: Options) => {
			const said = answerOf(options);
			const run = await findRun(session.api, given);
			const key = await session.key();
			const open = await listApprovals(session.api, key, run);
			if (named !== undefined && !open.some((each) => each.key === named)) await assertNotOver(session.api, key, run, named, said);
			if (named === undefined && open.length === 0) await tellLast(session, run);
			const approval = one(run, open, named);
			const value = options.field ? filledIn(approval, options.field) : said;
			if (named === undefined && typeof value === "boolean") await assertFirst(session, approval, value);
			await answerApproval(session.api, key, run, approval.key, value);
			if (options.json) return printJson({ run, key: approval.key, value });
			print(`${approval.key} of ${run} is answered: ${JSON.stringify(value)}\n  ${approval.text}`);
		});
};
export default define;

/** A yes that is said twice, or meant for a question that somebody else answered, would go to the one that came next. */
async function assertFirst({ api }: Session, { run, key, text }: Approval, value: boolean): Promise<void> {
	const { kin } = await api.runs.get.query({ id: run });
	if (!kin.waits.some(({ kind, state }) => kind === "approval" && state !== "open")) return;
	throw new Failure(
		`another question of this run was answered before, and now it asks:\n  ${key}  ${text}\nIf this is the one that you mean, name it: tidegate answer ${run.slice(-8)} ${key} --${value ? "yes" : "no"}`,
		EXIT.badInput,
	);
}

/** Who says yes or no to a run that asks nothing any more is told who was first. */
async function tellLast({ api }: Session, run: string): Promise<void> {
	const { kin } = await api.runs.get.query({ id: run });
	const [last] = kin.waits
		.filter(({ kind, state }) => kind === "approval" && state === "answered")
		.sort((a, b) => (b.answeredAt ?? "").localeCompare(a.answeredAt ?? ""));
	if (last) throw new Failure(`run ${run} asks nothing now: ${last.by ?? "somebody"} answered its last question, at ${last.answeredAt}.`);
}

function answerOf({ yes, no, field, value }: Options): unknown {
	const given = [yes && true, no && false, field && Object.fromEntries(field), value].filter((each) => each !== undefined);
	if (given.length !== 1) throw new Failure("give one of --yes, --no, --field and --value.", EXIT.badInput);
	return given[0];
}

function one(run: string, open: readonly Approval[], named: string | undefined): Approval {
	const found = open.filter(({ key }) => named === undefined || key === named);
	if (found.length === 1) return found[0] as Approval;
	const asked = open.map(({ key, text }) => `\n  ${key}  ${text}`).join("");
	if (open.length === 0) throw new Failure(`run ${run} asks nothing now.`);
	throw new Failure(
		`${named === undefined ? "this run asks several things: name one of them." : `this run does not ask ${named} now.`}${asked}`,
		EXIT.badInput,
	);
}
