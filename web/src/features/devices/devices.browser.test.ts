/** Sign-in of a command line, and the way of the workspace key from browser to browser and to the command line, with every byte to the server on tape. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { wrapKey } from "../../../../agent/src/protocol/device.ts";
import { newKey, parseKey, printKey } from "../../../../agent/src/protocol/seal.ts";
import { launchBrowser } from "../../../../infra/test/browser.ts";
import { readDatabase } from "../../../../infra/test/proofs/everything.ts";
import { type Recorder, startRecorder } from "../../../../infra/test/proofs/recorder.ts";
import { sql } from "../../../../infra/test/proofs/runs.ts";
import { Search } from "../../../../infra/test/proofs/search.ts";
import { type Said, type Stack, startStack } from "../../../../infra/test/stack.ts";
import { createSignInLink } from "../../../../prisma/seed.ts";
import { NARROW, Visitor } from "../../browser/visitor.fixture.ts";

const COLLEAGUE = "ada@localhost";
let stack: Stack;
let recorder: Recorder;
let browser: Browser;
/** The stack as seen through the recorder. */
let taped: Pick<Stack, "url" | "signInLink">;
/** The same for a second member, whose link never carries the key. */
let colleague: Pick<Stack, "url" | "signInLink">;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack({ agents: 0 }), launchBrowser()]);
	recorder = await startRecorder(stack.controlPlane.port);
	const { url } = recorder;
	taped = { url, signInLink: async () => (await stack.signInLink()).replace(stack.url, url) };
	await sql(stack, "insert into app_user (id, email, name) values ('01980000-0000-7000-8000-00000000ada0', $1, 'Ada')", [COLLEAGUE]);
	await sql(
		stack,
		"insert into member (organization_id, user_id, role) select organization_id, '01980000-0000-7000-8000-00000000ada0', 'operator' from workspace",
	);
	const { workspaceId } = stack.workspace;
	colleague = {
		url,
		signInLink: async () => `${url}/sign-in#token=${await createSignInLink(stack.databaseUrl, { workspaceId, userEmail: COLLEAGUE })}`,
	};
});
afterAll(async () => {
	await browser?.close();
	await recorder?.stop();
	await stack?.stop();
});

interface Asked {
	/** The page that the terminal shows, through the recorder. */
	page: string;
	code: string;
	fingerprint: string;
	ended: Promise<Said>;
	home: string;
}

/** `tidegate login` on a machine of its own, as far as it shows its code. */
async function login(name: string, args: string[] = []): Promise<Asked> {
	const home = join(stack.dir, name);
	const lines: string[] = [];
	let shown: () => void = () => undefined;
	const all = new Promise<void>((resolve) => {
		shown = resolve;
	});
	const line = (text: string) => {
		lines.push(text);
		if (text.startsWith("Device")) shown();
	};
	const ended = stack.cli(["login", "--url", recorder.url, ...args], { env: { TIDEGATE_HOME: home }, line });
	await Promise.race([all, ended]);
	const told = (what: string) => new RegExp(`^${what} +(\\S+)`, "m").exec(lines.join("\n"))?.[1] ?? "";
	return { page: told("Open").replace(stack.url, recorder.url), code: told("Code"), fingerprint: told("Device"), ended, home };
}

