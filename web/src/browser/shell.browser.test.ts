/** What stands around every page: keys, palette, switcher, list of runs, messages, notices, pages that lead nowhere. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deployFlow } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { LOOKS, Visitor } from "./visitor.fixture.ts";

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack({ slots: 4 }), launchBrowser()]);
	await deployFlow(stack, "quick", 'print("done")');
	await deployFlow(stack, "steady", 'for i in range(600):\n    print(f"tide {i}")\n    time.sleep(0.5)');
	await deployFlow(stack, "soon", "time.sleep(6)");
	await stack.client.api.pools.create.mutate({ name: "nobody" });
});

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

const run = async (flow: string): Promise<string> => (await stack.client.trigger(flow)).id;
/** Runs that nobody takes. */
const waiting = async (flow: string, labels: Record<string, string> = {}): Promise<string> =>
	(await stack.client.api.runs.trigger.mutate({ flow, pool: "nobody", labels })).id;

async function finished(flow: string): Promise<string> {
	const triggered = await stack.client.trigger(flow);
	await triggered.result();
	return triggered.id;
}

/** Whatever a page does not load at once arrives this much later, as on a slow line. @returns how many parts did */
async function delayParts(page: Page, ms: number): Promise<() => number> {
	const html = await (await fetch(`${stack.url}/flows`)).text();
	let late = 0;
	await page.route(/\/_next\/static\/.*\.js/, async (route) => {
		if (!html.includes(new URL(route.request().url()).pathname)) {
			late += 1;
			await new Promise((resolve) => setTimeout(resolve, ms));
		}
		await route.continue().catch(() => undefined);
	});
	return () => late;
}

const focusedText = (page: Page) => page.evaluate(() => document.activeElement?.textContent);
const field = (page: Page) => page.getByPlaceholder("Find a flow, a run, a page, an action…");
const openPalette = async (page: Page): Promise<void> => {
	await page.keyboard.press("Control+k");
	await field(page).waitFor();
};

test("keys work as soon as a list is there, and what is typed before the palette has arrived is not lost", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	const late = await delayParts(page, 3_000);
	await page.goto(`${stack.url}/flows`);
	await page.getByRole("link", { name: "quick", exact: true }).waitFor();
	await page.keyboard.press("j");
	expect(await focusedText(page)).toBe("quick");
	await page.keyboard.press("j");
	await page.keyboard.press("k");
	expect(await focusedText(page)).toBe("quick");
	await page.keyboard.press("Control+k");
	await page.keyboard.type("steaxdy", { delay: 20 });
	for (const _ of "ydx") await page.keyboard.press("Backspace");
	await page.keyboard.type("dy");
	expect(await field(page).count()).toBe(0);
	await field(page).waitFor();
	expect(late()).toBeGreaterThan(0);
	expect(await field(page).inputValue()).toBe("steady");
	await page.getByRole("option", { name: "steady", exact: false }).first().waitFor();
	await page.keyboard.press("Enter");
	await page.waitForURL(`${stack.url}/flows/steady`);
	await visitor.leave();
});

test("the palette finds flows, runs by their short id, pages and actions, by keyboard alone, and shows the last choice first", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows");
	await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
	const { page } = visitor;
	const id = await finished("quick");
	await page.getByRole("button", { name: "Find flows, runs" }).waitFor();
	// Alive, so that it hears keys.
	await page.getByText("live", { exact: true }).waitFor();
	await openPalette(page);
	await page.keyboard.type(id.slice(-8));
	await page.getByRole("option", { name: `quick ${id.slice(-8)}` }).waitFor();
	await page.keyboard.press("Enter");
	await page.waitForURL(`${stack.url}/runs/${id}`);
	await openPalette(page);
	expect(await page.getByRole("option").first().textContent()).toContain(id.slice(-8));
	expect(await visitor.unaxed()).toEqual([]);
	await page.keyboard.type("settings api");
	expect(await page.getByRole("option").first().textContent()).toBe("Settings: API keys");
	// The docs too, by what stands in them.
	await page.keyboard.press("Control+a");
	await page.keyboard.type("flaky");
	await page
		.getByRole("option", { name: /^Retry a flaky call/ })
		.first()
		.waitFor();
	await page.keyboard.press("Control+a");
	await page.keyboard.type("run quick");
	await page.getByRole("option", { name: "Run quick…" }).waitFor();
	await page.keyboard.press("Escape");
	await field(page).waitFor({ state: "detached" });
	await openPalette(page);
	await page.keyboard.type("dark");
	await page.keyboard.press("Enter");
	await page.locator("html[data-theme=dark]").waitFor();
	await openPalette(page);
	await page.keyboard.type("copy link");
	await page.keyboard.press("Enter");
	await page.getByText("Copied the link to this page").waitFor();
	expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(`${stack.url}/runs/${id}`);
	await openPalette(page);
	await page.keyboard.type("no such <b>thing</b>");
	await page.getByText("Nothing here has “no such <b>thing</b>” in its name.").waitFor();
	await page.keyboard.press("Control+a");
	await page.keyboard.type(id.replace(/.$/, (last) => (last === "0" ? "1" : "0")));
	await page.getByRole("option", { name: "Run " }).waitFor();
	await page.keyboard.press("Control+a");
	await page.keyboard.type("show all keys");
	await page.keyboard.press("Enter");
	await page.getByText("Next in a list").waitFor();
	await visitor.leave();
});

