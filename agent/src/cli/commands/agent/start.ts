import { agentHome } from "../../../config.ts";
import { type Define, example, HOME_OPTION, positive } from "../../command.ts";

const define: Define = (command) => {
	command
		.option(...HOME_OPTION)
		.option("--slots <number>", "runs at once (default: one a processor)", positive)
		.addHelpText(
			"after",
			`
It stays in the foreground and says what it does on stderr; Ctrl-C ends it. Its runs go on: started again
within its pool's lease (30 s by default) it takes them up, after that another agent does, as a new attempt. Exit codes of its own: 1 it could not start (not enrolled, no key, one runs already), 3 revoked, 4 another process with its identity took over, 5 too old.
${example("tidegate agent start --slots 4")}`,
		)
		.action(async (options: { home?: string; slots?: number }) => {
			const { start } = await import("../../../daemon/start.ts");
			process.exitCode = await start({ home: agentHome(options.home), slots: options.slots });
		});
};
export default define;
