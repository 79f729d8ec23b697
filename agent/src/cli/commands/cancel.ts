import { hasEnded } from "../../protocol/states.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { findRun } from "../find-run.ts";
import { print, printJson } from "../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<run>", "id of the run, or at least 6 characters of its end")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate cancel 3f9a1c"))
		.action(async (given: string, options: { json?: boolean }) => {
			const id = await findRun(session.api, given);
			const run = await session.api.runs.cancel.mutate({ id });
			if (options.json) return printJson(run);
			print(hasEnded(run.state) ? `${run.id} has ended: ${run.state}` : `${run.id} is being cancelled; it ends when its process did`);
		});
};
export default define;
