/** What people do inside a run: they answer, hold, go on, mark and cancel. With real runs that wait without a process. */
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deploy } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { shifted } from "./shifted.fixture.ts";
import { NARROW, Visitor } from "./visitor.fixture.ts";

const MARKUP = `<img src=x onerror="document.title='pwned'"><script>document.title='pwned'</script> \u202eturned ${"x".repeat(10_000)}`;

const ship = `from dataclasses import dataclass
from tidegate import approval, connection, flow, run_flow, secret, task

@dataclass
class Rollout:
    region: str
    share: int = 10

@task
def train(n: int):
    print("trained")
    return n * 2

@task
def publish(n: int):
    raise RuntimeError("the shop is closed")

@flow
def ship(why: str = "Ship it?", form: bool = False, fail: bool = False):
    n = train(21)
    answer = approval(why, Rollout if form else None)
    if fail:
        publish(n)
    return [answer.approved, answer.form.region if form and answer else None]

@flow
def given():
    """Tells what it was given, letter by letter: a secret whole would be hidden."""
    return [list(secret("TOKEN")), connection("SHOP").host]

@flow
def leaf(n: int = 0):
    return n

@flow
def spread():
    kids = [run_flow.submit("leaf", {"n": n}) for n in range(3)]
    return sum(kid.result() for kid in kids)
`;

let stack: Stack;
let browser: Browser;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack({ slots: 4 }), launchBrowser()]);
	await deploy(stack, "ship", { "flow.py": ship });
}, 240_000);

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

async function arrive(path: string, options: Parameters<typeof Visitor.member>[3] = {}): Promise<Visitor> {
	return Visitor.member(browser, stack, path, options);
}

const lead = (page: Page, words: string | RegExp) => page.locator("h1", { hasText: words }).waitFor({ timeout: 60_000 });
const asked = (page: Page, text: string) => page.getByRole("article", { name: text });

test("a question is answered in the inbox, and whoever else had it before them is told who answered what", async () => {
	const [one, other] = await Promise.all([arrive("/approvals"), arrive("/approvals")]);
	// The empty page teaches the two lines that fill it.
	await one.page.getByText('if tidegate.approval("Ship it?"):').waitFor();
	const run = await stack.client.trigger("ship", {});
	for (const { page } of [one, other]) await asked(page, "Ship it?").getByRole("button", { name: "Yes" }).waitFor({ timeout: 60_000 });
	await one.page.getByRole("link", { name: /Approvals 1 open/ }).waitFor();
	expect(await one.unaxed()).toEqual([]);
	// What the other page does not know yet, the control plane says.
	await other.page.route("**/trpc/runs.waits*", (route) => route.abort());
	await asked(one.page, "Ship it?").getByRole("button", { name: "Yes" }).click();
	await one.page.getByRole("status", { name: "Answered meanwhile" }).getByText("owner@localhost answered: yes").waitFor();
	await asked(other.page, "Ship it?").getByRole("button", { name: "No" }).click();
	await other.page
		.getByRole("alert")
		.getByText(/owner@localhost answered this already/)
		.waitFor();
	await other.page.unroute("**/trpc/runs.waits*");
	await other.page.getByRole("status", { name: "Answered meanwhile" }).getByText("answered: yes").waitFor({ timeout: 30_000 });
	expect(await run.result()).toEqual([true, null]);
	await Promise.all([one.leave(), other.leave()]);
});

test("the run's page says what it waits for, checks the form that the flow asks for, and shows hostile text as text", async () => {
	const run = await stack.client.trigger("ship", { form: true, why: MARKUP });
	const visitor = await arrive(`/runs/${run.id}`, { viewport: NARROW, colorScheme: "dark" });
	const { page } = visitor;
	await lead(page, "Waiting for an answer");
	const send = page.getByRole("button", { name: "Yes, with these values" });
	await send.waitFor();
	// What it asks is opened after the page is: nothing is seen to move then, neither here nor in the inbox.
	for (const path of ["/approvals", `/runs/${run.id}`]) {
		await page.goto(`${stack.url}${path}`);
		await send.waitFor();
		await page.waitForTimeout(500);
		const { sum, moved } = await shifted(page);
		expect(sum, `${path}: ${moved}`).toBeLessThanOrEqual(0.02);
	}
	expect(await page.title()).not.toContain("pwned");
	expect(await visitor.overhang()).toBe(0);
	expect(await visitor.unaxed()).toEqual([]);
	await send.click();
	await page.getByText("1 value needs another look. Nothing was sent.").waitFor();
	await page.getByLabel("region").fill("<b>eu</b>");
	await send.click();
	await lead(page, "Succeeded");
	expect(await run.result()).toEqual([true, "<b>eu</b>"]);
	await visitor.leave();
});

