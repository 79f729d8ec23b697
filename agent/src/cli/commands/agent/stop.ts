import { agentHome } from "../../../config.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command) => {
	command
		.option("--home <folder>", "the agent's folder (default: TIDEGATE_AGENT_HOME, or ~/.local/share/tidegate/agent)")
		.option("--end-runs", "end its runs too")
		.option(...JSON_OPTION)
		.addHelpText("after", `\nIts runs go on without it, and the next start takes them up again.\n${example("tidegate agent stop --end-runs")}`)
		.action(async (options: { home?: string; endRuns?: boolean; json?: boolean }) => {
			const { stopAgent } = await import("../../../daemon/stop.ts");
			const stopped = await stopAgent(agentHome(options.home), { endRuns: options.endRuns === true });
			if (options.json) return printJson(stopped);
			print(stopped.agent ? "agent stopped" : "no agent was running");
			if (stopped.running > 0) print(`${stopped.running} of its runs go on`);
			if (stopped.ended > 0) print(`${stopped.ended} of its runs were ended; the control plane hears of it at the agent's next start`);
		});
};
export default define;
