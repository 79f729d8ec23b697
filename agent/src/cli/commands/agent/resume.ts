import { type Define, example, JSON_OPTION } from "../../command.ts";
import { findAgent } from "../../find-agent.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<agent>", "its name or id, from tidegate agent list")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate agent resume wh-07"))
		.action(async (given: string, options: { json?: boolean }) => {
			const agent = await findAgent(session.api, given);
			await session.api.agents.resume.mutate({ id: agent.id });
			const { id, name, pool, running } = agent;
			if (options.json) return printJson({ id, name, pool, running, draining: false });
			print(agent.draining ? `agent ${name} takes runs of pool ${pool} again` : `agent ${name} was not draining`);
		});
};
export default define;
