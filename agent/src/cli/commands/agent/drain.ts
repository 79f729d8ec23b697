import { type Define, example, JSON_OPTION } from "../../command.ts";
import { findAgent } from "../../find-agent.ts";
import { print, printJson } from "../../output.ts";

/** How often to look whether it is empty, in milliseconds. */
const LOOK = 1_000;

const define: Define = (command, session) => {
	command
		.argument("<agent>", "its name or id, from tidegate agent list")
		.option("--wait", "end when nothing runs there any more")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`\nBefore an update, or before its machine goes: runs that wait go to other agents of the pool, but for those that did
something here already: they need an agent that reaches its store. tidegate agent resume takes it back.\n${example("tidegate agent drain wh-07", "tidegate agent drain wh-07 --wait && ssh wh-07 sudo systemctl restart tidegate-agent")}`,
		)
		.action(async (given: string, options: { wait?: boolean; json?: boolean }) => {
			const agent = await findAgent(session.api, given);
			await session.api.agents.drain.mutate({ id: agent.id });
			// Counted after the drain: nothing comes on top of it any more.
			let { running } = await findAgent(session.api, agent.id);
			while (options.wait && running > 0) {
				await new Promise((resolve) => setTimeout(resolve, LOOK));
				({ running } = await findAgent(session.api, agent.id));
			}
			const { id, name, pool } = agent;
			if (options.json) return printJson({ id, name, pool, running, draining: true });
			print(`agent ${name} of pool ${pool} is draining: it gets nothing new`);
			print(running > 0 ? `it finishes ${running} ${running === 1 ? "run" : "runs"}` : "nothing runs there");
		});
};
export default define;
