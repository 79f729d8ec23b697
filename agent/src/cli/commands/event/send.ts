import { sendEvent } from "../../../client/inside.ts";
import { eventName } from "../../../protocol/event-name.ts";
import { type Define, example, JSON_OPTION, json } from "../../command.ts";
import { findRun } from "../../find-run.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<name>", "the event's name, as flows wait for it")
		.argument("<key>", "which of them, such as an order's number")
		.option("--value <json>", "what the flow gets, as JSON", json)
		.option("--run <run>", "tell this run alone")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`\nName, key and value leave sealed: the control plane sees that two are equal, and no more.\n${example(`tidegate event send paid order-7 --value '{"sum": 40}'`)}`,
		)
		.action(async (name: string, key: string, options: { value?: unknown; run?: string; json?: boolean }) => {
			const run = options.run === undefined ? undefined : await findRun(session.api, options.run);
			const waited = await sendEvent(session.api, await session.key(), { name, key }, options.value, run);
			if (options.json) return printJson({ name, key, waited });
			const event = eventName({ name, key });
			print(waited === 0 ? `no run waits for ${event}` : `${waited} ${waited === 1 ? "run goes" : "runs go"} on: ${event}`);
		});
};
export default define;
