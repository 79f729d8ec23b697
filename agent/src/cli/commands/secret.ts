import { type Define, example } from "../command.ts";
import { note } from "../output.ts";
import { askSecret } from "../secret.ts";
import { defineList, defineRemove, defineSet } from "../setting.ts";

const define: Define = (command, session) => {
	command.addHelpText(
		"after",
		`
The workspace keeps it, sealed: agents alone open it, and what leaves of a run shows •••• in its place. A flow asks for it by its name: tidegate.secret("NAME").
A secret that an agent has of its own (tidegate agent secret) comes before one of the same name that is set here.
${example("tidegate secret set DB_PASSWORD", "pass show db | tidegate secret set DB_PASSWORD --pool gpu", "tidegate secret list")}`,
	);
	const set = command.command("set").description("set a secret; asks for the value, or reads it from a pipe");
	defineSet(
		set
			.argument("<name>", "its name, as flows ask for it")
			.addHelpText(
				"after",
				`\nThe value is never taken from the command line, which others can read.\n${example("tidegate secret set DB_PASSWORD")}`,
			),
		session,
		"secret",
		async (name) => {
			const [value, { SHORTEST }] = [
				(await askSecret(`Paste the value of ${name}, then Enter: `, "value")).replace(/\r?\n$/, ""),
				await import("../../daemon/secrets/guises.ts"),
			];
			if (value !== "" && value.trim().length < SHORTEST)
				note(`! ${name} has fewer than ${SHORTEST} characters: it is not hidden in logs, where it would hide ordinary words.`);
			return value;
		},
	);
	defineList(command.command("list").description("list names; never a value"), session, "secret");
	defineRemove(command.command("remove").description("remove a secret"), session, "secret");
};
export default define;
