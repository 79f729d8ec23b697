import { text } from "node:stream/consumers";
import { InexactNumber, readJson } from "../../protocol/json.ts";
import { type Define, example } from "../command.ts";
import { EXIT, Failure } from "../exit.ts";
import { defineGet, defineList, defineRemove, defineSet } from "../setting.ts";

const define: Define = (command, session) => {
	command.addHelpText(
		"after",
		`
A variable is for what differs from place to place and is no secret. Its value leaves sealed. A flow asks for it by its name: tidegate.variable("NAME", default=…).
${example("tidegate variable set THRESHOLD 0.8", `tidegate variable set REGIONS '["eu", "us"]' --pool gpu`, "tidegate variable get THRESHOLD", "tidegate variable list")}`,
	);
	const set = command.command("set").description("set a variable");
	defineSet(
		set
			.argument("<name>", "its name, as flows ask for it")
			.argument("<value>", "what is JSON is taken as that, all else as text; - reads it from a pipe")
			.option("--text", "take it as text, whatever it looks like")
			.addHelpText(
				"after",
				example("tidegate variable set THRESHOLD 0.8", "tidegate variable set BUILD 007 --text", "tidegate variable set RULES - < rules.json"),
			),
		session,
		"variable",
		async (name, given = "") => {
			const value = given === "-" ? await text(process.stdin) : given;
			return set.opts<{ text?: boolean }>().text ? value : read(name, value);
		},
	);
	defineGet(command.command("get").description("print the value of a variable"), session, "variable");
	defineList(command.command("list").description("list variables with their values"), session, "variable");
	defineRemove(command.command("remove").description("remove a variable"), session, "variable");
};
export default define;

function read(name: string, value: string): unknown {
	try {
		return readJson(value);
	} catch (error) {
		if (error instanceof InexactNumber) throw new Failure(`${name}: ${error.message}, or by --text.`, EXIT.badInput);
		if (!/^\s*[[{"]/.test(value)) return value;
		throw new Failure(`${name}: it begins as JSON, and is none: ${(error as Error).message}. Mend it, or set it as a text by --text.`, EXIT.badInput);
	}
}
