/** Bad days of an open page: its session expires, the server restarts, the clock is wrong, the address is plain http. */
import { decode, encode } from "next-auth/jwt";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deployFlow } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { Visitor } from "./visitor.fixture.ts";

/** A name that browsers take for no secure place, as a host in a company's network is. */
const PLAIN = "tide.test";

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack({ slots: 4 }), launchBrowser([`--host-resolver-rules=MAP ${PLAIN} 127.0.0.1`])]);
	await deployFlow(stack, "quick", 'print("done")');
	await deployFlow(stack, "steady", 'for i in range(60):\n    print(f"tide {i}")\n    time.sleep(0.25)');
});

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

const run = async (flow: string): Promise<string> => (await stack.client.trigger(flow)).id;

/** Gives the visitor a session of the same person that ends in a moment, as every session does some day. */
async function endSoon(visitor: Visitor, seconds: number): Promise<void> {
	const cookie = (await visitor.context.cookies()).find(({ name }) => name.endsWith("session-token"));
	const { secret } = stack;
	const claims = await decode({ token: decodeURIComponent(cookie?.value ?? ""), secret });
	if (!cookie || !claims) throw new Error("nobody is signed in");
	const { exp: _, iat: __, ...rest } = claims;
	await visitor.context.addCookies([{ ...cookie, value: await encode({ token: rest, secret, maxAge: seconds }) }]);
}

test("a session that expires in an open page is said calmly, keeps what was typed, and goes on by itself after a sign-in in another tab", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page } = visitor;
	await visitor.signIn(stack);
	await endSoon(visitor, 12);
	const id = await run("steady");
	await page.goto(`${stack.url}/runs/${id}`);
	await page.getByText("tide 3", { exact: true }).waitFor();
	const loaded = await page.evaluate(() => performance.timeOrigin);
	await page.keyboard.press("/");
	await page.keyboard.type("tide 5");
	// The socket is told too: nobody has to click for it.
	await page.getByText("Your session has expired.").waitFor({ timeout: 60_000 });
	expect(page.url()).toContain(`/runs/${id}`);
	expect(await page.getByLabel("Search the log").inputValue()).toBe("tide 5");
	const [other] = await Promise.all([visitor.context.waitForEvent("page"), page.getByRole("link", { name: "Sign in again" }).click()]);
	await other.getByText("Sign in with a link").waitFor();
	await other.goto(await stack.signInLink());
	await other.waitForURL(`${stack.url}/flows`);
	await page.getByText("Your session has expired.").waitFor({ state: "detached", timeout: 30_000 });
	await page.locator("h1", { hasText: "Succeeded in" }).waitFor({ timeout: 60_000 });
	expect(await page.getByLabel("Search the log").inputValue()).toBe("tide 5");
	await page.getByLabel("Search the log").fill("");
	await page.getByText("60 lines").waitFor();
	expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded);
	await visitor.leave();
});

test("an open dialog outlasts an expired session, and whoever else signs in meanwhile gets nothing of it", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page } = visitor;
	await visitor.signIn(stack);
	await page.getByRole("button", { name: /^Workspace / }).click();
	await page.getByText("New workspace…").click();
	const name = page.getByLabel("Name", { exact: true });
	await name.fill("half-typed");
	await visitor.context.clearCookies();
	await page.keyboard.press("Enter");
	await page.getByText("Your session has expired.").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	const [other] = await Promise.all([visitor.context.waitForEvent("page"), page.getByRole("link", { name: "Sign in again" }).click()]);
	expect(await name.inputValue()).toBe("half-typed");
	await other.getByText("Sign in with a link").waitFor();
	await other.goto(await stack.signInLink());
	await other.waitForURL(`${stack.url}/flows`);
	await page.getByText("Your session has expired.").waitFor({ state: "detached", timeout: 30_000 });
	expect(await name.inputValue()).toBe("half-typed");
	await page.getByRole("button", { name: "Make the workspace" }).click();
	await page.getByText("No flow is deployed yet").waitFor();
	await visitor.leave();
});

