import { agentHome } from "../../../config.ts";
import { type Define, example, positive } from "../../command.ts";

const define: Define = (command) => {
	command
		.option("--home <folder>", "the agent's folder (default: TIDEGATE_AGENT_HOME, or ~/.local/share/tidegate/agent)")
		.option("--slots <number>", "runs at once (default: one a processor)", positive)
		.addHelpText(
			"after",
			`
It stays in the foreground and says what it does on stderr; Ctrl-C ends it, its runs go on and are taken up again at
the next start. Exit codes of its own: 1 it could not start (not enrolled, no key, one runs already), 3 revoked, 4 another process with its identity took over, 5 too old.
${example("tidegate agent start --slots 4")}`,
		)
		.action(async (options: { home?: string; slots?: number }) => {
			const { start } = await import("../../../daemon/start.ts");
			process.exitCode = await start({ home: agentHome(options.home), slots: options.slots });
		});
};
export default define;
