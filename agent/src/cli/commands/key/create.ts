import { readWorkspaceKey, saveWorkspaceKey } from "../../../keys.ts";
import { KeyError } from "../../../protocol/key-error.ts";
import { newKey } from "../../../protocol/seal.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { Failure } from "../../exit.ts";
import { print, printJson } from "../../output.ts";
import { bind } from "./bind.ts";

const define: Define = (command, session) => {
	command
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate key create && tidegate key backup"))
		.action(async (options: { json?: boolean }) => {
			const { workspace } = await session.api.whoami.query();
			if (workspace.kid !== null)
				throw new Failure(`workspace ${workspace.name} has key ${workspace.kid} already: import it with tidegate key import.`);
			// Kept before it is bound: a workspace bound to a key that nobody has would be lost. So one may be here, not bound yet.
			const raw = await readWorkspaceKey(session.home, workspace.id).catch((error: unknown) => {
				if (error instanceof KeyError && error.reason === "missing") return newKey();
				throw error;
			});
			const key = await saveWorkspaceKey(session.home, workspace.id, raw, null);
			await bind(session, raw, workspace.id);
			if (options.json) return printJson({ workspace: workspace.id, kid: key.kid, home: session.home });
			print(`workspace ${workspace.name} has key ${key.kid}, kept in ${session.home}\nBack it up: tidegate key backup`);
		});
};
export default define;
