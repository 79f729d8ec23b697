import { type Define, example } from "../command.ts";
import create from "./api-key/create.ts";
import list from "./api-key/list.ts";
import revoke from "./api-key/revoke.ts";

const define: Define = (command, session) => {
	command.addHelpText(
		"after",
		`
An API key lets a program ask this workspace's control plane: CI, the typed client, curl. It opens nothing that is sealed;
for that there is the workspace key (tidegate key).
Your own machine needs none: tidegate login signs it in.
${example("tidegate api-key create ci --expires 90d", "tidegate api-key list", "tidegate api-key revoke tg_Ab3dE9")}`,
	);
	create(command.command("create").description("make an API key, which is shown once"), session);
	list(command.command("list").description("list API keys"), session);
	revoke(command.command("revoke").description("end an API key"), session);
};
export default define;
