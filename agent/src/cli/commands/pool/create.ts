import { type Define, example, JSON_OPTION, positive } from "../../command.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<name>", "name of the pool")
		.option("--lease <seconds>", "how long an agent may be away before another takes over its runs (default: 30)", positive)
		.option("--limit <runs>", "how many runs go at once, over all its agents (default: as many as they have slots)", positive)
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate pool create gpu --lease 120"))
		.action(async (name: string, options: { lease?: number; limit?: number; json?: boolean }) => {
			const pool = await session.api.pools.create.mutate({ name, leaseSeconds: options.lease, limit: options.limit });
			if (options.json) return printJson(pool);
			print(`pool ${pool.name} is there. tidegate agent token --pool ${pool.name} admits an agent to it.`);
		});
};
export default define;
