import { Option } from "commander";
import type { Outputs } from "../../client/api.ts";
import { RUN_STATES, type RunState } from "../../protocol/states.ts";
import { type Define, example, JSON_OPTION, positive } from "../command.ts";
import { ago, lasted, printJson, stateColour, stateText, table } from "../output.ts";

type Run = Outputs["runs"]["list"]["runs"][number];

const HOOKS = `
FLOW says "(on failure)" of a run of a hook: it is done after the end of another run. In --json it has
"hook", and "parent" is that run.
`;

const define: Define = (command, session) => {
	command
		.option("--flow <name>", "only runs of this flow")
		.addOption(new Option("--state <state...>", "only runs in one of these states").choices(RUN_STATES))
		.option("--version <number>", "only runs of this version (with --flow)", positive)
		.option("--label <key=value>", "only runs with this label")
		.option("--own", "without the runs of hooks and of tasks that are done elsewhere, as on a flow's page")
		.option("-n, --limit <number>", "at most so many, the newest first", positive, 20)
		.option(...JSON_OPTION)
		.addHelpText("after", `${HOOKS}${example("tidegate runs --flow penguins --state failed")}`)
		.action(async (options: { flow?: string; state?: RunState[]; version?: number; label?: string; own?: true; limit: number; json?: boolean }) => {
			const runs: Run[] = [];
			let cursor: string | null | undefined;
			do {
				const limit = Math.min(100, options.limit - runs.length);
				const page = await session.api.runs.list.query({
					flow: options.flow,
					states: options.state,
					number: options.version,
					label: options.label,
					own: options.own,
					limit,
					cursor: cursor ?? undefined,
				});
				runs.push(...page.runs);
				cursor = page.next;
			} while (cursor && runs.length < options.limit);
			if (options.json) return printJson(runs);
			table(
				runs,
				[
					{ title: "RUN", value: (row) => row.id },
					{ title: "FLOW", value: (row) => (row.hook ? `${row.flow} (on ${row.hook})` : row.flow) },
					{ title: "VERSION", value: (row) => `v${row.number}` },
					{ title: "STATE", value: (row) => stateText(row.state), colour: (text, row) => stateColour(text, row.state) },
					{ title: "QUEUED", value: (row) => ago(row.queuedAt) },
					{ title: "TOOK", value: (row) => lasted(row.startedAt, row.finishedAt), right: true },
				],
				"no runs. tidegate run FLOW starts one.",
			);
		});
};
export default define;
