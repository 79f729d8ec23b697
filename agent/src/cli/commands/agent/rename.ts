import { type Define, example, JSON_OPTION } from "../../command.ts";
import { findAgent } from "../../find-agent.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<agent>", "its name or id, from tidegate agent list")
		.argument("<name>", "its new name")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate agent rename ip-10-0-3-17 wh-07"))
		.action(async (given: string, name: string, options: { json?: boolean }) => {
			const agent = await findAgent(session.api, given);
			const renamed = await session.api.agents.rename.mutate({ id: agent.id, name });
			if (options.json) return printJson({ ...renamed, before: agent.name });
			print(`agent ${agent.name} is called ${renamed.name} now`);
		});
};
export default define;
