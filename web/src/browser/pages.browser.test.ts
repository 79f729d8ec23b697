import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deploy, deployFlow } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { Visitor } from "./visitor.fixture.ts";

let stack: Stack;
let browser: Browser;
/** Runs that have ended: two that failed, one with everything, one with many lines. */
let bad: string;
let caught: string;
let good: string;
let long: string;

const broken = `from pathlib import Path
import json
from tidegate import flow, task

@task
def load(text: str):
    return json.loads(text)

@flow
def broken(text: str = "{oops}"):
    """Reads what is no JSON."""
    return load(text)
`;

/** Its task fails first, and then the flow itself by an error of its own. */
const catching = `from tidegate import flow, task

@task
def divide(by: int):
    return 1 / by

@flow
def catching():
    try:
        divide(0)
    except ZeroDivisionError:
        pass
    return 1 + "one"
`;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack(), launchBrowser()]);
	await deployFlow(stack, "slow", 'for i in range(40):\n    print(f"tide {i}")\n    time.sleep(0.25)');
	await deployFlow(
		stack,
		"shown",
		'artifact.table([{"bird": "Adelie", "n": 152}], name="species")\nartifact.markdown("# Notes\\n\\n<script>document.title=1</script>[out](https://example.com)", name="notes")\nartifact.metrics({"loss": [3, 2, 1]}, name="training")\nprint("made three")\nreturn {"answer": 42}',
		'word: str = "penguin"',
	);
	await deployFlow(
		stack,
		"long",
		'for i in range(20000):\n    print(f"needle {i}" if i in (5000, 15000) else f"hay {i}")\nlog.error("the last went wrong")',
	);
	await deploy(stack, "broken", { "flow.py": broken });
	await deploy(stack, "catching", { "flow.py": catching });
	[bad, caught, good, long] = await Promise.all([finished("broken"), finished("catching"), finished("shown"), finished("long")]);
});

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

const run = async (flow: string): Promise<string> => (await stack.client.trigger(flow)).id;

async function finished(flow: string): Promise<string> {
	const triggered = await stack.client.trigger(flow);
	await triggered.result().catch(() => undefined);
	return triggered.id;
}

test("a link signs in and unlocks, and leaves neither token nor key in the address bar", async () => {
	const visitor = await Visitor.arrive(browser);
	await visitor.signIn(stack);
	expect(visitor.page.url()).toBe(`${stack.url}/flows`);
	await visitor.page.getByText(`unlocked ${stack.workspace.kid.slice(0, 8)}`).waitFor();
	await visitor.page.goBack().catch(() => null);
	expect(visitor.page.url()).not.toContain("key=");
	await visitor.leave();
});

test("a link that was used before says so, and how to get another", async () => {
	const link = await stack.signInLink();
	const first = await Visitor.arrive(browser);
	await first.page.goto(link);
	await first.page.waitForURL(`${stack.url}/flows`);
	const second = await Visitor.arrive(browser);
	await second.page.goto(link);
	await second.page.getByText("This link was used before").waitFor();
	await second.page.getByText("npm start").waitFor();
	expect(await second.unaxed()).toEqual([]);
	await first.leave();
	await second.leave();
});

test("whoever is not signed in is sent to the sign-in page, and after it to where they wanted", async () => {
	const visitor = await Visitor.arrive(browser);
	await visitor.page.goto(`${stack.url}/flows/slow?tab=versions`);
	await visitor.page.waitForURL(/\/sign-in\?back=/);
	await visitor.page.getByText("Sign in with a link").waitFor();
	const { hash } = new URL(await stack.signInLink());
	await visitor.page.evaluate((fragment) => {
		location.hash = fragment;
	}, hash);
	await visitor.page.waitForURL(`${stack.url}/flows/slow?tab=versions`);
	await visitor.leave();
});

