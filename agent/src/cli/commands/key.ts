import type { Command } from "commander";
import { type Define, example } from "../command.ts";
import type { Session } from "../session.ts";
import backup from "./key/backup.ts";
import create from "./key/create.ts";
import importKey from "./key/import.ts";
import show from "./key/show.ts";

const define: Define = (command: Command, session: Session) => {
	command.addHelpText(
		"after",
		`
The workspace key seals code, parameters, logs and results before they leave this machine. The control plane never
has it: whoever loses every copy loses what was sealed. Keep a backup where you keep passwords.
${example("tidegate key backup", "tidegate key import tgk_…", "tidegate key show")}`,
	);
	show(command.command("show").description("print the workspace key"), session);
	importKey(command.command("import").description("keep a workspace key on this machine"), session);
	backup(command.command("backup").description("write the workspace key to a file of its own"), session);
	create(command.command("create").description("make the first key of a new workspace"), session);
};
export default define;