test("another workspace is made and gone to from any page, keeps its place and its own key, and other tabs stay where they are", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows/quick?tab=versions");
	const { page } = visitor;
	const other = await visitor.context.newPage();
	await other.goto(`${stack.url}/flows`);
	await other.getByRole("link", { name: "quick", exact: true }).waitFor();
	const head = page.getByRole("button", { name: /^Workspace / });
	const here = stack.workspace.workspaceId;
	await head.focus();
	await page.keyboard.press("Enter");
	await page.getByRole("menuitem", { name: /, where you are$/ }).waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await page.keyboard.press("End");
	await page.keyboard.press("Enter");
	const name = page.getByLabel("Name", { exact: true });
	await name.waitFor();
	await name.fill("no spaces please");
	await page.keyboard.press("Enter");
	await page.getByRole("alert").getByText("use letters, digits").waitFor();
	await name.fill("staging");
	await page.keyboard.press("Enter");
	await page.getByText("No flow is deployed yet").waitFor();
	await page.getByText("This is staging now").waitFor();
	expect(page.url()).toBe(`${stack.url}/flows`);
	await page.getByRole("button", { name: "sealed: unlock" }).waitFor();
	// The other tab still looks at the first, also where it asks anew.
	await other.keyboard.press("g");
	await other.keyboard.press("r");
	await other.locator("[data-row]").first().waitFor();
	await other.reload();
	await other.locator("[data-row]").first().waitFor();
	await page.goto(`${stack.url}/runs/${await run("quick")}`);
	await page.getByText("If it was of another workspace").waitFor();
	await openPalette(page);
	await page.keyboard.type("switch to");
	await page.keyboard.press("Enter");
	await page.waitForURL(`${stack.url}/runs`);
	await page.locator("[data-row]").first().waitFor();
	await page.getByText(`unlocked ${stack.workspace.kid.slice(0, 8)}`).waitFor();
	expect(await page.evaluate(() => localStorage.getItem("tidegate.workspace"))).toBe(here);
	await visitor.leave();
});

test("the list of all runs moves by itself, is filtered by what its address says, and goes back page by page", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	for (let i = 0; i < 55; i++) await waiting("steady", { batch: "many" });
	const old = await waiting("quick", { batch: "few" });
	await page.goto(`${stack.url}/runs?label=batch`);
	const rows = page.locator("tbody tr");
	await rows.nth(49).waitFor();
	expect(await rows.count()).toBe(50);
	await page.getByRole("button", { name: "Load 50 more" }).click();
	await rows.nth(55).waitFor();
	expect(await rows.first().textContent()).toContain("quick");
	await page.getByRole("button", { name: "queued" }).click();
	await page.getByRole("button", { name: "cancelled" }).click();
	await page.waitForURL(/state=queued%2Ccancelled/);
	await page.getByLabel("Flow", { exact: true }).selectOption("quick");
	await page.getByLabel("Queued", { exact: true }).selectOption("1h");
	await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
	const address = page.url();
	await stack.client.api.runs.cancel.mutate({ id: old });
	await rows.getByText("cancelled").waitFor();
	await page.reload();
	await rows.getByText("cancelled").waitFor();
	expect(page.url()).toBe(address);
	await page.keyboard.press("j");
	await page.keyboard.press("Enter");
	await page.waitForURL(`${stack.url}/runs/${old}`);
	await page.goBack();
	await rows.getByText("cancelled").waitFor();
	await page.keyboard.press("x");
	await page.waitForURL(`${stack.url}/runs`);
	await page.goto(`${stack.url}/runs?from=2020-01-01&to=2020-01-02`);
	await page.getByText("No run matches this filter").waitFor();
	expect(await page.getByLabel("First day").inputValue()).toBe("2020-01-01");
	// What is no filter is no filter.
	await page.goto(`${stack.url}/runs?state=nonsense&since=ever&from=x`);
	await rows.nth(49).waitFor();
	await visitor.leave();
});

test("whoever took a wrong turn is told what was looked for and what may have been meant", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	const id = await finished("quick");
	expect((await page.goto(`${stack.url}/flow/quick`))?.status()).toBe(404);
	await page.getByText("You asked for /flow/quick.").waitFor();
	await page.getByRole("link", { name: "/flows/quick" }).click();
	await page.waitForURL(`${stack.url}/flows/quick`);
	await page.goto(`${stack.url}/flows/qiuck`);
	await page.getByRole("main").getByRole("link", { name: "quick", exact: true }).waitFor();
	await page.goto(`${stack.url}/runs/${id.slice(-8)}`);
	await page.getByRole("main").getByText("Did you mean").waitFor();
	await page.keyboard.press("j");
	await page.keyboard.press("Enter");
	await page.waitForURL(`${stack.url}/runs/${id}`);
	await page.goto(`${stack.url}/${encodeURIComponent("<img src=x onerror=alert(1)>‮".repeat(20))}`);
	await page.getByText("There is no such page").waitFor();
	await page.getByRole("button", { name: "find it by name" }).click();
	await field(page).waitFor();
	await visitor.leave();
});