test("lines, tasks and states of a running flow appear without a reload", async () => {
	const visitor = await Visitor.member(browser, stack);
	const id = await run("slow");
	await visitor.page.goto(`${stack.url}/runs/${id}`);
	const loaded = await visitor.page.evaluate(() => performance.timeOrigin);
	await visitor.page.getByText("tide 2", { exact: true }).waitFor();
	await visitor.page.getByText("tide 8", { exact: true }).waitFor();
	expect(await visitor.page.textContent("h1")).toContain("Running for");
	await visitor.page.getByRole("button", { name: "Cancel" }).click();
	await visitor.page.getByRole("button", { name: "Cancel the run" }).click();
	await visitor.page.locator("h1", { hasText: "Cancelled after" }).waitFor();
	expect(await visitor.page.evaluate(() => performance.timeOrigin)).toBe(loaded);
	await visitor.leave();
});

test("a failed run says in one sentence what failed, and shows the traceback before the log", async () => {
	const visitor = await Visitor.member(browser, stack, `/runs/${bad}`);
	// Which task it was is known once the tasks are there.
	await expect
		.poll(async () => (await visitor.page.textContent("h1"))?.replaceAll("\u202f", " "))
		.toMatch(/^Failed after [\d.]+ m?s in load: JSONDecodeError: Expecting property name/);
	const error = visitor.page.getByRole("region", { name: "Error" });
	await error.getByText("return json.loads(text)").waitFor();
	expect(await error.getByText("decoder.py").first().isVisible()).toBe(false);
	const [above, below] = await Promise.all([error.boundingBox(), visitor.page.getByRole("navigation", { name: "Parts of this run" }).boundingBox()]);
	expect(above?.y).toBeLessThan(below?.y ?? 0);
	await visitor.leave();
});

test("an error that no task raised is said to be the flow's own", async () => {
	const visitor = await Visitor.member(browser, stack, `/runs/${caught}`);
	await visitor.page.locator("h1", { hasText: "in catching: TypeError" }).waitFor();
	await visitor.leave();
});

test("without the key all content is sealed, a wrong key is named, the right one opens everything at once", async () => {
	const visitor = await Visitor.arrive(browser);
	await visitor.signIn(stack, true, `/runs/${good}`);
	await visitor.page.locator("h1", { hasText: "Succeeded in" }).waitFor();
	expect(await visitor.page.textContent("main")).not.toContain("made three");
	await visitor.page.getByRole("main").getByRole("button", { name: "sealed: unlock" }).click();
	const field = visitor.page.getByLabel("Workspace key");
	await field.fill(`tgk_${"A".repeat(43)}`);
	await visitor.page.getByRole("button", { name: "Unlock", exact: true }).click();
	await visitor.page.getByText("This key belongs to another workspace").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await field.fill(stack.workspace.workspaceKey);
	await visitor.page.getByRole("button", { name: "Unlock", exact: true }).click();
	await visitor.page.getByText("made three").waitFor();
	await visitor.page.goto(`${stack.url}/runs/${good}?tab=parameters`);
	await visitor.page.getByText('"answer": 42').waitFor();
	await visitor.page.getByText('"penguin"').waitFor();
	await visitor.leave();
});

test("who signs out leaves no key behind", async () => {
	const visitor = await Visitor.arrive(browser);
	await visitor.signIn(stack);
	await visitor.page.getByRole("button", { name: "unlocked" }).waitFor();
	// The only key of this browser goes with it: that is asked first, also by the palette.
	await visitor.page.keyboard.press("Control+k");
	await visitor.page.keyboard.type("sign out");
	await visitor.page.getByRole("option", { name: "Sign out" }).first().click();
	const dialog = visitor.page.getByRole("dialog", { name: "Sign out and forget the key?" });
	await dialog.getByText("npx tidegate key backup").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await dialog.getByRole("button", { name: "Stay signed in" }).click();
	await visitor.page.getByRole("button", { name: "unlocked" }).waitFor();
	await visitor.page.getByRole("button", { name: "Sign out" }).click();
	await dialog.getByRole("button", { name: "Forget the key and sign out" }).click();
	await visitor.page.getByText("You are signed out").waitFor();
	await visitor.signIn(stack, true);
	await visitor.page.getByRole("button", { name: "sealed: unlock" }).waitFor();
	await visitor.leave();
});

