import { overruled, readSignedIn, readUrl, type SignedIn, settingsFile } from "../../config.ts";
import { fingerprint, forgetWorkspaceKey, holdsWorkspaceKey, openDevice, openWorkspaceKey, saveWorkspaceKey, writePrivate } from "../../keys.ts";
import { type Bytes, fromBase64 } from "../../protocol/bytes.ts";
import { unwrapKey } from "../../protocol/device.ts";
import { WorkspaceKey } from "../../protocol/seal.ts";
import { type Define, example, JSON_OPTION } from "../command.ts";
import { type Credential, requestCode, waitForApproval } from "../device-login.ts";
import { EXIT, Failure } from "../exit.ts";
import { colours, note, print, printJson } from "../output.ts";
import type { Session } from "../session.ts";

interface Options {
	url?: string;
	json?: boolean;
}

const define: Define = (command, session) => {
	command
		.option("--url <url>", "of the control plane (default: TIDEGATE_URL, or the last one that was used here)")
		.option(...JSON_OPTION)
		.addHelpText(
			"after",
			`
Prints an address and a code. Open the address in any browser where you are signed in, compare code and fingerprint, and approve.
This machine gets an API key of yours, for 90 days and no wider than your role; it ends when you leave the organization. If that browser
is unlocked, the workspace key comes along, wrapped to this machine's own key pair: the control plane never has it in clear.
Where nobody can sign in (CI), set TIDEGATE_URL, TIDEGATE_API_KEY and TIDEGATE_WORKSPACE_KEY instead.
${example("tidegate login --url https://tidegate.example.com", "tidegate login && tidegate whoami")}`,
		)
		.action(async (options: Options) => {
			const url = (options.url ?? readUrl(session.home))?.replace(/\/+$/, "");
			if (!url) throw new Failure("which control plane? Give --url, or set TIDEGATE_URL.", EXIT.badInput);
			if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
				throw new Failure(`${url} is no address of a control plane: it begins with https:// (or http:// on this machine).`, EXIT.badInput);
			session.asks(url);
			const device = await openDevice(session.home);
			const asked = await requestCode(url, device.publicHex);
			const before = readSignedIn(session.home);
			if (before.apiKey) note(`Approved, it replaces the settings in ${session.home} (of ${before.url}); with TIDEGATE_HOME=FOLDER both are kept.`);
			note(`Open    ${asked.verification_uri_complete}`);
			note(`Code    ${colours.bold(asked.user_code)}`);
			note(`Device  ${await fingerprint(device.publicHex)}   both must be the same in the browser`);
			const got = await waitForApproval(url, asked);
			const key = await takeKey(session, got, device.privateKey);
			const { person, scope, expires_at: expiresAt, organization, workspace } = got;
			if (options.json) return printJson({ url, person, scope, expiresAt, organization, workspace, key: key.kid });
			print(`signed in as ${person} to workspace ${organization.name} / ${workspace.name}, until ${expiresAt.slice(0, 10)}`);
			print(key.words);
			print(`settings       ${session.home}`);
			const first = overruled();
			if (first.length > 0) note(`${first.join(" and ")} in the environment come before this sign-in: unset them to use it.`);
		});

	/** Keeps what was got, then the key. A key that does not open leaves the sign-in as it is. */
	async function takeKey({ home }: Session, got: Credential, privateKey: CryptoKey): Promise<{ kid: string | null; words: string }> {
		const { workspace } = got;
		const there = holdsWorkspaceKey(home, workspace.id);
		const before = readSignedIn(home);
		const broughtBefore = there && before.workspaceId === workspace.id && before.login?.broughtKey === true;
		const keep = (broughtKey: boolean): void => {
			const settings: SignedIn = { url: session.url ?? "", apiKey: got.api_key, workspaceId: workspace.id, login: { broughtKey } };
			writePrivate(settingsFile(home), `${JSON.stringify(settings, null, "\t")}\n`);
		};
		keep(broughtBefore);
		if (before.login?.broughtKey && before.workspaceId && before.workspaceId !== workspace.id) forgetWorkspaceKey(home, before.workspaceId);
		if (!got.wrapped_key) {
			const words = there
				? "workspace key  the one that was here before"
				: "workspace key  did not come along: the browser has none. tidegate key import takes it, or log in from an unlocked browser.";
			return { kid: null, words };
		}
		const raw = await unwrapKey(fromBase64(got.wrapped_key), privateKey, workspace.id).catch(() => {
			throw new Failure("signed in, but the workspace key that came along does not open here: it was wrapped for another device. Log in again.");
		});
		if (there) await refuseOther(home, workspace.id, raw);
		const { kid } = await saveWorkspaceKey(home, workspace.id, raw, workspace.kid);
		keep(broughtBefore || !there);
		return { kid, words: `workspace key  ${kid}   the page that approved shows the same` };
	}
};
export default define;

/** A control plane that was taken over could send a key of its own making: one that was here before is not given up for it. */
async function refuseOther(home: string, workspace: string, raw: Bytes): Promise<void> {
	const [own, sent] = await Promise.all([openWorkspaceKey(home, workspace), WorkspaceKey.open(raw, workspace)]);
	if (own.kid === sent.kid) return;
	throw new Failure(
		`signed in, but the workspace key that came along (${sent.kid}) is not the one that is here (${own.kid}): the one here stays.\nIf that is wrong, import the right one: tidegate key import`,
	);
}
