import { type Define, example, JSON_OPTION, positive } from "../command.ts";
import { print, printJson, table } from "../output.ts";

const define: Define = (command, session) => {
	command.addHelpText("after", example("tidegate pool create gpu", "tidegate pool list"));

	command
		.command("create")
		.description("make a pool: a queue of work that agents serve")
		.argument("<name>", "name of the pool")
		.option("--lease <seconds>", "how long an agent may be away before another takes over its runs (default: 30)", positive)
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate pool create gpu --lease 120"))
		.action(async (name: string, options: { lease?: number; json?: boolean }) => {
			const pool = await session.api.pools.create.mutate({ name, leaseSeconds: options.lease });
			if (options.json) return printJson(pool);
			print(`pool ${pool.name} is there. tidegate agent token --pool ${pool.name} admits an agent to it.`);
		});

	command
		.command("list")
		.description("list pools")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate pool list"))
		.action(async (options: { json?: boolean }) => {
			const [{ pools: all }, { agents }] = await Promise.all([session.api.pools.list.query(), session.api.agents.list.query()]);
			const online = (pool: string): number => agents.filter((agent) => agent.pool === pool && agent.state === "online").length;
			const pools = all.map((pool) => ({ ...pool, online: online(pool.name) }));
			if (options.json) return printJson(pools);
			table(
				pools,
				[
					{ title: "POOL", value: (row) => row.name },
					{ title: "AGENTS", value: (row) => (row.agents === 0 ? 0 : `${row.online} of ${row.agents}`), right: true },
					{ title: "QUEUED", value: (row) => row.queued, right: true },
					{ title: "LEASE", value: (row) => `${row.leaseSeconds} s`, right: true },
				],
				"no pools yet: tidegate pool create NAME makes one.",
			);
		});
};
export default define;
