import type { Outputs } from "../../../client/api.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { ago, colours, printJson, table } from "../../output.ts";

type Key = Outputs["keys"]["list"]["keys"][number];

const define: Define = (command, session) => {
	command
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate api-key list"))
		.action(async (options: { json?: boolean }) => {
			const { keys } = await session.api.keys.list.query();
			if (options.json) return printJson(keys);
			table(
				keys,
				[
					{ title: "PREFIX", value: (row) => row.prefix },
					{ title: "NAME", value: (row) => row.name },
					{ title: "STATE", value: stateOf, colour: (text, row) => (stateOf(row) === "valid" ? colours.green(text) : colours.dim(text)) },
					{ title: "SCOPE", value: (row) => row.scope },
					{ title: "CREATED", value: (row) => ago(row.createdAt) },
					{ title: "BY", value: (row) => row.createdBy },
					{ title: "USED", value: (row) => ago(row.lastUsedAt) },
					{ title: "EXPIRES", value: (row) => row.expiresAt ?? "never" },
					{ title: "ID", value: (row) => row.id },
				],
				"no API keys yet: tidegate api-key create NAME makes one.",
			);
		});
};
export default define;

function stateOf({ revokedAt, expiresAt }: Key): "valid" | "revoked" | "expired" {
	if (revokedAt !== null) return "revoked";
	return expiresAt !== null && Date.parse(expiresAt) <= Date.now() ? "expired" : "valid";
}
