import { type Define, example } from "../../command.ts";
import list from "./secret/list.ts";
import remove from "./secret/remove.ts";
import set from "./secret/set.ts";

const define: Define = (command, session) => {
	command.addHelpText(
		"after",
		`
A flow asks for a secret by its name: tidegate.secret("NAME"). It stays on this machine; what leaves of a run shows •••• in its place.
TIDEGATE_SECRET_NAME in the agent's environment is one too.
${example("tidegate agent secret set DB_PASSWORD", "tidegate agent secret set DB_PASSWORD --command 'vault read -field=password db'", "tidegate agent secret list")}`,
	);
	set(command.command("set").description("set a secret, or where it comes from"), session);
	list(command.command("list").description("list names, and where each comes from; never a value"), session);
	remove(command.command("remove").description("remove a secret"), session);
};
export default define;
