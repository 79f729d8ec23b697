import { type Define, example, JSON_OPTION } from "../../command.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<pool>", "its name, from tidegate pool list")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate pool pause gpu"))
		.action(async (pool: string, options: { json?: boolean }) => {
			const paused = await session.api.pools.pause.mutate({ pool });
			if (options.json) return printJson({ ...paused, paused: true });
			print(`pool ${pool} is paused: what runs goes on, nothing more starts. tidegate pool resume ${pool} takes that back.`);
		});
};
export default define;
