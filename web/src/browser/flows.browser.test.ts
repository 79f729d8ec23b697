/** The list of flows and a flow's page, by mouse and keyboard, over real runs. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deploy, deployFlow } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { Visitor } from "./visitor.fixture.ts";

let stack: Stack;
let browser: Browser;
/** Runs of `birds`, oldest first: the second fails in its map. */
let runs: string[];

const birds = `from tidegate import artifact, flow, task

@task
def load(n: int):
    return list(range(n))

@task
def train(i: int, bad: int):
    if i == bad:
        raise ValueError("no bird")
    return i

@task
def report(n: int):
    artifact.table([{"bird": "Adelie", "n": n}], name="species")

@flow
def birds(n: int = 3, bad: int = -1):
    artifact.metrics({"accuracy": 0.9 + n / 100, "rows": n}, name="quality")
    items = load(n)
    train.map(items, bad=bad).results()
    report(n)
`;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack(), launchBrowser()]);
	await Promise.all([
		deploy(stack, "birds", { "flow.py": birds }),
		deployFlow(stack, "awk", 'print("one")'),
		deployFlow(stack, "zoo", "time.sleep(0.8)"),
	]);
	runs = [];
	for (const given of [{ n: 3 }, { n: 4, bad: 2 }, { n: 5 }]) runs.push(await finished("birds", given));
	await finished("zoo");
});

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

async function finished(flow: string, parameters: Record<string, unknown> = {}, labels: Record<string, string> = {}): Promise<string> {
	const triggered = await stack.client.trigger(flow, parameters, { labels });
	await triggered.result().catch(() => undefined);
	return triggered.id;
}

const rowNames = (page: Page): Promise<string[]> => page.getByRole("list", { name: "Flows" }).locator("a[data-row]").allTextContents();
const param = (page: Page, name: string): string | null => new URL(page.url()).searchParams.get(name);

test("flows are listed with their figures and sorted by any of them, and the address keeps it", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows");
	const { page } = visitor;
	await page.getByRole("list", { name: "Last runs of birds" }).getByRole("link").nth(2).waitFor();
	expect(await rowNames(page)).toEqual(["awk", "birds", "zoo"]);
	const row = page.getByRole("listitem").filter({ has: page.getByRole("link", { name: "birds", exact: true }) });
	expect((await row.textContent())?.replaceAll("\u202f", " ")).toContain("67 %");
	await page.getByRole("button", { name: "Success" }).click();
	await page.waitForURL(/sort=success/);
	// What has no figure is last.
	await expect.poll(() => rowNames(page)).toEqual(["birds", "zoo", "awk"]);
	await page.getByRole("button", { name: "Success" }).click();
	await page.waitForURL(/sort=-success/);
	await page.reload();
	await page.getByRole("list", { name: "Last runs of birds" }).waitFor();
	expect(await rowNames(page)).toEqual(["zoo", "birds", "awk"]);
	await page.goBack();
	await page.waitForURL(/sort=success/);
	await visitor.leave();
});

test("a bar of the strip tells its run in a card, by pointer and by keyboard, and Escape takes it away", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows");
	const { page } = visitor;
	const bars = page.getByRole("list", { name: "Last runs of birds" }).getByRole("link");
	await bars.nth(1).hover();
	const card = page.locator("body > [aria-hidden]").filter({ hasText: "failed" });
	await card.waitFor();
	await page.mouse.move(0, 0);
	await card.waitFor({ state: "detached" });
	await page.getByRole("link", { name: "birds", exact: true }).focus();
	await page.keyboard.press("Tab");
	await page.locator("body > [aria-hidden]").filter({ hasText: "succeeded" }).waitFor();
	await page.keyboard.press("ArrowLeft");
	await card.waitFor();
	await page.keyboard.press("Escape");
	await card.waitFor({ state: "detached" });
	await page.keyboard.press("Enter");
	await page.waitForURL(`${stack.url}/runs/${runs[1]}`);
	await visitor.leave();
});

