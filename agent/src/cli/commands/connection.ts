import { type Define, example } from "../command.ts";
import { defineList, defineRemove, defineSet } from "../setting.ts";

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
		(_, given) => given,
	);
	defineList(command.command("list").description("list connections with their URLs"), session, "connection");
	defineRemove(command.command("remove").description("remove a connection"), session, "connection");
};
export default define;
