import { rmSync } from "node:fs";
import { TRPCClientError } from "@trpc/client";
import { connectApi } from "../../client/api.ts";
import { overruled, readSignedIn, settingsFile } from "../../config.ts";
import { forgetWorkspaceKey, holdsWorkspaceKey } from "../../keys.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { EXIT, Failure } from "../exit.ts";
import { note, print, printJson } from "../output.ts";

const define: Define = (command, session) => {
	command
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
Revokes the API key of this machine's settings and removes it here. A workspace key that came with tidegate login is removed too;
one that was made or imported here stays, since it may be the only copy.
${example("tidegate logout")}`,
		)
		.action(async (options: { json?: boolean }) => {
			const { url, apiKey, workspaceId, login } = readSignedIn(session.home);
			if (!url || !apiKey) {
				const set = overruled();
				throw new Failure(
					`nobody is signed in here: ${settingsFile(session.home)} does not exist.${set.length > 0 ? `\n${set.join(" and ")} come from the environment: unset them.` : ""}`,
					EXIT.noAccess,
				);
			}
			session.asks(url);
			const revoked = await revoke(url, apiKey);
			rmSync(settingsFile(session.home), { force: true });
			const removesKey = login?.broughtKey === true && typeof workspaceId === "string";
			if (removesKey) forgetWorkspaceKey(session.home, workspaceId);
			const keeps = !removesKey && typeof workspaceId === "string" && holdsWorkspaceKey(session.home, workspaceId);
			if (options.json) return printJson({ url, revoked, removedKey: removesKey });
			print(revoked ? `signed out of ${url}: the API key is revoked` : `signed out of ${url}: it did not accept the API key any more`);
			if (removesKey) print("the workspace key that came with the sign-in is removed");
			if (keeps) note(`The workspace key stays in ${session.home}: it was made or imported here.`);
		});
};
export default define;

/** @returns false where the key was of no more use already. A control plane that can't be reached leaves everything as it is: its key would go on. */
async function revoke(url: string, apiKey: string): Promise<boolean> {
	try {
		await connectApi({ url, apiKey }).login.end.mutate();
		return true;
	} catch (error) {
		if (error instanceof TRPCClientError && error.data?.httpStatus === 401) return false;
		throw error;
	}
}
