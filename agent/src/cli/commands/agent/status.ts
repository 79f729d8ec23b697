import { agentHome } from "../../../config.ts";
import { bytes } from "../../../daemon/output.ts";
import { type Define, example, HOME_OPTION, JSON_OPTION } from "../../command.ts";
import { EXIT } from "../../exit.ts";
import { lasted, print, printJson, table } from "../../output.ts";

const define: Define = (command) => {
	command
		.option(...HOME_OPTION)
		.option(...JSON_OPTION)
		.addHelpText("after", `\nExits with 0 where the agent runs, with 1 where it does not.\n${example("tidegate agent status")}`)
		.action(async (options: { home?: string; json?: boolean }) => {
			const { lowDisk } = await import("../../../daemon/disk.ts");
			const { agentStatus, storeStatus } = await import("../../../daemon/status.ts");
			const home = agentHome(options.home);
			const status = { ...agentStatus(home), store: await storeStatus(home) };
			if (!status.process) process.exitCode = EXIT.failed;
			if (options.json) return printJson(status);
			const { name, pool, workspaceName, url } = status.identity;
			print(
				`agent ${name} of pool ${pool}, workspace ${workspaceName} at ${url}\n${status.process ? `runs as process ${status.process.pid}` : `does not run: tidegate agent start${options.home ? ` --home ${options.home}` : ""}`}`,
			);
			if (status.disk.low) print(lowDisk(home, status.disk));
			print(`store ${status.store.id ?? "not made yet"}: ${bytes(status.store.bytes)} of what finished tasks returned`);
			table(
				status.held,
				[
					{ title: "RUN", value: (row) => row.run },
					{ title: "FLOW", value: (row) => `${row.flow} v${row.number}` },
					{ title: "STATE", value: (row) => (row.cancelled ? `${row.state}, cancelled` : row.state) },
					{ title: "SINCE", value: (row) => lasted(row.startedAt, null), right: true },
				],
				"it holds no runs.",
			);
		});
};
export default define;
