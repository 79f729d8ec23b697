import { type Define, example, JSON_OPTION } from "../../command.ts";
import { EXIT, Failure } from "../../exit.ts";
import { print, printJson } from "../../output.ts";

const define: Define = (command, session) => {
	command
		.argument("<key>", "its id or its prefix, from tidegate api-key list")
		.option(...JSON_OPTION)
		.addHelpText("after", example("tidegate api-key revoke tg_Ab3dE9"))
		.action(async (given: string, options: { json?: boolean }) => {
			const { keys } = await session.api.keys.list.query();
			// Whoever has only the key itself may give that: it is of no use to anybody from here on.
			const found = keys.filter(({ id, prefix }) => id === given || given.startsWith(prefix));
			const valid = found.filter(({ revokedAt }) => revokedAt === null);
			const [key, other] = valid.length > 0 ? valid : found;
			if (!key) throw new Failure(`there is no such API key. tidegate api-key list lists them.`);
			if (other && valid.length > 1) throw new Failure(`${key.id} and ${other.id} begin alike: give the id of one.`, EXIT.badInput);
			const own = session.settings.apiKey.startsWith(key.prefix);
			if (key.revokedAt === null) await session.api.keys.revoke.mutate({ id: key.id });
			if (options.json) return printJson({ id: key.id, name: key.name, prefix: key.prefix, state: "revoked" });
			if (key.revokedAt !== null) return print(`API key ${key.name} (${key.prefix}…) was revoked before`);
			print(`API key ${key.name} (${key.prefix}…) is revoked: nothing that uses it is let in any more`);
			if (own) print("It was this command's own: sign in again, or set TIDEGATE_API_KEY to another one.");
		});
};
export default define;
