import { type Define, example, JSON_OPTION } from "../../command.ts";
import { colours, printJson, table } from "../../output.ts";

const define: Define = (command, session) => {
	command
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
					{ title: "RUNNING", value: (row) => (row.limit === null ? row.running : `${row.running} of ${row.limit}`), right: true },
					{ title: "QUEUED", value: (row) => row.queued, right: true },
					{ title: "LEASE", value: (row) => `${row.leaseSeconds} s`, right: true },
					{ title: "STATE", value: (row) => (row.paused ? "paused" : "open"), colour: (text, row) => (row.paused ? colours.yellow(text) : text) },
				],
				"no pools yet: tidegate pool create NAME makes one.",
			);
		});
};
export default define;
