import { type Define, example, JSON_OPTION } from "../../command.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<pool>", "its name, from tidegate pool list")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate pool resume gpu"))
		.action(async (pool: string, options: { json?: boolean }) => {
			const resumed = await session.api.pools.resume.mutate({ pool });
			if (options.json) return printJson({ ...resumed, paused: false });
			print(`pool ${pool} is open: runs start from its queue`);
		});
};
export default define;
