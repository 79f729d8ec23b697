import type { Browser, Page } from "playwright-core";
import { base64 } from "tidegate/protocol/bytes.ts";
import { sealParameters } from "tidegate/protocol/open.ts";
import { newKey, printKey, WorkspaceKey } from "tidegate/protocol/seal.ts";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { deployAll, finished, lostOnce } from "./run.fixture.ts";
import { shifted } from "./shifted.fixture.ts";
import { LOOKS, NARROW, Visitor, WIDE } from "./visitor.fixture.ts";

let stack: Stack;
let browser: Browser;
let three: string;
let big: string;
let chained: string;
let grouped: string;
let deep: string;
let loop: string;
let lost: string;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack({ slots: 4 }), launchBrowser()]);
	await deployAll(stack);
	[three, big, chained, grouped, deep, loop, lost] = await Promise.all([
		finished(stack, "three"),
		finished(stack, "big"),
		finished(stack, "chained"),
		finished(stack, "chained", { group: true }),
		finished(stack, "deep"),
		finished(stack, "loop"),
		lostOnce(stack),
	]);
}, 240_000);

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

async function open(path: string): Promise<Visitor> {
	const visitor = await Visitor.member(browser, stack, path);
	await visitor.page.locator("h1").waitFor();
	return visitor;
}

/** Lines of a log lie closer than axe wants links to: theirs to set right. */
const LINES = "[role=log]";

const tree = (page: Page) => page.getByRole("tree", { name: "Executions and tasks" });
const item = (page: Page, name: string | RegExp) => tree(page).getByRole("treeitem", { name }).first();

/** Layout shifts that nobody asked for, and tasks of the page that took longer than 50 ms, from now on. */
async function measure(page: Page): Promise<() => Promise<{ shift: number; worst: string; long: number[]; frames: number }>> {
	await page.evaluate(() => {
		const seen = { shift: 0, worst: "", most: 0, long: [] as number[], frames: 0 };
		Object.assign(window, { seen });
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries() as (PerformanceEntry & { value: number; hadRecentInput: boolean; sources: { node?: Node }[] })[]) {
				if (entry.hadRecentInput) continue;
				seen.shift += entry.value;
				if (entry.value <= seen.most) continue;
				seen.most = entry.value;
				seen.worst = entry.sources.map(({ node }) => (node instanceof Element ? node.outerHTML.slice(0, 120) : node?.nodeName)).join(" | ");
			}
		}).observe({ type: "layout-shift" });
		new PerformanceObserver((list) => seen.long.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
		const frame = () => {
			seen.frames += 1;
			requestAnimationFrame(frame);
		};
		requestAnimationFrame(frame);
	});
	return () => page.evaluate(() => (window as unknown as { seen: { shift: number; worst: string; long: number[]; frames: number } }).seen);
}

test("the first thing read is what failed, what it was raised from, and the way to its task and its last line", async () => {
	const visitor = await open(`/runs/${chained}`);
	const { page } = visitor;
	await page.locator("h1", { hasText: "in load: Unreadable: <img src=x" }).waitFor();
	const error = page.getByRole("region", { name: "Error" });
	await error.getByText('raise Unreadable("<img').waitFor();
	await error.getByText("Caused by").waitFor();
	await error.getByText("JSONDecodeError").waitFor();
	expect(await error.getByText("decoder.py").count()).toBe(0);
	await error.getByRole("button", { name: /library frame/ }).click();
	await error.getByText("decoder.py").first().waitFor();
	// The choice for all of them outlives a reload.
	await error.getByLabel("Library frames").check();
	await page.reload();
	await error.getByText("decoder.py").first().waitFor();
	await error.getByLabel("Library frames").uncheck();
	await error.getByRole("link", { name: "Last line before it" }).click();
	await page.waitForURL(/tab=logs/);
	await page.getByText("about to read", { exact: true }).waitFor();
	await page.goBack();
	await error.getByRole("link", { name: "Task load" }).click();
	await page.waitForURL(/task=/);
	await page.getByRole("complementary", { name: "Task" }).getByText('"{oops}"').or(page.getByText("'{oops}'")).first().waitFor();
	await visitor.leave();
});

test("nothing moves when a failed run is opened, on a narrow screen either", async () => {
	const visitor = await Visitor.member(browser, stack, undefined, { viewport: NARROW });
	const { page } = visitor;
	// Whatever comes late, and in whatever order.
	for (const what of ["**/_next/static/**", "**/trpc/**"])
		await page.route(what, async (route) => {
			await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
			await route.continue().catch(() => undefined);
		});
	for (const query of ["", "?tab=events"]) {
		await page.goto(`${stack.url}/runs/${chained}${query}`);
		await page.getByRole("region", { name: "Error" }).getByText('raise Unreadable("<img').waitFor();
		await page.getByRole("navigation", { name: "Parts of this run" }).waitFor();
		const { sum, moved } = await shifted(page);
		expect(sum, `${query || "the timeline"}: ${moved}`).toBeLessThanOrEqual(0.02);
	}
	await visitor.leave();
});