test("a command line is signed in from an unlocked browser, its key comes along, and logout leaves nothing", async () => {
	const asked = await login("fresh");
	const visitor = await Visitor.member(browser, taped, asked.page.replace(taped.url, ""));
	const facts = visitor.page.locator("dl");
	await facts.getByText(asked.code, { exact: true }).waitFor();
	await facts.getByText(asked.fingerprint, { exact: true }).waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await visitor.page.getByRole("button", { name: "They are the same: approve" }).click();
	await visitor.page.getByText("Approved. Go back to the terminal").waitFor();
	// What the terminal says to compare stays on the page.
	await visitor.page.locator("dl").getByText(asked.fingerprint).waitFor();
	const said = await asked.ended;
	expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("signed in as owner@localhost to workspace Local / default") });
	expect(said.stdout).toContain(`workspace key  ${stack.workspace.kid}`);

	const env = { TIDEGATE_HOME: asked.home };
	expect((await stack.cli(["key", "show"], { env })).stdout.trim()).toBe(stack.workspace.workspaceKey);
	const me = JSON.parse((await stack.cli(["whoami", "--json"], { env })).stdout);
	expect(me).toMatchObject({ by: "key", role: "admin", key: stack.workspace.kid, name: expect.stringMatching(/^login on .+ by owner@localhost$/) });
	const config = join(asked.home, "config.json");
	expect(statSync(config).mode & 0o777).toBe(0o600);
	const { apiKey } = JSON.parse(readFileSync(config, "utf8"));

	await visitor.page.goto(`${recorder.url}/settings/devices`);
	await visitor.page.getByRole("table").getByText("holds the key").waitFor();
	await visitor.page.goto(asked.page);
	await visitor.page.getByText("This code was used before").waitFor();

	expect(await stack.cli(["logout"], { env })).toMatchObject({ code: 0, stdout: expect.stringContaining("the API key is revoked") });
	expect([existsSync(config), existsSync(join(asked.home, "keys", `${stack.workspace.workspaceId}.json`))]).toEqual([false, false]);
	expect((await stack.cli(["flows"], { env: { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: apiKey } })).code).toBe(3);
	expect(await stack.cli(["logout"], { env })).toMatchObject({ code: 3, stderr: expect.stringContaining("nobody is signed in here") });
	await visitor.leave();
});

test("from a locked browser the command line is signed in without the key, and says how to get it", async () => {
	const visitor = await Visitor.arrive(browser);
	await visitor.signIn(colleague, true, "/device");
	const asked = await login("keyless");
	await visitor.page.getByLabel("Code").fill(asked.code.toLowerCase().replace("-", ""));
	await visitor.page.keyboard.press("Enter");
	await visitor.page.getByText("this browser is locked").waitFor();
	await visitor.page.getByRole("button", { name: "They are the same: approve" }).click();
	expect(await asked.ended).toMatchObject({ code: 0, stdout: expect.stringContaining("did not come along: the browser has none") });
	expect(JSON.parse((await stack.cli(["whoami", "--json"], { env: { TIDEGATE_HOME: asked.home } })).stdout)).toMatchObject({
		role: "deploy",
		key: null,
	});
	await visitor.leave();
});

test("refused, expired and used codes each end the command line with a sentence and a code of their own", async () => {
	const refused = await login("refused");
	const visitor = await Visitor.member(browser, taped, refused.page.replace(taped.url, ""));
	await visitor.page.getByRole("button", { name: "Refuse", exact: true }).click();
	await visitor.page.getByText("Refused. The command line is told so").waitFor();
	expect(await refused.ended).toMatchObject({ code: 4, stderr: expect.stringContaining("not signed in: The sign-in was refused in the browser.") });

	const used = await login("used");
	await sql(
		stack,
		"update device_login set state = 'taken', workspace_id = $1, user_id = '01980000-0000-7000-8000-00000000ada0' where state = 'asks'",
		[stack.workspace.workspaceId],
	);
	expect(await used.ended).toMatchObject({ code: 6, stderr: expect.stringContaining("each code works once") });

	const expired = await login("expired");
	await sql(stack, "update clock set shift = '11 minutes'");
	expect(await expired.ended).toMatchObject({ code: 5, stderr: expect.stringContaining("The code has expired") });
	await visitor.page.goto(expired.page);
	await visitor.page.getByText("This code has expired: each holds for ten minutes.").waitFor();
	await sql(stack, "update clock set shift = '0'");
	for (const { home } of [refused, used, expired]) expect(existsSync(join(home, "config.json"))).toBe(false);
	await visitor.leave();
});

test("no control plane there, or none at all, is said in a sentence", async () => {
	const env = { TIDEGATE_HOME: join(stack.dir, "nobody") };
	expect(await stack.cli(["login"], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining("which control plane? Give --url") });
	expect(await stack.cli(["login", "--url", "ftp://x"], { env })).toMatchObject({ code: 2, stderr: expect.stringContaining("is no address") });
	expect(await stack.cli(["login", "--url", "http://localhost:9"], { env })).toMatchObject({
		code: 3,
		stderr: expect.stringContaining("cannot reach"),
	});
});