test("tags are set on the flow's page, refused in words, and filter the list by the address", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows/birds");
	const { page } = visitor;
	await page.getByRole("button", { name: "Add tags" }).click();
	const field = page.getByLabel("New tag");
	await field.fill("<b>");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("use letters, digits").waitFor();
	await field.fill("nightly, ml");
	await page.getByRole("button", { name: "Remove the tag <b>" }).waitFor({ state: "detached" });
	await page.keyboard.press("Enter");
	await page.getByRole("button", { name: "Remove the tag ml" }).waitFor();
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByRole("link", { name: "nightly" }).click();
	await page.waitForURL(/\/flows\?tag=nightly/);
	await page.getByText("1 of 3 flows").waitFor();
	expect(await rowNames(page)).toEqual(["birds"]);
	await page.getByRole("button", { name: "Don't filter by the tag nightly" }).click();
	await page.getByText("3 flows", { exact: true }).waitFor();
	await page.getByRole("button", { name: "Tags", exact: true }).click();
	await page.getByRole("checkbox", { name: /^ml/ }).check();
	await page.waitForURL(/tag=ml/);
	await page.keyboard.press("Escape");
	await page.keyboard.press("/");
	await page.keyboard.type("zoo");
	await page.getByText("is tagged ml").waitFor();
	await page.getByRole("button", { name: "Show all" }).click();
	await page.getByText("3 flows", { exact: true }).waitFor();
	await visitor.leave();
});

test("runs are filtered by states, version and time, all of it in the address", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows/birds");
	const { page } = visitor;
	const rows = page.locator("tbody tr");
	await rows.nth(2).waitFor();
	await page.getByRole("button", { name: "Any state" }).click();
	await page.getByRole("checkbox", { name: "failed" }).check();
	await page.getByRole("checkbox", { name: "cancelled" }).check();
	await page.waitForURL(/state=failed%2Ccancelled/);
	await expect.poll(() => rows.count()).toBe(1);
	await page.keyboard.press("Escape");
	await page.getByLabel("Time", { exact: true }).selectOption("1h");
	await page.waitForURL(/within=1h/);
	await expect.poll(() => rows.count()).toBe(1);
	await page.getByLabel("Time", { exact: true }).selectOption("own");
	await page.waitForURL(/from=/);
	expect(param(page, "within")).toBeNull();
	await page.getByLabel("to", { exact: true }).fill("2020-01-01T00:00");
	await page.getByText("No run matches this filter").waitFor();
	await page.reload();
	await page.getByText("No run matches this filter").waitFor();
	await page.getByRole("button", { name: "Clear" }).click();
	await expect.poll(() => rows.count()).toBe(3);
	await page.getByLabel("Version number").fill("7");
	await page.getByText("No run matches this filter").waitFor();
	await page.goto(`${stack.url}/flows/birds?state=nonsense&version=-1&from=never&within=x`);
	await rows.nth(2).waitFor();
	await expect.poll(() => rows.count()).toBe(3);
	await visitor.leave();
});

test("columns are chosen and remembered by the browser", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows/birds");
	const { page } = visitor;
	await page.getByRole("columnheader", { name: "Agent" }).waitFor();
	await page.getByRole("button", { name: "Columns" }).click();
	await page.getByRole("checkbox", { name: "Agent" }).uncheck();
	await page.getByRole("checkbox", { name: "Waited" }).check();
	await page.reload();
	await page.getByRole("columnheader", { name: "Waited" }).waitFor();
	expect(await page.getByRole("columnheader", { name: "Agent" }).count()).toBe(0);
	await visitor.leave();
});