test("members of an exception group stand under it, and a recursion of 800 frames shows its end at once", async () => {
	const visitor = await open(`/runs/${grouped}`);
	const { page } = visitor;
	const group = page.getByRole("list", { name: "2 exceptions of the group" });
	await group.getByText("Unreadable").first().waitFor();
	expect(await group.getByText("JSONDecodeError").count()).toBe(2);
	await page.goto(`${stack.url}/runs/${deep}`);
	const error = page.getByRole("region", { name: "Error" });
	await error.getByText("invalid literal for int()").first().waitFor();
	await error.getByRole("button", { name: /Show .* earlier/ }).click();
	expect(await error.locator("li").count()).toBeGreaterThan(30);
	await visitor.leave();
});

test("every view of a run is in its address, and Back goes through them", async () => {
	const visitor = await open(`/runs/${three}`);
	const { page } = visitor;
	const part = (tab: string) => page.getByRole("navigation", { name: "Parts of this run" }).getByRole("link", { name: tab });
	for (const tab of ["Graph", "Logs", "Artifacts", "Parameters", "Events"]) {
		await part(tab).click();
		await page.waitForURL(new RegExp(`tab=${tab.toLowerCase()}`));
	}
	await page.goBack();
	await page.waitForURL(/tab=parameters/);
	await page.getByText('"penguins.csv"').waitFor();
	await part("Timeline").click();
	await item(page, /train/).click();
	const panel = page.getByRole("complementary", { name: "Task" });
	await panel.getByText("{'accuracy': 0.93}").waitFor();
	await page.waitForURL(/task=/);
	await panel.getByRole("region", { name: "Uses the results of" }).getByRole("link").first().click();
	await panel.getByRole("heading", { name: "clean[0]" }).waitFor();
	await panel.getByRole("region", { name: "Its result is used by" }).getByText("train").waitFor();
	await page.goBack();
	await panel.getByRole("heading", { name: "train" }).waitFor();
	await page.goBack();
	await panel.waitFor({ state: "detached" });
	await visitor.leave();
});

test("the timeline is walked, folded, opened and zoomed by keyboard alone, and the zoom is in the address", async () => {
	const visitor = await open(`/runs/${big}`);
	const { page } = visitor;
	const list = tree(page);
	await item(page, /clean/).waitFor();
	expect(await item(page, /clean/).textContent()).toContain("1 failed");
	await list.focus();
	const active = () => list.evaluate((it) => document.getElementById(it.getAttribute("aria-activedescendant") ?? "")?.textContent ?? "");
	for (const _ of "123") await page.keyboard.press("ArrowDown");
	expect(await active()).toContain("clean");
	await page.keyboard.press("ArrowRight");
	await item(page, /clean\[0\]/).waitFor();
	await page.keyboard.press("End");
	// Far from what was drawn: it is, a frame later.
	await expect.poll(active).toContain("clean[9999]");
	await page.keyboard.press("Enter");
	await page.waitForURL(/task=/);
	await page.getByRole("complementary", { name: "Task" }).getByRole("heading", { name: "clean[9999]" }).waitFor();
	await page.keyboard.press("ArrowLeft");
	await expect.poll(active).toMatch(/clean.*10/);
	await page.keyboard.press("ArrowLeft");
	await item(page, /clean\[9999\]/).waitFor({ state: "detached" });
	await page.keyboard.press("+");
	await page.keyboard.press("+");
	await page.waitForURL(/zoom=\d+-\d+/);
	const zoom = new URL(page.url()).searchParams.get("zoom");
	await page.keyboard.press("Shift+ArrowRight");
	await page.waitForURL((url) => url.searchParams.get("zoom") !== zoom);
	await page.reload();
	await page.getByRole("button", { name: "The whole run (0)" }).waitFor();
	await tree(page).focus();
	await page.keyboard.press("0");
	await page.waitForURL((url) => !url.searchParams.has("zoom"));
	await visitor.leave();
});

