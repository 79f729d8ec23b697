import { InvalidArgumentError, Option } from "commander";
import { type Define, example, JSON_OPTION } from "../../command.ts";
import { isTerminal, note, print, printJson } from "../../output.ts";

const HOUR = 3600 * 1000;
const UNITS: Record<string, number> = { h: HOUR, d: 24 * HOUR, w: 7 * 24 * HOUR };

const SCOPES = ["admin", "deploy", "run", "read"] as const;
type Scope = (typeof SCOPES)[number];

const define: Define = (command, session) => {
	command
		.argument("<name>", "what it is for, as people will see it in the list")
		.addOption(new Option("--scope <scope>", "what it may do: read, run (trigger and cancel too), deploy, admin").choices(SCOPES).default("deploy"))
		.option("--expires <time>", "when it ends, such as 12h, 30d or 8w (default: never)", lifetime)
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate api-key create ci --expires 90d", 'TIDEGATE_API_KEY="$(tidegate api-key create nightly --scope run)"'))
		.action(async (name: string, options: { scope: Scope; expires?: number; json?: boolean }) => {
			const expiresAt = options.expires === undefined ? undefined : new Date(Date.now() + options.expires).toISOString();
			const { scope } = options;
			const made = await session.api.keys.create.mutate({ name, scope, expiresAt });
			if (options.json) return printJson({ ...made, name, expiresAt: expiresAt ?? null });
			if (isTerminal)
				note(`API key ${name} of scope ${scope}, ${expiresAt ? `until ${expiresAt}` : "until it is revoked"}. It is shown now and never again:`);
			print(made.key);
		});
};
export default define;

/** @returns milliseconds. */
function lifetime(text: string): number {
	const [, count, unit] = /^([1-9]\d{0,4})([hdw])$/.exec(text) ?? [];
	if (!count || !unit) throw new InvalidArgumentError("It is a number of hours, days or weeks, such as 12h, 30d or 8w.");
	return Number(count) * (UNITS[unit] as number);
}
