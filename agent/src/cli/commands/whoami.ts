import { existsSync } from "node:fs";
import { settingsFile } from "../../config.ts";
import { openWorkspaceKey } from "../../keys.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { print, printJson } from "../output.ts";

const define: Define = (command, session) => {
	command
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate whoami"))
		.action(async (options: { json?: boolean }) => {
			const me = await session.api.whoami.query();
			const key = await openWorkspaceKey(session.home, me.workspace.id).then(
				({ kid }) => kid,
				() => null,
			);
			if (options.json) return printJson({ ...me, url: session.settings.url, home: session.home, key });
			const bound = me.workspace.kid;
			const fit = key === null ? "not on this machine" : bound !== null && bound !== key ? `${key} here, but the workspace's is ${bound}` : key;
			print(`${me.by === "key" ? "API key" : "signed in as"} ${me.name}${me.email ? ` (${me.email})` : ""}`);
			print(`workspace      ${me.organization.name} / ${me.workspace.name} (${me.workspace.id})`);
			print(`workspace key  ${fit}`);
			print(`control plane  ${session.settings.url}`);
			print(`settings       ${existsSync(settingsFile(session.home)) ? session.home : "the environment"}`);
		});
};
export default define;