test("what a lost execution did of a task stands beside what the next one did", async () => {
	const visitor = await open(`/runs/${lost}`);
	const { page } = visitor;
	await page.getByText(/Attempt 1 on .* was lost/).waitFor();
	await item(page, /tick 2 times/).waitFor();
	await item(page, /tick 2 times/).click();
	const doings = page.getByRole("region", { name: "Done 2 times" });
	await doings.getByText("attempt 1, execution 2").waitFor();
	await doings.getByText("attempt 1, execution 1").waitFor();
	// Of the run alone: its tasks may be more than the list shows at once.
	await page.getByRole("navigation", { name: "Parts of this run" }).getByRole("link", { name: "Events" }).click();
	await page.getByRole("button", { name: "Run", exact: true }).click();
	await page.getByText(/Its agent was lost/).waitFor();
	await page.getByText("Queued for attempt 2").waitFor();
	await visitor.leave();
});

test("the graph is laid out by a worker under the content policy, opens a task by keyboard, and draws 10,000 items as one node", async () => {
	const visitor = await open(`/runs/${big}`);
	const { page } = visitor;
	const graph = page.getByRole("region", { name: "Graph" });
	const code = Promise.withResolvers<void>();
	await page.route(/worker/, async (route) => {
		await code.promise;
		await route.continue();
	});
	await page.getByRole("link", { name: "Graph" }).click();
	await graph.getByText("The graph is being laid out").waitFor();
	const { height } = (await graph.boundingBox()) ?? {};
	code.resolve();
	await graph.getByText("clean").waitFor();
	expect([await graph.getByText("being laid out").count(), (await graph.boundingBox())?.height]).toEqual([0, height]);
	expect(await graph.locator(".react-flow__node").count()).toBe(2);
	await page.goto(`${stack.url}/runs/${three}?tab=graph`);
	await graph.locator(".react-flow__node").nth(2).waitFor();
	await graph.locator(".react-flow__node", { hasText: "train" }).focus();
	await page.keyboard.press("Enter");
	await page.getByRole("complementary", { name: "Task" }).getByRole("heading", { name: "train" }).waitFor();
	await visitor.leave();
});

test("a graph of more tasks than can be told apart says so, and stands together by function", async () => {
	const visitor = await open(`/runs/${loop}?tab=graph`);
	await visitor.page.getByText("are more than can be told apart here").waitFor();
	await visitor.page.getByRole("button", { name: "One node for each function" }).click();
	await visitor.page.waitForURL(/collapsed=1/);
	await visitor.page.locator(".react-flow__node", { hasText: "add" }).click();
	await visitor.page.getByRole("complementary", { name: "Task" }).getByText("1600 tasks").waitFor();
	await visitor.leave();
});

test("events are numbered, said in words, found and filtered", async () => {
	const visitor = await open(`/runs/${big}?tab=events`);
	const { page } = visitor;
	const list = page.getByRole("group", { name: "Events of this run" });
	await list.getByText("Queued", { exact: true }).waitFor();
	await page.getByText(/^[\d\u202f]+ events$/).waitFor();
	await page.getByLabel("Find an event").fill("clean[4321] failed");
	await list.getByText("Task clean[4321] failed").waitFor();
	await page.getByText(/^1 of /).waitFor();
	await page.getByLabel("Find an event").fill("");
	await page.getByRole("button", { name: "Run", exact: true }).click();
	await list.getByText("The run has succeeded").waitFor();
	await page.waitForURL(/show=run/);
	await visitor.leave();
});

test("parameters show their types and which were left to their defaults, and copy as JSON", async () => {
	const visitor = await open(`/runs/${three}?tab=parameters`);
	const { page } = visitor;
	const given = page.getByRole("region", { name: "Parameters" });
	await given.getByText("integer").waitFor();
	expect(await given.getByText("default", { exact: true }).count()).toBe(3);
	await page.getByRole("button", { name: "Raw JSON" }).click();
	await given.getByText('"folds": 3').waitFor();
	await visitor.leave();
});

test("while a run streams and ends nothing on the page moves by itself", async () => {
	for (const [viewport, fail] of [
		[WIDE, false],
		[NARROW, true],
	] as const) {
		const visitor = await Visitor.member(browser, stack, undefined, { viewport });
		const { page } = visitor;
		const { id } = await stack.client.trigger("slow", { ticks: 25, fail });
		await page.goto(`${stack.url}/runs/${id}`);
		const seen = await measure(page);
		await page.getByText("tick 20", { exact: true }).waitFor();
		await page.locator("h1", { hasText: fail ? "Failed after" : "Succeeded in" }).waitFor();
		await page.waitForTimeout(500);
		const { shift, worst } = await seen();
		expect(shift, worst).toBeLessThanOrEqual(0.02);
		if (fail) {
			// What was raised lies over what stood there, until it is put away.
			const error = page.getByRole("region", { name: "Error" });
			await error.getByText("RuntimeError", { exact: true }).waitFor();
			expect(await visitor.unaxed()).toEqual([]);
			await page.getByRole("button", { name: "Hide what was raised" }).click();
			await error.waitFor({ state: "detached" });
			await page.getByRole("button", { name: "Show what was raised" }).click();
			await error.waitFor();
		}
		await visitor.leave();
	}
});

