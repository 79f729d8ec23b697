import { agentHome, newAgentHome, readUrl } from "../../../config.ts";
import { readWorkspaceKey } from "../../../keys.ts";
import type { Bytes } from "../../../protocol/bytes.ts";
import { KeyError } from "../../../protocol/key-error.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { EXIT, Failure } from "../../exit.ts";
import { note, print, printJson } from "../../output.ts";
import { askKey } from "../../secret.ts";

interface Options {
	url?: string;
	name?: string;
	home?: string;
	key?: true;
	force?: boolean;
	json?: boolean;
}

const define: Define = (command, session) => {
	command
		.argument("<token>", "tge_…, from tidegate agent token")
		.option("--url <url>", "of the control plane (default: the CLI's, or TIDEGATE_URL)")
		.option("--name <name>", "how people see it (default: the host's name)")
		.option("--home <folder>", "where it keeps its keys and runs (default: TIDEGATE_AGENT_HOME, or ~/.local/share/tidegate/agent)")
		.option("--key", "ask for the workspace key (tgk_…), or read it from a pipe (default: TIDEGATE_WORKSPACE_KEY, or the CLI's)")
		.option("--force", "enrol anew where an agent is already")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			example(
				"tidegate agent enrol tge_… --url https://tidegate.example.com --key",
				"tidegate agent enrol tge_… --url https://tidegate.example.com --key < tidegate.key",
			),
		)
		.action(async (token: string, options: Options) => {
			const url = options.url ?? readUrl(session.home);
			if (!url) throw new Failure("which control plane? Give --url, or set TIDEGATE_URL.", EXIT.badInput);
			// Before the token is used up.
			const given = options.key ? await askKey() : null;
			let hasKey = given !== null;
			const key = async (workspace: { id: string }): Promise<Bytes | null> => {
				const found = given ?? (await known(session.home, workspace.id));
				hasKey = found !== null;
				return found;
			};
			const home = newAgentHome(options.home);
			const [{ enrol }, { importCommand, shellWord }] = await Promise.all([import("../../../daemon/enrol.ts"), import("../../../daemon/home.ts")]);
			const identity = await enrol({ home, url, token, name: options.name, force: options.force, key });
			if (options.json) return printJson({ ...identity, home, key: hasKey });
			print(`agent ${identity.name} serves pool ${identity.pool} of workspace ${identity.workspaceName}, from ${home}`);
			if (!hasKey) note(`It has no workspace key yet, so it can run nothing: ${importCommand(home)}, or set TIDEGATE_WORKSPACE_KEY.`);
			print(`Start it: tidegate agent start${home === agentHome() ? "" : ` --home ${shellWord(home)}`}`);
		});
};
export default define;

/** TIDEGATE_WORKSPACE_KEY, or the key that the CLI of this machine has for the workspace. */
async function known(home: string, workspace: string): Promise<Bytes | null> {
	try {
		return await readWorkspaceKey(home, workspace);
	} catch (error) {
		if (error instanceof KeyError && error.reason === "missing") return null;
		throw error;
	}
}
