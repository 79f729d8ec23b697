import { type Define, example } from "../command.ts";
import { note } from "../output.ts";
import type { Session } from "../session.ts";
import { defineGet, defineList, defineRemove, defineSet } from "../setting.ts";

const define: Define = (command, session) => {
	command.addHelpText(
		"after",
		`
A connection is a URL, in which secrets stand by their names: {DB_PASSWORD}. It leaves sealed. A flow asks for it by its name: tidegate.connection("NAME").
${example("tidegate connection set WAREHOUSE 'postgresql://etl:{DB_PASSWORD}@db.internal/sales'", "tidegate connection list")}`,
	);
	defineSet(
		command
			.command("set")
			.description("set a connection")
			.argument("<name>", "its name, as flows ask for it")
			.argument("<url>", "scheme://user:{SECRET}@host:port/path?options")
			.addHelpText("after", example("tidegate connection set WAREHOUSE 'postgresql://etl:{DB_PASSWORD}@db.internal/sales'")),
		session,
		"connection",
		async (_, given = "") => {
			await noteUnknown(session, given);
			return given;
		},
	);
	defineGet(command.command("get").description("print the URL of a connection, with its secrets by name"), session, "connection");
	defineList(command.command("list").description("list connections with their URLs"), session, "connection");
	defineRemove(command.command("remove").description("remove a connection"), session, "connection");
};
export default define;

/** An agent may have the secret of its own, so this is no mistake for sure. */
async function noteUnknown({ api }: Session, url: string): Promise<void> {
	const named = [...new Set([...url.matchAll(/\{([A-Za-z_][A-Za-z0-9_]*)\}/g)].map(([, name]) => name as string))];
	if (named.length === 0) return;
	const kept = (await api.settings.list.query()).settings.filter(({ kind }) => kind === "secret").map(({ name }) => name);
	for (const name of named.filter((each) => !kept.includes(each)))
		note(
			`! this workspace keeps no secret ${name}: set it by tidegate secret set ${name}, or on each agent's machine by tidegate agent secret set ${name}.`,
		);
}