/** Headless Chromium blocks all notifications, whatever it is told: this stands in for a browser that shows them, and keeps what it was asked to show. */
const recordNotices = `window.told = [];
	window.Notification = class extends EventTarget {
		static permission = "granted";
		constructor(title, options) { super(); window.told.push(title + " | " + options.tag); }
	};`;
const told = (page: Page) => page.evaluate(() => (window as unknown as { told: string[] }).told);
const look = (page: Page, visibility: "visible" | "hidden") =>
	page.evaluate((state) => {
		Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
		document.dispatchEvent(new Event("visibilitychange"));
	}, visibility);

test("a watched run that ends is told of on any page, after a reload too: in words where somebody looks, else by notification, title and icon", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	await page.addInitScript(recordNotices);
	const first = await run("soon");
	await page.goto(`${stack.url}/runs/${first}`);
	await page.getByRole("button", { name: "Watch this run" }).click();
	await page.getByText("A notification tells when it ends").waitFor();
	await page.goto(`${stack.url}/flows`);
	await page.getByText(/^soon succeeded after/).waitFor({ timeout: 60_000 });
	// It fades in.
	await page.waitForFunction(() => [...document.querySelectorAll("[data-sonner-toast]")].every((toast) => getComputedStyle(toast).opacity === "1"));
	expect(await visitor.unaxed()).toEqual([]);
	await page.getByRole("button", { name: "Open" }).click();
	await page.waitForURL(`${stack.url}/runs/${first}`);
	expect(await told(page)).toEqual([]);
	const second = await run("soon");
	await page.goto(`${stack.url}/runs/${second}`);
	await page.getByRole("button", { name: "Watch this run" }).waitFor();
	// By its key, which "?" lists.
	await page.keyboard.press("?");
	await page.getByText("Watch this run").waitFor();
	await page.keyboard.press("Escape");
	await page.locator("[role=dialog]").waitFor({ state: "detached" });
	await page.keyboard.press("w");
	await page.getByText("A notification tells when it ends").waitFor();
	await page.goto(`${stack.url}/flows`);
	await page.getByText("live", { exact: true }).waitFor();
	await look(page, "hidden");
	await page.waitForFunction(() => document.title.startsWith("(1) "), undefined, { timeout: 60_000 });
	expect(await told(page)).toEqual([expect.stringMatching(new RegExp(`^soon succeeded after .* \\| ${second}$`))]);
	expect(await page.evaluate(() => document.querySelector<HTMLLinkElement>("link[rel~=icon]")?.href)).toContain("succeeded.svg");
	await look(page, "visible");
	expect(await page.title()).toBe("Flows · Tidegate");
	expect(await page.evaluate(() => Object.keys(localStorage).filter((name) => name.startsWith("tidegate.watched")))).toEqual([]);
	await visitor.leave();
});

test("permission to notify is asked for by nobody's leave but the bell's, and a browser that blocks it is explained", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	await page.addInitScript(`window.asked = 0;
		Object.defineProperty(Notification, "permission", { get: () => window.asked ? "denied" : "default" });
		Notification.requestPermission = async () => { window.asked += 1; return "denied"; };`);
	const id = await run("steady");
	await page.goto(`${stack.url}/runs/${id}`);
	const bell = page.getByRole("button", { name: "Watch this run" });
	await bell.waitFor();
	expect(await page.evaluate("window.asked")).toBe(0);
	await bell.click();
	await page.getByText("This browser blocks notifications of this site").waitFor();
	expect(await page.evaluate("window.asked")).toBe(1);
	await page.getByRole("button", { name: "Cancel", exact: true }).click();
	await page.getByRole("button", { name: "Cancel the run" }).click();
	await page.getByText("The run is asked to end").waitFor();
	await page.locator("h1", { hasText: "Cancelled after" }).waitFor();
	await visitor.leave();
});

test("what the shell adds is accessible and fits, light and wide, dark and narrow", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	for (const [path, there] of [
		["/runs", "quick"],
		["/runs?state=failed&from=2026-01-01", "No run matches"],
		["/runs/nothing", "There is no such run here"],
		["/nowhere/at/all", "You asked for"],
	] as const) {
		expect(await visitor.misfits(stack.url + path, page.getByRole("main").getByText(there)), path).toEqual([]);
	}
	for (const [colorScheme, viewport] of LOOKS) {
		await page.emulateMedia({ colorScheme });
		await page.setViewportSize(viewport);
		await openPalette(page);
		expect([...(await visitor.unaxed()), await visitor.overhang()], colorScheme).toEqual([0]);
		await page.keyboard.press("Escape");
	}
	await visitor.leave();
});