test("the grid shows which function failed in which run, is walked by arrows as one stop, and opens the task", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows/birds?tab=grid");
	const { page } = visitor;
	const table = page.getByRole("table", { name: "Tasks of the last runs of birds" });
	await table.getByRole("rowheader").nth(2).waitFor();
	expect(await table.getByRole("rowheader").allTextContents()).toEqual(["load", "train", "report"]);
	const failed = table.getByRole("link", { name: /^train × 4: 1 failed, 3 succeeded/ });
	await failed.hover();
	await page.locator("body > [aria-hidden]").filter({ hasText: "× 4" }).waitFor();
	expect(await table.locator("a[tabindex='0']").count()).toBe(1);
	await table.locator("a[tabindex='0']").focus();
	for (const key of ["ArrowLeft", "ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
	expect(await failed.evaluate((link) => link === document.activeElement)).toBe(true);
	// The failed run has no report: the arrow goes on to nothing, and stays.
	await page.keyboard.press("ArrowDown");
	expect(await failed.evaluate((link) => link === document.activeElement)).toBe(true);
	await page.keyboard.press("Enter");
	await page.waitForURL(new RegExp(`/runs/${runs[1]}\\?task=[0-9a-f]{32}$`));
	await page.getByRole("complementary", { name: "Task" }).getByText("ValueError: no bird").waitFor();
	await visitor.leave();
});

test("metrics are sealed without the key, and a line each over the runs with it; a click opens the run", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page } = visitor;
	await visitor.signIn(stack, true, "/flows/birds?tab=trends");
	await page
		.getByRole("img", { name: /^Durations of the last 3 runs: median .* of 2 successes/ })
		.locator("canvas")
		.waitFor();
	await page.getByRole("main").getByRole("button", { name: "sealed: unlock" }).last().click();
	await page.getByLabel("Workspace key").fill(stack.workspace.workspaceKey);
	await page.getByRole("button", { name: "Unlock", exact: true }).click();
	const accuracy = page.getByRole("img", { name: "quality: accuracy over the last 3 runs: last 0.95, from 0.93 to 0.95" });
	await accuracy.locator("canvas").waitFor();
	await page.getByRole("img", { name: "quality: rows over the last 3 runs: last 5, from 3 to 5" }).waitFor();
	const box = await accuracy.locator(".u-over").boundingBox();
	if (!box) throw new Error("the chart is not there");
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
	await page.locator("figcaption").filter({ hasText: "accuracy" }).getByText("0.94").waitFor();
	await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
	await page.waitForURL(`${stack.url}/runs/${runs[1]}`);
	await visitor.leave();
});

test("an artifact pinned from a run is shown on the flow's page as the newest run made it, until it is taken off", async () => {
	const visitor = await Visitor.member(browser, stack, `/runs/${runs[0]}?tab=artifacts`);
	const { page } = visitor;
	const species = page.getByRole("region", { name: "species" });
	await species.getByRole("button", { name: "Pin", exact: true }).click();
	await species.getByRole("button", { name: "Pinned", exact: true }).waitFor();
	await page.goto(`${stack.url}/flows/birds`);
	const pinned = page.getByRole("region", { name: "Pinned" });
	await pinned.getByRole("cell", { name: "5", exact: true }).waitFor();
	await finished("birds", { n: 7 });
	await pinned.getByRole("cell", { name: "7", exact: true }).waitFor();
	// From any run of the flow it is the same pin.
	await page.goto(`${stack.url}/runs/${runs[2]}?tab=artifacts`);
	await species.getByRole("button", { name: "Pinned", exact: true }).waitFor();
	await page.goto(`${stack.url}/flows/birds`);
	await pinned.getByRole("button", { name: "Take species off the page of birds" }).click();
	await pinned.waitFor({ state: "detached" });
	await visitor.leave();
});

test("a flow that is deployed elsewhere, and a new version of it, stand on pages that are open, before anything runs", async () => {
	const visitor = await Visitor.member(browser, stack, "/flows");
	const { page } = visitor;
	await expect.poll(() => rowNames(page)).toContain("birds");
	await deployFlow(stack, "late", "print(1)");
	await page.getByRole("link", { name: "late", exact: true }).click();
	await page.getByText("v1 is live", { exact: true }).waitFor();
	await deployFlow(stack, "late", "print(2)");
	await page.getByText("v2 is live", { exact: true }).waitFor();
	await visitor.leave();
});

test("flows and a flow's page are accessible and fit, light and wide, dark and narrow", async () => {
	const visitor = await Visitor.member(browser, stack);
	const { page } = visitor;
	const [table] = (await stack.client.api.runs.get.query({ id: runs[0] as string })).artifacts.filter(({ kind }) => kind === "table");
	await stack.client.api.flows.pin.mutate({ run: runs[0] as string, artifact: table?.id as string });
	for (const [path, there] of [
		["/flows", page.getByRole("list", { name: "Last runs of zoo" })],
		["/flows?q=none&tag=ml", page.getByRole("button", { name: "Show all" })],
		["/flows/birds?from=2020-01-01T00:00:00Z", page.getByRole("region", { name: "Pinned" }).getByText("Adelie")],
		["/flows/birds?tab=grid", page.getByRole("rowheader", { name: "train" })],
		["/flows/birds?tab=trends", page.getByRole("img", { name: /^quality: accuracy/ }).locator("canvas")],
		["/flows/awk?tab=grid", page.getByText("each run becomes a column")],
	] as const) {
		expect(await visitor.misfits(stack.url + path, there), path).toEqual([]);
	}
	await visitor.leave();
});