test("while the control plane is away the page says so, and afterwards shows every line once", async () => {
	const visitor = await Visitor.member(browser, stack);
	// What is asked for comes back sooner than what is followed: the run is known to have ended before its last lines are here.
	let refused = false;
	await visitor.page.routeWebSocket(/\/trpc/, (socket) => void (refused ? setTimeout(() => socket.close(), 50) : socket.connectToServer()));
	await visitor.page.goto(`${stack.url}/runs/${await run("slow")}?tab=logs`);
	await visitor.page.getByText("tide 3", { exact: true }).waitFor();
	await stack.controlPlane.kill();
	await visitor.page.getByText("offline", { exact: true }).waitFor();
	refused = true;
	await stack.controlPlane.start();
	await visitor.page.locator("h1", { hasText: "Succeeded in" }).waitFor({ timeout: 60_000 });
	refused = false;
	await visitor.page.getByText("live", { exact: true }).waitFor();
	await visitor.page.getByText("40 lines").waitFor();
	const shown = await visitor.page.locator("[role=log] bdi").allTextContents();
	expect(shown.slice(-10)).toEqual(Array.from({ length: 10 }, (_, i) => `tide ${i + 30}`));
	// What the browser itself says of a lost connection is no fault of the page.
	visitor.forgive(/WebSocket connection|Failed to fetch|ERR_CONNECTION/);
	await visitor.leave();
});

test("a long log is searched by keyboard, filtered by level, and linked to line by line", async () => {
	const visitor = await Visitor.member(browser, stack, `/runs/${long}`);
	await visitor.page.getByText("20\u202f001 lines").waitFor();
	await visitor.page.keyboard.press("/");
	await visitor.page.keyboard.type("needle");
	await visitor.page.getByText("1 of 2", { exact: true }).waitFor();
	await visitor.page.keyboard.press("Enter");
	await visitor.page.getByText("2 of 2", { exact: true }).waitFor();
	await visitor.page.getByText("needle 15000", { exact: true }).waitFor();
	await visitor.page.getByRole("link", { name: "Line 15001" }).click();
	await visitor.page.waitForURL(/line=/);
	const link = new URL(visitor.page.url());
	link.searchParams.delete("q");
	await visitor.page.goto(link.href);
	await visitor.page.getByText("needle 15000", { exact: true }).waitFor();
	await visitor.page.goto(`${stack.url}/runs/${long}?level=error`);
	await visitor.page.getByText("1 line", { exact: true }).waitFor();
	await visitor.page.getByText("the last went wrong").waitFor();
	await visitor.leave();
});

test("nothing that is typed is lost, however fast, and the address follows", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows");
	const { page } = visitor;
	// Alive, so that it hears keys.
	await page.getByText("live", { exact: true }).waitFor();
	// A slow machine: what was typed reaches the address long after the next keys.
	const slowly = await visitor.context.newCDPSession(page);
	await slowly.send("Emulation.setCPUThrottlingRate", { rate: 6 });
	await page.getByLabel("Find a flow").waitFor();
	await page.keyboard.press("/");
	await page.keyboard.type("broken to be", { delay: 0 });
	expect(await page.getByLabel("Find a flow").inputValue()).toBe("broken to be");
	await page.waitForURL(/q=broken\+to\+be$/);
	await page.goto(`${stack.url}/runs/${long}`);
	await page.getByText("20\u202f001 lines").waitFor();
	await page.keyboard.press("/");
	const words = "needle 15000";
	// Around the time after which a text settles.
	for (const [at, key] of [...words].entries()) {
		await page.keyboard.type(key);
		await page.waitForTimeout(at % 3 === 0 ? 260 : 0);
	}
	expect(await page.getByLabel("Search the log").inputValue()).toBe(words);
	await page.getByText("1 of 1", { exact: true }).waitFor();
	await page.waitForURL(/q=needle\+15000$/);
	expect(await page.getByLabel("Search the log").inputValue()).toBe(words);
	await visitor.leave();
});

test("metrics are drawn under a locale that is no language tag, as Chromium names the POSIX one", async () => {
	const visitor = await Visitor.member(browser, stack);
	await visitor.page.addInitScript(() => Object.defineProperty(navigator, "language", { value: "en-US@posix", configurable: true }));
	await visitor.page.goto(`${stack.url}/runs/${good}?tab=artifacts`);
	const chart = visitor.page.getByRole("img", { name: "loss over 3 steps: last 1, from 1 to 3" });
	await chart.locator("canvas").waitFor();
	expect((await chart.boundingBox())?.width).toBeGreaterThan(480);
	await visitor.leave();
});

