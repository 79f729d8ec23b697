import { agentHome } from "../../../../config.ts";
import { type Define, example, HOME_OPTION, JSON_OPTION } from "../../../command.ts";
import { EXIT, Failure } from "../../../exit.ts";
import { print, printJson } from "../../../output.ts";

const define: Define = (command) => {
	command
		.argument("<name>", "its name")
		.option(...HOME_OPTION)
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate agent secret remove DB_PASSWORD"))
		.action(async (name: string, options: { home?: string; json?: boolean }) => {
			const { removeSecret } = await import("../../../../daemon/secrets/settings.ts");
			if (!removeSecret(agentHome(options.home), name))
				throw new Failure(`this agent's secrets.json has no ${name}. tidegate agent secret list tells what there is.`, EXIT.failed);
			if (options.json) return printJson({ name, removed: true });
			print(`${name} is removed`);
		});
};
export default define;