test("a run is held and goes on, and one that failed goes on with a task that was marked by hand", async () => {
	const run = await stack.client.trigger("ship", { fail: true });
	const visitor = await arrive(`/runs/${run.id}`);
	const { page } = visitor;
	await lead(page, "Waiting for an answer");
	await page.getByRole("button", { name: "Pause" }).click();
	await lead(page, /Held — by owner@localhost/);
	await page.getByRole("button", { name: "Resume" }).click();
	await lead(page, "Waiting for an answer");
	await asked(page, "Ship it?").getByRole("button", { name: "Yes" }).click();
	await lead(page, "in publish: RuntimeError: the shop is closed");
	// Where it lay over the page, the button that brings it back has the focus.
	await page.getByRole("button", { name: "Close, to reach what is under it" }).click();
	await page.locator("button:focus", { hasText: "Show what was raised" }).waitFor();
	await page.getByRole("treeitem", { name: /publish/ }).click();
	await page.getByRole("button", { name: "Mark…" }).click();
	const dialog = page.getByRole("dialog", { name: "Mark this task by hand" });
	await dialog.getByLabel("Result, as JSON").fill("[1,");
	await dialog.getByText("This is no JSON").waitFor();
	expect(await dialog.getByRole("button", { name: "Mark succeeded" }).isDisabled()).toBe(true);
	await dialog.getByLabel("Result, as JSON").fill("42");
	await dialog.getByRole("button", { name: "Mark succeeded" }).click();
	await page.getByText("Marked succeeded by owner@localhost").waitFor();
	await page
		.getByRole("treeitem", { name: /publish/ })
		.getByText("marked", { exact: true })
		.waitFor();
	expect(await visitor.unaxed("[role=log], [data-sonner-toaster]")).toEqual([]);
	await page.getByRole("button", { name: "Relaunch", exact: true }).click();
	await page.getByRole("radio", { name: /from where it failed/ }).waitFor();
	await page.getByRole("button", { name: "Relaunch with v1" }).click();
	await page.waitForURL((url) => !url.pathname.endsWith(run.id));
	await lead(page, "Succeeded");
	// What it took from the run before is told, and links there.
	await page
		.getByRole("link", { name: run.id.slice(-8) })
		.first()
		.waitFor();
	await page.getByRole("treeitem", { name: /train/ }).getByText("remembered").waitFor();
	await page
		.getByRole("treeitem", { name: /publish/ })
		.getByTitle("Marked by hand, by owner@localhost")
		.waitFor();
	await visitor.leave();
});

test("children are linked both ways, and many runs are cancelled by the filter that is shown, after their number was asked", async () => {
	const spread = await stack.client.trigger("spread", {});
	await spread.result();
	const waiting = await Promise.all(Array.from({ length: 3 }, () => stack.client.trigger("ship", {}, { labels: { batch: "7" } })));
	const visitor = await arrive(`/runs/${spread.id}?tab=children`);
	const { page } = visitor;
	await page.getByRole("button", { name: "3 succeeded" }).waitFor();
	await page.getByRole("list", { name: "Child runs" }).getByRole("link").first().click();
	await page
		.getByRole("list", { name: "Other runs" })
		.getByRole("link", { name: spread.id.slice(-8) })
		.waitFor();
	await page.goto(`${stack.url}/runs?label=batch%3D7`);
	await page.getByRole("button", { name: "Cancel these…" }).click();
	await page.getByRole("alertdialog", { name: "Cancel 3 runs?" }).getByRole("button", { name: "Cancel 3 runs" }).click();
	await page.getByText("3 runs asked to end").waitFor();
	for (const { id } of waiting) expect((await stack.client.api.runs.get.query({ id })).run.state).toBe("cancelled");
	await visitor.leave();
});

test("secrets and connections are sealed in the browser, and come to the flow that asks for them by name", async () => {
	const visitor = await arrive("/variables", { viewport: NARROW });
	const { page } = visitor;
	const bodies: string[] = [];
	page.on("request", (request) => bodies.push(request.postData() ?? ""));
	await page.getByRole("heading", { name: "No secret yet" }).waitFor();
	await page.getByRole("button", { name: "New secret" }).click();
	const dialog = page.getByRole("dialog");
	const save = dialog.getByRole("button", { name: "Seal and save" });
	await save.click();
	await dialog.getByText("It needs a name").waitFor();
	await dialog.getByLabel("Name").fill("TOKEN");
	await dialog.getByLabel("Value").fill("correct-horse");
	expect(await visitor.unaxed()).toEqual([]);
	await save.click();
	await page.getByRole("button", { name: "Remove TOKEN" }).waitFor();
	await page.getByRole("link", { name: "Connections" }).click();
	await page.getByRole("button", { name: "New connection" }).click();
	await dialog.getByLabel("Name").fill("SHOP");
	await dialog.getByLabel("URL").fill("https://me:correct-horse@shop.internal/v1");
	await save.click();
	await dialog.getByText(/^A password stands in the URL/).waitFor();
	await dialog.getByLabel("URL").fill("https://me:{TOKEN}@shop.internal/v1");
	await save.click();
	await page.getByRole("cell", { name: "https://me:{TOKEN}@shop.internal/v1" }).waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	expect(await visitor.overhang()).toBe(0);
	const run = await stack.client.trigger("given", {});
	expect(await run.result()).toEqual([[..."correct-horse"], "shop.internal"]);
	await page.getByRole("button", { name: "Remove SHOP" }).click();
	await page.getByRole("alertdialog").getByRole("button", { name: "Remove the connection" }).click();
	await page.getByRole("heading", { name: "No connection yet" }).waitFor();
	expect(bodies.some((body) => body.includes("TOKEN"))).toBe(true);
	expect(bodies.filter((body) => /correct-horse|shop\.internal/.test(body))).toEqual([]);
	await visitor.leave();
});
