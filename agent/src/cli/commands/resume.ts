import { type Define, example, JSON_OPTION } from "../command.ts";
import { findRun } from "../find-run.ts";
import { print, printJson } from "../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<run>", "id of the run, or at least 6 characters of its end")
		.option("--scratch", "where no agent reaches what it has finished: do all of it again")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
A run that ended is gone on with by a new one: tidegate run --resume RUN.
${example("tidegate resume 3f9a1c")}`,
		)
		.action(async (given: string, options: { scratch?: boolean; json?: boolean }) => {
			const id = await findRun(session.api, given);
			const resumed = await session.api.runs.resume.mutate({ id, scratch: options.scratch });
			if (options.json) return printJson({ ...resumed, id });
			print(`${id} goes on${options.scratch ? ", from scratch" : ""}`);
		});
};
export default define;
