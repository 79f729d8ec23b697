import { readFileSync } from "node:fs";
import { agentHome } from "../../../config.ts";
import { saveWorkspaceKey } from "../../../keys.ts";
import type { Bytes } from "../../../protocol/bytes.ts";
import { parseKey, SealError } from "../../../protocol/seal.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { EXIT, Failure } from "../../exit.ts";
import { note, print, printJson } from "../../output.ts";
import { bind } from "./bind.ts";

const define: Define = (command, session) => {
	command
		.argument("[key]", "tgk_…; without it, or as -, it is read from stdin, which keeps it out of the shell's history", "-")
		.option("--agent [home]", "keep it for the agent of this machine, in place of the CLI")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate key import < key.txt", "tidegate key import tgk_…"))
		.action(async (given: string, options: { agent?: string | true; json?: boolean }) => {
			if (given === "-" && process.stdin.isTTY) note("Paste the workspace key, then Enter and Ctrl-D:");
			const raw = read(given === "-" ? readFileSync(0, "utf8") : given);
			const { workspace } = await session.api.whoami.query();
			const home = options.agent === undefined ? session.home : agentHome(options.agent === true ? undefined : options.agent);
			// Asked first, written second: a key that is not the workspace's leaves no trace.
			const bound = workspace.kid ?? (await bind(session, raw, workspace.id));
			const key = await saveWorkspaceKey(home, workspace.id, raw, bound);
			if (options.json) return printJson({ workspace: workspace.id, kid: key.kid, home });
			print(`key ${key.kid} of workspace ${workspace.name} is kept in ${home}`);
		});
};
export default define;

/** Takes a backup file as well as the bare key. */
function read(text: string): Bytes {
	try {
		return parseKey(/tgk_[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])/.exec(text)?.[0] ?? text);
	} catch (error) {
		throw error instanceof SealError ? new Failure(`this is no workspace key: ${error.message}.`, EXIT.badInput) : error;
	}
}