test("a locked browser asks, an unlocked one of another member sees it without a reload, compares and gives, and the first unlocks by itself", async () => {
	const [ada, owner] = await Promise.all([Visitor.arrive(browser, { viewport: NARROW, colorScheme: "dark" }), Visitor.arrive(browser)]);
	await owner.signIn(taped);
	await ada.signIn(colleague, true);
	const loaded = await Promise.all([ada, owner].map(({ page }) => page.evaluate(() => performance.timeOrigin)));
	await ada.page.getByRole("button", { name: "unlock" }).first().click();
	await ada.page.getByRole("button", { name: "Ask a colleague" }).click();
	const fingerprint = ada.page.getByRole("dialog").getByText(/^([0-9a-f]{4}-){4}[0-9a-f]{4}$/);
	await fingerprint.waitFor();
	expect(await ada.unaxed()).toEqual([]);

	const notice = owner.page.getByRole("status").filter({ hasText: `${COLLEAGUE} asks for the workspace key` });
	await notice.waitFor();
	expect(await owner.unaxed()).toEqual([]);
	await notice.getByRole("link", { name: "Compare and decide" }).click();
	await owner.page.getByRole("button", { name: `Compare with ${COLLEAGUE}` }).click();
	const dialog = owner.page.getByRole("dialog");
	await dialog.getByText((await fingerprint.textContent()) as string, { exact: true }).waitFor();
	expect(await owner.unaxed()).toEqual([]);
	await dialog.getByRole("button", { name: "It is the same: give the key" }).click();

	// The dialog has done what it was opened for.
	await ada.page.getByRole("dialog").waitFor({ state: "hidden" });
	await ada.page.getByTitle(`Unlocked with workspace key ${stack.workspace.kid}`).waitFor();
	await owner.page
		.getByRole("row", { name: new RegExp(COLLEAGUE) })
		.getByText("holds the key")
		.waitFor();
	expect(await Promise.all([ada, owner].map(({ page }) => page.evaluate(() => performance.timeOrigin)))).toEqual(loaded);
	await ada.page.reload();
	await ada.page.getByTitle(`Unlocked with workspace key ${stack.workspace.kid}`).waitFor();
	await Promise.all([ada.leave(), owner.leave()]);
});

test("a key of another id than the workspace's, however it was granted, is refused in words and not kept", async () => {
	const ada = await Visitor.arrive(browser);
	await ada.signIn(colleague, true);
	await ada.page.getByRole("button", { name: "unlock" }).first().click();
	await ada.page.getByRole("button", { name: "Ask a colleague" }).click();
	await ada.page.getByText("Waiting.").waitFor();
	// As a control plane that lies: it wraps a key of its own making, and calls it by the id of the workspace's.
	const [device] = await sql(stack, "select id, public_key from device where state = 'asks'");
	const publicKey = await crypto.subtle.importKey("raw", device?.public_key as BufferSource, { name: "X25519" }, true, []);
	const wrapped = Buffer.from(await wrapKey(newKey(), publicKey, stack.workspace.workspaceId));
	await sql(
		stack,
		`with asks as (update device set state = 'granted' where id = $3 returning id, workspace_id)
			insert into key_grant (id, workspace_id, device_id, kid, wrapped, granted_by) select gen_random_uuid(), workspace_id, id, $1, $2, 'somebody' from asks`,
		[stack.workspace.kid, wrapped, device?.id],
	);
	await ada.page.getByRole("button", { name: "Close" }).click();
	// Nobody told the page of what was done behind the server's back.
	await ada.page.reload();
	await ada.page.getByText(`this workspace uses ${stack.workspace.kid}`).waitFor();
	await ada.page.getByRole("button", { name: "unlock" }).first().waitFor();
	await ada.leave();
});

