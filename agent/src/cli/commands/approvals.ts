import { listApprovals } from "../../client/inside.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { findRun } from "../find-run.ts";
import { ago, printJson, table } from "../output.ts";

const define: Define = (command, session) => {
	command
		.option("--run <run>", "of this run alone")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`\nWhat is asked is sealed: it is opened here, with the workspace key.\n${example("tidegate approvals", "tidegate answer 3f9a1c --yes")}`,
		)
		.action(async (options: { run?: string; json?: boolean }) => {
			const run = options.run === undefined ? undefined : await findRun(session.api, options.run);
			const approvals = await listApprovals(session.api, await session.key(), run);
			if (options.json) return printJson(approvals);
			table(
				approvals,
				[
					{ title: "RUN", value: (row) => row.run },
					{ title: "FLOW", value: (row) => row.flow },
					{ title: "KEY", value: (row) => row.key },
					{ title: "ASKS", value: (row) => (row.text.length > 80 ? `${row.text.slice(0, 79)}…` : row.text) },
					{ title: "FORM", value: (row) => Object.keys((row.form?.properties as object) ?? {}).join(", ") || "yes or no" },
					{ title: "SINCE", value: (row) => ago(row.at) },
					{ title: "UNTIL", value: (row) => row.due },
				],
				"no run asks anything.",
			);
		});
};
export default define;