test("a run of 10,000 tasks stays smooth while it adds 100 more each second, and while its lines are scrolled", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	const run = await stack.client.trigger("big", { steps: 6_000 });
	await page.goto(`${stack.url}/runs/${run.id}`);
	await item(page, /^.*step/).waitFor({ timeout: 60_000 });
	const seen = await measure(page);
	const began = Date.now();
	await tree(page).hover();
	while (Date.now() - began < 6_000) {
		await page.mouse.wheel(0, 400);
		await page.waitForTimeout(30);
	}
	const { long, frames } = await seen();
	const seconds = (Date.now() - began) / 1_000;
	// Mostly: the machine may be anybody's.
	expect(long.filter((ms) => ms > 200).length, `long tasks, in milliseconds: ${long}`).toBeLessThanOrEqual(3);
	expect(frames / seconds).toBeGreaterThan(10);
	await stack.client.api.runs.cancel.mutate({ id: run.id });
	await page.locator("h1", { hasText: /Cancelled after .* by / }).waitFor({ timeout: 60_000 });
	await visitor.leave();
});

test("content that another key sealed is said to be so, with both keys, and nothing else of the page suffers", async () => {
	const { workspaceId, kid } = stack.workspace;
	const other = await WorkspaceKey.open(newKey(), workspaceId);
	const sealed = base64(await sealParameters(other, { workspace: workspaceId, flow: "three", number: 1, run: three }, { folds: 5 }));
	const visitor = await Visitor.member(browser, stack);
	// The control plane takes no such content: it has to lie.
	await visitor.page.route(/\/trpc\/.*runs\.get/, async (route) => {
		const answer = await route.fetch();
		await route.fulfill({ response: answer, body: (await answer.text()).replace(/"parameters":(null|"[^"]*")/, `"parameters":"${sealed}"`) });
	});
	await visitor.page.goto(`${stack.url}/runs/${three}?tab=parameters`);
	await visitor.page.getByText(`sealed with workspace key ${other.kid}, but the key here is ${kid}`).first().waitFor();
	await visitor.page.getByText('"accuracy"').waitFor();
	await visitor.leave();
	// A key that fits no content here is not taken in the first place.
	const locked = await Visitor.arrive(browser);
	await locked.signIn(stack, true, `/runs/${three}?tab=parameters`);
	await locked.page.getByRole("main").getByRole("button", { name: "sealed: unlock" }).first().click();
	await locked.page.getByLabel("Workspace key").fill(printKey(newKey()));
	await locked.page.getByRole("button", { name: "Unlock", exact: true }).click();
	await locked.page.getByText(/This key belongs to another workspace \(key id [0-9a-f]{16}; this workspace uses [0-9a-f]{16}\)/).waitFor();
	await locked.leave();
});

test("every part of a run is accessible and fits, light and wide, dark and narrow", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	for (const [path, there] of [
		[`/runs/${three}`, "clean"],
		[`/runs/${three}?tab=graph`, "train"],
		[`/runs/${three}?tab=parameters`, "penguins.csv"],
		[`/runs/${three}?tab=parameters&raw=1`, "penguins.csv"],
		[`/runs/${big}?tab=events`, "Its process started"],
		[`/runs/${big}?tab=graph&task=fn:clean`, "row 4321"],
		[`/runs/${lost}`, "was lost"],
		[`/runs/${grouped}`, "ExceptionGroup"],
		[`/runs/${loop}?tab=graph`, "told apart"],
	] as const) {
		const panel = page.getByRole("complementary", { name: "Task" }).or(page.getByRole("dialog"));
		expect(await visitor.misfits(stack.url + path, page.getByText(there).or(panel), { but: LINES, settles: 3000 }), path).toEqual([]);
	}
	for (const [colorScheme, viewport] of LOOKS) {
		await page.emulateMedia({ colorScheme });
		await page.setViewportSize(viewport);
		await page.goto(`${stack.url}/runs/${three}`);
		await item(page, /train/).click();
		await page.getByText("{'accuracy': 0.93}").waitFor();
		await page.waitForTimeout(300);
		expect(await visitor.unaxed(LINES), `task, ${colorScheme}`).toEqual([]);
	}
	await visitor.leave();
});
