import { type Define, example, JSON_OPTION } from "../command.ts";
import { findRun } from "../find-run.ts";
import { print, printJson } from "../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<run>", "id of the run, or at least 6 characters of its end")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate pause 3f9a1c"))
		.action(async (given: string, options: { json?: boolean }) => {
			const id = await findRun(session.api, given);
			const paused = await session.api.runs.pause.mutate({ id });
			if (options.json) return printJson({ ...paused, id });
			print(`${id} pauses: what it does now it finishes, then its process ends. tidegate resume ${id.slice(-8)} lets it go on.`);
		});
};
export default define;
