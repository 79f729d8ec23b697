import type { Outputs } from "../../../client/api.ts";
import { suggestion } from "../../../protocol/nearest.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { Failure } from "../../exit.ts";
import { print, printJson } from "../../output.ts";

type Agent = Outputs["agents"]["list"]["agents"][number];

const define: Define = (command, session) => {
	command
		.argument("<agent>", "its name or id, from tidegate agent list")
		.option(...JSON_OPTION)
		.addHelpText("after", `\nFor good: its machine can be an agent again only by a new token.\n${example("tidegate agent revoke old-server")}`)
		.action(async (given: string, options: { json?: boolean }) => {
			const [{ agents }, { pools }] = await Promise.all([session.api.agents.list.query(), session.api.pools.list.query()]);
			const agent = find(agents, given);
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

function find(agents: readonly Agent[], given: string): Agent {
	const found = agents.find(({ id, name }) => id === given || name === given);
	if (found) return found;
	const names = agents.map(({ name }) => name);
	throw new Failure(`there is no agent ${given}.${suggestion(given, names)} tidegate agent list lists them.`);
}
