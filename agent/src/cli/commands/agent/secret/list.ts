import { agentHome } from "../../../../config.ts";
import { type Define, example, HOME_OPTION, JSON_OPTION } from "../../../command.ts";
import { printJson, table } from "../../../output.ts";

const define: Define = (command) => {
	command
		.option(...HOME_OPTION)
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate agent secret list"))
		.action(async (options: { home?: string; json?: boolean }) => {
			const { describe, readSources } = await import("../../../../daemon/secrets/settings.ts");
			const rows = [...readSources(agentHome(options.home))]
				.map(([name, source]) => ({ name, from: describe(source), flows: source.flows ?? null }))
				.sort((a, b) => (a.name < b.name ? -1 : 1));
			if (options.json) return printJson(rows);
			table(
				rows,
				[
					{ title: "NAME", value: (row) => row.name },
					{ title: "FROM", value: (row) => row.from },
					{ title: "FLOWS", value: (row) => row.flows?.join(", ") ?? "all" },
				],
				"no secrets yet: tidegate agent secret set NAME",
			);
		});
};
export default define;
