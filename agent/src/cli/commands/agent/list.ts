import { type Define, example, JSON_OPTION } from "../../command.ts";
import { ago, printJson, stateColour, table } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.option("--pool <name>", "only agents of this pool")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate agent list --pool gpu"))
		.action(async (options: { pool?: string; json?: boolean }) => {
			const { agents } = await session.api.agents.list.query();
			const rows = agents.filter(({ pool }) => options.pool === undefined || pool === options.pool);
			if (options.json) return printJson(rows);
			table(
				rows,
				[
					{ title: "AGENT", value: (row) => row.name },
					{ title: "POOL", value: (row) => row.pool },
					{ title: "HOST", value: (row) => row.host },
					{ title: "VERSION", value: (row) => row.version },
					{ title: "STATE", value: stateOf, colour: (text, row) => stateColour(text, stateOf(row)) },
					{ title: "SEEN", value: (row) => ago(row.lastSeenAt) },
					{ title: "SLOTS", value: (row) => row.slots, right: true },
					{ title: "RUNNING", value: (row) => row.running, right: true },
				],
				"no agents yet: tidegate agent token admits one.",
			);
		});
};
export default define;

const stateOf = (agent: { state: string; draining: boolean }): string =>
	agent.draining && agent.state !== "revoked" ? (agent.state === "online" ? "draining" : `${agent.state}, draining`) : agent.state;