test("the keyboard goes past what all pages share, and through a strip of runs as one stop", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	for (const _ of "12") await finished("shown");
	await page.goto(`${stack.url}/flows`);
	const runs = page.getByRole("list", { name: "Last runs of shown" }).getByRole("link");
	await runs.nth(2).waitFor();
	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("MAIN");
	await page.getByRole("link", { name: "shown", exact: true }).focus();
	await page.keyboard.press("Tab");
	const focused = () => runs.evaluateAll((links) => links.indexOf(document.activeElement as HTMLElement));
	expect(await focused()).toBe(2);
	await page.keyboard.press("ArrowLeft");
	expect(await focused()).toBe(1);
	await page.keyboard.press("Tab");
	expect(await focused()).toBe(-1);
	await visitor.leave();
});

test("the first page of the docs is found under its file's name too", async () => {
	const answer = await fetch(`${stack.url}/docs/start`, { redirect: "manual" });
	expect([answer.status, answer.headers.get("location")]).toEqual([308, "/docs"]);
});

test("no page loads more than 180 KiB of JavaScript before it shows something", async () => {
	const forms = ["/flows/shown/run", "/flows/shown/versions/1", `/runs/${good}/compare`];
	const settings = ["members", "keys", "sign-in", "devices", "audit"].map((section) => `/settings/${section}`);
	const others = ["/runs", "/agents", "/variables", "/sign-in", "/invite", "/device", "/docs", "/docs/write-a-flow"];
	for (const path of ["/flows", "/flows/shown", `/runs/${good}`, ...forms, ...settings, ...others]) {
		const html = await (await fetch(stack.url + path)).text();
		const scripts = [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"[^>]*>/g)]
			.filter(([tag]) => !/nomodule/i.test(tag))
			.map(([, src]) => src as string);
		const sizes = await Promise.all(
			[...new Set(scripts)].map(async (src) => gzipSync(Buffer.from(await (await fetch(new URL(src, stack.url))).arrayBuffer())).length),
		);
		expect(sizes.length, path).toBeGreaterThan(3);
		expect(
			sizes.reduce((sum, size) => sum + size, 0),
			path,
		).toBeLessThan(180 * 1024);
	}
});

test("the keyboard goes through lists, opens what is focused, and tells its keys", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows");
	await visitor.page.getByRole("link", { name: "broken", exact: true }).waitFor();
	await visitor.page.keyboard.press("j");
	await visitor.page.keyboard.press("Enter");
	await visitor.page.locator("h1", { hasText: "broken" }).waitFor();
	await visitor.page.keyboard.press("?");
	await visitor.page.getByText("Next in a list").waitFor();
	await visitor.page.keyboard.press("Escape");
	await visitor.page.keyboard.press("g");
	await visitor.page.keyboard.press("f");
	await visitor.page.waitForURL(`${stack.url}/flows`);
	await visitor.leave();
});

test("a picture without words and a page that is too wide are found fault with", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows");
	expect(await visitor.unaxed()).toEqual([]);
	await visitor.page.evaluate(() => {
		const wide = document.createElement("div");
		wide.style.width = "3000px";
		wide.append("wide", document.createElement("img"));
		document.body.append(wide);
	});
	expect(await visitor.unaxed()).toEqual([expect.stringMatching(/^image-alt: /)]);
	expect(await visitor.overhang()).toBeGreaterThan(100);
	await visitor.leave();
});

// The other pages are looked at where they are tested.
test("a flow's page and a run's are accessible and fit, light and wide, dark and narrow", async () => {
	const visitor = await Visitor.member(browser, stack);
	for (const [path, there] of [
		["/flows/broken", "Reads what is no JSON."],
		[`/runs/${bad}`, "return json.loads(text)"],
		[`/runs/${good}`, "made three"],
		[`/runs/${good}?tab=executions`, "succeeded"],
		["/flows/unknown", "There is no flow unknown here"],
	] as const) {
		expect(await visitor.misfits(stack.url + path, visitor.page.getByText(there)), path).toEqual([]);
	}
	await visitor.leave();
});