test("an API key is made on its page with scope and end, shown once, and revoked by what follows", async () => {
	const visitor = await Visitor.member(browser, taped, "/settings/keys");
	const { page } = visitor;
	await page.getByRole("button", { name: "New API key" }).click();
	await page.getByLabel("Name").fill("<b>nightly</b>");
	await page.getByRole("radio", { name: /^Run/ }).check();
	await page.getByLabel("Expires", { exact: true }).selectOption("date");
	await page.getByLabel("Last day").fill("2020-01-01");
	await page.getByRole("button", { name: "Make the key" }).click();
	await page.getByText("This day is over").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await page.getByLabel("Expires", { exact: true }).selectOption("30");
	await page.getByRole("button", { name: "Make the key" }).click();
	const dialog = page.getByRole("dialog");
	await dialog.getByText("Copy the key now").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	const shown = (await dialog.getByRole("group", { name: "Variables for CI" }).textContent()) ?? "";
	const [, key = ""] = /TIDEGATE_API_KEY=(tg_[A-Za-z0-9_-]{43})/.exec(shown) ?? [];
	expect(shown).toContain(`TIDEGATE_URL=${recorder.url}`);
	await dialog.getByRole("button", { name: "I have copied it" }).click();
	const env = { TIDEGATE_URL: stack.url, TIDEGATE_API_KEY: key };
	expect(JSON.parse((await stack.cli(["whoami", "--json"], { env })).stdout)).toMatchObject({ role: "run" });
	const row = page.getByRole("row", { name: /<b>nightly<\/b>/ });
	await row.getByText("Run", { exact: true }).waitFor();
	expect(await page.content()).not.toContain(key);
	await row.getByRole("button", { name: /^Revoke/ }).click();
	await page.getByRole("button", { name: "Revoke the key" }).click();
	await row.getByText("revoked").waitFor();
	expect((await stack.cli(["whoami"], { env })).code).toBe(3);
	await visitor.leave();
});

test("the pages of keys, devices and sign-ins are accessible and fit, light and wide, dark and narrow", async () => {
	const visitor = await Visitor.member(browser, taped);
	const asked = await login("look");
	for (const [path, there] of [
		["/settings/keys", "revoked"],
		["/settings/devices", "This browser"],
		["/device", "Type it here"],
		["/device?code=nonsense", "There is no such code"],
		[new URL(asked.page).pathname + new URL(asked.page).search, "They are the same: approve"],
	] as const) {
		expect(await visitor.misfits(recorder.url + path, visitor.page.getByText(there)), path).toEqual([]);
	}
	await visitor.page.getByRole("button", { name: "Refuse", exact: true }).click();
	expect((await asked.ended).code).toBe(4);
	await visitor.leave();
});

