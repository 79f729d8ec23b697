import { existsSync } from "node:fs";
import { agentHome } from "../../../config.ts";
import { saveWorkspaceKey } from "../../../keys.ts";
import type { Bytes } from "../../../protocol/bytes.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { print, printJson } from "../../output.ts";
import { askKey, readKey } from "../../secret.ts";
import type { Session } from "../../session.ts";
import { bind } from "./bind.ts";

interface Owner {
	home: string;
	workspace: { id: string; name: string };
	/** The id of the key that the workspace is bound to; null where nobody knows it. */
	kid: string | null;
}

const define: Define = (command, session) => {
	command
		.argument("[key]", "tgk_…; without it, or as -, it is asked for, or read from a pipe, which keeps it out of the shell's history", "-")
		.option("--agent [home]", "keep it for the agent of this machine, in place of the CLI; needs no sign-in")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate key import", "tidegate key import < tidegate.key", "tidegate key import --agent"))
		.action(async (given: string, options: { agent?: string | true; json?: boolean }) => {
			// `--agent tgk_…`: the key stands where a folder might.
			const swapped = typeof options.agent === "string" && options.agent.startsWith("tgk_");
			const text = swapped ? (options.agent as string) : given;
			const raw = text === "-" ? await askKey() : readKey(text);
			const { home, workspace, kid } =
				options.agent === undefined
					? await own(session, raw)
					: await ofAgent(agentHome(swapped || options.agent === true ? undefined : options.agent));
			const key = await saveWorkspaceKey(home, workspace.id, raw, kid);
			if (options.json) return printJson({ workspace: workspace.id, kid: key.kid, home });
			print(`key ${key.kid} of workspace ${workspace.name} is kept in ${home}`);
		});
};
export default define;

/** Asked first, written second: a key that is not the workspace's leaves no trace. */
async function own(session: Session, raw: Bytes): Promise<Owner> {
	const { workspace } = await session.api.whoami.query();
	return { home: session.home, workspace, kid: workspace.kid ?? (await bind(session, raw, workspace.id)) };
}

/** An agent's machine has nobody signed in: what the enrolment wrote down is enough. */
async function ofAgent(home: string): Promise<Owner> {
	const { AgentError, openHome, readIdentity } = await import("../../../daemon/home.ts");
	const identity = existsSync(home) ? readIdentity(openHome(home)) : null;
	if (!identity) throw new AgentError(`${home} is no enrolled agent: run tidegate agent enrol first.`);
	return { home, workspace: { id: identity.workspace, name: identity.workspaceName }, kid: identity.kid ?? null };
}
