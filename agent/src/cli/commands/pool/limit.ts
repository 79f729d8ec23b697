import { InvalidArgumentError } from "commander";
import { type Define, example, JSON_OPTION, positive } from "../../command.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<pool>", "its name, from tidegate pool list")
		.argument("<runs>", "how many at once, over all its agents; or: none", runs)
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`\nWhat runs already goes on, also above a new limit; nothing more starts until there is room.\n${example("tidegate pool limit gpu 4", "tidegate pool limit gpu none")}`,
		)
		.action(async (pool: string, limit: number | "none", options: { json?: boolean }) => {
			const changed = await session.api.pools.change.mutate({ pool, limit: limit === "none" ? null : limit });
			if (options.json) return printJson({ ...changed, limit: limit === "none" ? null : limit });
			print(limit === "none" ? `pool ${pool} has no limit` : `at most ${limit} ${limit === 1 ? "run" : "runs"} of pool ${pool} at once`);
		});
};
export default define;

function runs(text: string): number | "none" {
	if (text === "none") return text;
	try {
		return positive(text);
	} catch {
		throw new InvalidArgumentError('It is a whole number, 1 or more, or "none". To run none, pause the pool.');
	}
}