test("two people in one browser: a link or an invite asks before it signs the other out, each has keys of his own, and a link's key is not taken blindly", async () => {
	const owner = await Visitor.arrive(browser, { viewport: NARROW });
	await owner.signIn(stack);
	await owner.page.getByRole("button", { name: "unlocked" }).waitFor();
	const token = await owner.page.evaluate(async () => {
		const init = {
			method: "POST",
			headers: { "content-type": "application/json" },
			body: JSON.stringify({ email: "guest@else.test", role: "viewer" }),
		};
		return (await (await fetch("/trpc/invites.create", init)).json()).result.data.token as string;
	});
	const page = await owner.context.newPage();
	// Whoever stays has nothing of it: not a key that the link brought, either.
	await page.goto(`${(await colleague.signInLink()).replace(colleague.url, stack.url)}&key=${printKey(newKey())}`);
	await page.getByRole("heading", { name: `Sign in as ${COLLEAGUE} instead?` }).waitFor();
	expect([page.url(), await owner.overhang()]).toEqual([`${stack.url}/sign-in`, 0]);
	await page.getByRole("link", { name: "Stay signed in as owner@localhost" }).click();
	await page.getByRole("button", { name: "unlocked" }).waitFor();
	await page.goto((await colleague.signInLink()).replace(colleague.url, stack.url));
	await page.getByRole("button", { name: `Sign out and go on as ${COLLEAGUE}` }).click();
	await page.waitForURL(`${stack.url}/flows`);
	await page.getByRole("button", { name: "sealed: unlock" }).waitFor();
	await page.goto(await stack.signInLink());
	await page.getByRole("button", { name: "Sign out and go on as owner@localhost" }).click();
	await page.waitForURL(`${stack.url}/flows`);
	await page.getByRole("button", { name: "unlocked" }).waitFor();
	await page.goto(`${stack.url}/invite#token=${token}`);
	await page.getByText("You are signed in here as owner@localhost, and this invite is for guest@else.test").waitFor();
	expect(await page.getByRole("link", { name: "Stay signed in as owner@localhost" }).getAttribute("href")).toBe("/flows");
	await page.getByRole("button", { name: "Sign out and accept" }).click();
	await page.waitForURL(`${stack.url}/flows`);
	await page.getByRole("button", { name: "sealed: unlock" }).waitFor();
	// The tab of the one before holds nothing live any more, and says why.
	await owner.page.bringToFront();
	await owner.page.getByText("Somebody else is signed in now:").waitFor();
	expect(await owner.unaxed()).toEqual([]);
	await page.bringToFront();
	await page.goto(`${stack.url}/sign-in#key=${printKey(newKey())}`);
	const dialog = page.getByRole("dialog", { name: "A link brought a key that does not fit" });
	await dialog.getByText(stack.workspace.kid).waitFor();
	await dialog.getByRole("button", { name: "Throw it away" }).click();
	await dialog.waitFor({ state: "detached" });
	await page.getByRole("button", { name: "sealed: unlock" }).waitFor();
	// The workspace's own, by its id, is taken; another then is not, whatever link it comes by.
	await page.goto(`${stack.url}/sign-in#key=${stack.workspace.workspaceKey}`);
	await page.getByRole("button", { name: "unlocked" }).waitFor();
	// Signed out in one tab, the other says so at once.
	const second = await owner.context.newPage();
	await second.goto(`${stack.url}/runs`);
	await second.getByText("live", { exact: true }).waitFor();
	await page.goto(`${stack.url}/settings/devices`);
	await page.getByRole("button", { name: "Sign out everywhere…" }).click();
	await page.getByRole("button", { name: "Sign out everywhere", exact: true }).click();
	await page.getByText("You are signed out").waitFor();
	await second.getByText("You were signed out.").waitFor();
	await owner.leave();
});

test("who is removed reads so in the open page and after a reload, and can sign out", async () => {
	const [ada, owner] = await Promise.all([Visitor.arrive(browser, { viewport: NARROW }), Visitor.member(browser, taped, "/flows")]);
	await ada.signIn(colleague, true);
	const answer = await owner.page.evaluate(async () => {
		const body = JSON.stringify({ id: "01980000-0000-7000-8000-00000000ada0" });
		return (await fetch("/trpc/members.remove", { method: "POST", headers: { "content-type": "application/json" }, body })).status;
	});
	expect(answer).toBe(200);
	await ada.page.getByRole("heading", { name: "You were removed from default" }).waitFor();
	expect(await ada.page.getByRole("navigation").count()).toBe(0);
	expect(await ada.unaxed()).toEqual([]);
	await ada.page.reload();
	await ada.page.getByRole("heading", { name: "You are no member of a workspace here" }).waitFor();
	await ada.page.getByRole("button", { name: "Sign out" }).click();
	await ada.page.getByText("You are signed out").waitFor();
	await Promise.all([ada.leave(), owner.leave()]);
});

test("the workspace key went to two devices, and stands in nothing that the server was sent, answered or keeps", async () => {
	const raw = Buffer.from(parseKey(stack.workspace.workspaceKey));
	const key = new Search(raw, stack.workspace.workspaceKey);
	const places = recorder.places();
	const calls = places.filter(({ where }) => where.includes("asked"));
	expect(key.all(calls)).toEqual([]);
	expect(places.flatMap((place) => key.plain(place))).toEqual([]);
	const database = await readDatabase(stack.databaseUrl);
	expect(key.all(database)).toEqual([]);
	// The search would have found it: the key's id, which is no secret, went the same ways.
	const kid = new Search(stack.workspace.kid);
	expect(kid.all(calls.filter(({ where }) => /login\.approve|devices\.grant/.test(where)))).not.toEqual([]);
	expect(kid.all(database.filter(({ where }) => where.startsWith("public.audit")))).not.toEqual([]);
});
