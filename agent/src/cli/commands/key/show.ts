import { readWorkspaceKey } from "../../../keys.ts";
import { printKey, WorkspaceKey } from "../../../protocol/seal.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { isTerminal, note, print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate key show"))
		.action(async (options: { json?: boolean }) => {
			const workspace = await session.workspaceId();
			const raw = await readWorkspaceKey(session.home, workspace);
			const { kid } = await WorkspaceKey.open(raw, workspace);
			if (options.json) return printJson({ workspace, kid, key: printKey(raw) });
			if (isTerminal) note(`Workspace key ${kid}. Whoever has it reads and deploys everything in this workspace.`);
			print(printKey(raw));
		});
};
export default define;
