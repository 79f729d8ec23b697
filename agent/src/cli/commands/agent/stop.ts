import { agentHome } from "../../../config.ts";
import { type Define, example, HOME_OPTION, JSON_OPTION } from "../../command.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command) => {
	command
		.option(...HOME_OPTION)
		.option("--end-runs", "end its runs too")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
Its runs go on without it. Started again within its pool's lease (30 s by default), it takes them up as if nothing had
happened; after that another agent runs them again, as a new attempt: code runs at least once.
${example("tidegate agent stop", "tidegate agent stop --end-runs")}`,
		)
		.action(async (options: { home?: string; endRuns?: boolean; json?: boolean }) => {
			const [{ stopAgent }, { fate }] = await Promise.all([import("../../../daemon/stop.ts"), import("../../../daemon/home.ts")]);
			const home = agentHome(options.home);
			const stopped = await stopAgent(home, { endRuns: options.endRuns === true });
			if (options.json) return printJson(stopped);
			print(stopped.agent ? `agent ${stopped.name ?? "without a name"} stopped, of ${home}` : `no agent was running in ${home}`);
			if (stopped.running > 0)
				print(`${stopped.running} of its runs ${stopped.running === 1 ? "goes" : "go"} on: ${fate(stopped.running, stopped.leaseSeconds)}`);
			if (stopped.ended > 0) print(`${stopped.ended} of its runs were ended; the control plane hears of it at the agent's next start`);
		});
};
export default define;