test("lists that were open while the server was away hold what happened meanwhile, without a reload", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	const id = await run("steady");
	await page.goto(`${stack.url}/runs`);
	const row = page.locator("tr", { has: page.locator(`a[href="/runs/${id}"]`) });
	await row.getByText("running").waitFor({ timeout: 60_000 });
	const loaded = await page.evaluate(() => performance.timeOrigin);
	await stack.controlPlane.kill();
	await page.getByText("offline", { exact: true }).waitFor();
	// What happens while the page hears nothing: told to the server by others before the page is back.
	await page.context().setOffline(true);
	await stack.controlPlane.start();
	const second = await stack.client.trigger("quick");
	await second.result();
	await page.context().setOffline(false);
	await page.locator(`a[href="/runs/${second.id}"]`).waitFor({ timeout: 30_000 });
	await page.getByText("live", { exact: true }).waitFor();
	await row.getByText("succeeded").waitFor({ timeout: 60_000 });
	expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded);
	visitor.forgive(/WebSocket connection|Failed to fetch|ERR_CONNECTION|ERR_INTERNET/);
	await visitor.leave();
});

for (const [what, shift] of [
	["three hours behind", -3 * 3_600_000],
	["two days ahead", 2 * 86_400_000],
] as const) {
	test(`a viewer whose clock is ${what} sees how long ago it was by the server's`, async () => {
		const visitor = await Visitor.member(browser, stack);
		const { page } = visitor;
		await page.addInitScript(`{
			const Real = Date;
			const shifted = () => Real.now() + ${shift};
			window.Date = class extends Real { constructor(...given) { super(...(given.length ? given : [shifted()])); } static now() { return shifted(); } };
		}`);
		const id = await run("steady");
		await page.goto(`${stack.url}/runs`);
		const row = page.locator("tr", { has: page.locator(`a[href="/runs/${id}"]`) });
		await row.getByText("running").waitFor({ timeout: 60_000 });
		expect(Math.abs((await page.evaluate(() => Date.now())) - Date.now() - shift)).toBeLessThan(60_000);
		expect((await row.locator("time").textContent())?.replaceAll("\u202f", " ")).toMatch(/^(just now|\d+ s ago)$/);
		await page.goto(`${stack.url}/runs/${id}`);
		await page.locator("h1", { hasText: "Running for" }).waitFor();
		expect((await page.textContent("h1"))?.replaceAll("\u202f", " ")).toMatch(/Running for \d+ s/);
		// What is asked for by time is asked for by the server's as well.
		await page.goto(`${stack.url}/runs?since=1h`);
		await page.locator(`a[href="/runs/${id}"]`).waitFor();
		await visitor.leave();
	});
}

test("on plain http, where browsers offer no cryptography, the page works and says what to do to read what is sealed", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page } = visitor;
	const plain = stack.url.replace("localhost", PLAIN);
	const id = (await stack.client.trigger("quick")).id;
	await page.goto((await stack.signInLink()).replace(stack.url, plain));
	await page.waitForURL(`${plain}/flows`);
	expect(await page.evaluate(() => [isSecureContext, typeof crypto.subtle])).toEqual([false, "undefined"]);
	await page.goto(`${plain}/runs/${id}`);
	await page.locator("h1", { hasText: "Succeeded in" }).waitFor({ timeout: 60_000 });
	await page.getByRole("main").getByText("Browsers offer cryptography only on https:// and on localhost.").waitFor();
	await page.getByRole("banner").getByRole("button", { name: "unlock" }).click();
	await page.getByRole("dialog").getByText("Open this page there, or read sealed content with the command line.").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await page.keyboard.press("Escape");
	await page.locator("[role=dialog]").waitFor({ state: "detached" });
	// What else is offered in secure places alone: copying, and notifications.
	await page.getByRole("button", { name: id.slice(-8) }).click();
	await page.getByText("Copied the run's id").waitFor();
	// Chromium grumbles about a header that counts on https only.
	visitor.forgive(/Cross-Origin-Opener-Policy/);
	await visitor.leave();
});
