import { type Define, example, JSON_OPTION } from "../command.ts";
import { ago, printJson, stateColour, stateText, table } from "../output.ts";

const define: Define = (command, session) => {
	command
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate flows"))
		.action(async (options: { json?: boolean }) => {
			const { flows } = await session.api.flows.list.query({});
			if (options.json) return printJson(flows);
			const rows = flows.map((flow) => ({ ...flow, last: flow.recent[0] }));
			table(
				rows,
				[
					{ title: "FLOW", value: (row) => row.name },
					{ title: "LIVE", value: (row) => row.live && `v${row.live.number}` },
					{
						title: "LAST RUN",
						value: (row) => row.last && stateText(row.last.state),
						colour: (text, row) => stateColour(text, row.last?.state ?? ""),
					},
					{ title: "WHEN", value: (row) => row.last && ago(row.last.queuedAt) },
				],
				"no flows yet: tidegate deploy makes one of a folder or a file.",
			);
		});
};
export default define;
