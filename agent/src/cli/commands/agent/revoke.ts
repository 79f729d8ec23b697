import { type Define, example, JSON_OPTION } from "../../command.ts";
import { findAgent } from "../../find-agent.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<agent>", "its name or id, from tidegate agent list")
		.option(...JSON_OPTION)
		.addHelpText("after", `\nFor good: its machine can be an agent again only by a new token.\n${example("tidegate agent revoke old-server")}`)
		.action(async (given: string, options: { json?: boolean }) => {
			const [agent, { pools }] = await Promise.all([findAgent(session.api, given), session.api.pools.list.query()]);
			if (agent.state !== "revoked") await session.api.agents.revoke.mutate({ id: agent.id });
			const { id, name, pool, running } = agent;
			if (options.json) return printJson({ id, name, pool, running, state: "revoked" });
			if (agent.state === "revoked") return print(`agent ${name} was revoked before`);
			print(`agent ${name} of pool ${pool} is revoked: it gets no more runs, and nothing that it reports is taken`);
			const lease = pools.find((each) => each.name === pool)?.leaseSeconds;
			if (running > 0)
				print(
					`${running} ${running === 1 ? "run" : "runs"} that it held ${running === 1 ? "goes" : "go"} to other agents of the pool${lease ? ` in ${lease} s` : ""}, as a new attempt; its own processes go on until they end or are ended there`,
				);
		});
};
export default define;
