import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { readWorkspaceKey } from "../../../keys.ts";
import { printKey, WorkspaceKey } from "../../../protocol/seal.ts";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { EXIT, Failure } from "../../exit.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("[file]", "where to; it must not exist yet (default: tidegate-WORKSPACE.key)")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate key backup ~/safe/tidegate.key"))
		.action(async (given: string | undefined, options: { json?: boolean }) => {
			const { workspace, organization } = await session.api.whoami.query();
			const raw = await readWorkspaceKey(session.home, workspace.id);
			const { kid } = await WorkspaceKey.open(raw, workspace.id);
			const file = resolve(given ?? `tidegate-${workspace.name.replace(/[^A-Za-z0-9._-]+/g, "-")}.key`);
			const text = `# Tidegate workspace key ${kid}\n# ${organization.name} / ${workspace.name} (${workspace.id}) at ${session.settings.url}\n# Whoever has this key reads and deploys everything in the workspace. tidegate key import < this file\n${printKey(raw)}\n`;
			try {
				writeFileSync(file, text, { mode: 0o600, flag: "wx" });
			} catch (error) {
				const { code, message } = error as NodeJS.ErrnoException;
				throw new Failure(
					code === "EEXIST" ? `${file} exists already: name another file, nothing was overwritten.` : `cannot write ${file}: ${message}`,
					EXIT.badInput,
				);
			}
			if (options.json) return printJson({ workspace: workspace.id, kid, file });
			print(`key ${kid} is in ${file}\nKeep it where you keep passwords, and delete it here.`);
		});
};
export default define;
