import { markTask } from "../../client/inside.ts";
import { type Define, example, JSON_OPTION, json } from "../command.ts";
import { EXIT, Failure } from "../exit.ts";
import { findRun } from "../find-run.ts";
import { placeOf } from "../follow.ts";
import { print, printJson } from "../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<run>", "id of an ended run, or at least 6 characters of its end")
		.argument("<task>", "key of the task, such as train#0")
		.option("--succeeded <json>", "as if it had returned this, as JSON", json)
		.option("--skipped", "as if it had been skipped: it returns None")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
It counts for the run that goes on from this one, and is noted in the audit log with your name.
${example(`tidegate mark 3f9a1c train#0 --succeeded '{"accuracy": 0.97}'`, "tidegate run --resume 3f9a1c")}`,
		)
		.action(async (given: string, task: string, options: { succeeded?: unknown; skipped?: boolean; json?: boolean }) => {
			if ((options.succeeded !== undefined) === (options.skipped === true))
				throw new Failure("give one of --succeeded VALUE and --skipped.", EXIT.badInput);
			const state = options.skipped ? "skipped" : "succeeded";
			const id = await findRun(session.api, given);
			const { flow, number } = await placeOf(session, id);
			await markTask(session.api, await session.key(), { id, flow, number }, task, state, options.succeeded ?? null);
			if (options.json) return printJson({ run: id, task, state });
			print(`${task} of ${id} counts as ${state}. tidegate run --resume ${id.slice(-8)} goes on from it.`);
		});
};
export default define;
