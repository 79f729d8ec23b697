import { type Define, example, JSON_OPTION } from "../../command.ts";
import { EXIT, Failure } from "../../exit.ts";
import { isTerminal, note, print, printJson } from "../../output.ts";
import type { Session } from "../../session.ts";

const define: Define = (command, session) => {
	command
		.option("--pool <name>", "the pool that the agent will serve (default: the only one there is)")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate agent token --pool gpu"))
		.action(async (options: { pool?: string; json?: boolean }) => {
			const pool = options.pool ?? (await onlyPool(session));
			const made = await session.api.agents.createToken.mutate({ pool });
			if (options.json) return printJson({ ...made, pool, url: session.settings.url });
			if (isTerminal)
				note(
					`Admits one agent to pool ${pool}, once, until ${made.expiresAt}. On its machine:\n  tidegate agent enrol --url ${session.settings.url} TOKEN`,
				);
			print(made.token);
		});
};
export default define;

async function onlyPool(session: Session): Promise<string> {
	const { pools } = await session.api.pools.list.query();
	const names = pools.map(({ name }) => name);
	if (names.length === 1) return names[0] as string;
	throw new Failure(
		names.length === 0
			? "there is no pool yet: tidegate pool create NAME makes one."
			: `there are several pools (${names.join(", ")}): name one with --pool.`,
		EXIT.badInput,
	);
}
