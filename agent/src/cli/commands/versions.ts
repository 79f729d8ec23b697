import { size } from "../../bundle/problem.ts";
import type { Outputs } from "../../client/api.ts";
import { type Define, example, JSON_OPTION, positive } from "../command.ts";
import { ago, colours, print, printJson, table } from "../output.ts";
import type { Session } from "../session.ts";

type Version = Outputs["versions"]["list"]["versions"][number];

const define: Define = (command, session) => {
	command
		.argument("<flow>", "name of the flow")
		.option("-n, --limit <number>", "at most so many, the newest first", positive, 20)
		.option("--live <number>", "make this version the live one: what runs where none is named", positive)
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate versions penguins", "tidegate versions penguins --live 12"))
		.action(async (flow: string, options: { limit: number; live?: number; json?: boolean }) => {
			if (options.live !== undefined) return makeLive(session, flow, options.live, options.json === true);
			const versions: Version[] = [];
			let cursor: Outputs["versions"]["list"]["next"] | undefined;
			do {
				const page = await session.api.versions.list.query({ flow, cursor: cursor ?? undefined });
				versions.push(...page.versions);
				cursor = page.next;
			} while (cursor && versions.length < options.limit);
			versions.splice(options.limit);
			if (options.json) return printJson(versions);
			table(
				versions,
				[
					{
						title: "VERSION",
						value: (row) => `v${row.number}${row.live ? " live" : ""}`,
						colour: (text, row) => (row.live ? colours.green(text) : text),
					},
					{ title: "DEPLOYED", value: (row) => ago(row.createdAt) },
					{ title: "BY", value: (row) => row.createdBy },
					{ title: "FILES", value: (row) => row.files, right: true },
					{ title: "SIZE", value: (row) => size(row.size), right: true },
					{ title: "COMMIT", value: (row) => row.commit?.slice(0, 10) },
				],
				`${flow} has no versions.`,
			);
		});
};
export default define;

async function makeLive(session: Session, flow: string, number: number, json: boolean): Promise<void> {
	const { live } = await session.api.flows.get.query({ flow });
	const moved = await session.api.versions.setLive.mutate({ flow, number, from: live?.number ?? number });
	if (json) return printJson(moved);
	if (moved.before === number) print(`v${number} of ${colours.bold(flow)} is live already.`);
	else print(`v${number} of ${colours.bold(flow)} is live, in place of v${moved.before}: the next runs use it.`);
}
