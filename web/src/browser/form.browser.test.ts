import type { Browser, Page, Route } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deploy } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { Visitor } from "./visitor.fixture.ts";

let stack: Stack;
let browser: Browser;

const kinds = (extra = "") => `import datetime
from dataclasses import dataclass
from typing import Any, Dict, List, Literal, Optional, Union

from tidegate import artifact, flow, task


@dataclass
class Layer:
    """Args:
        units: how many neurons it has
    """

    units: int
    dropout: float = 0.5


@task
def fit(n: int):
    return n * 2


@flow
def kinds(
    who: str,
    layer: Layer,
    day: datetime.date = datetime.date(2026, 1, 31),
    at: datetime.datetime = datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.timezone.utc),
    folds: int = 2,
    fast: bool = True,
    mode: Literal["train", "test"] = "train",
    limit: Optional[int] = None,
    tags: List[str] = ["a"],
    weights: Dict[str, float] = {"f1": 0.5},
    either: Union[int, str] = 3,
    anything: Any = None,
):
    """Trains **everything** at once.

    <img src=x onerror="document.title='pwned'"> [go](javascript:document.title='pwned')

    Args:
        who: whose model it is <b>bold</b>
    """
    for n in range(folds):
        fit(n)${extra}
    artifact.metrics({"accuracy": folds / 10}, name="scores")
    return {
        "who": who, "layer": [layer.units, layer.dropout], "day": day.isoformat(), "at": at.isoformat(), "folds": folds, "fast": fast,
        "mode": mode, "limit": limit, "tags": tags, "weights": weights, "either": either, "anything": anything,
    }
`;

const simple = `from tidegate import flow

@flow
def simple(word: str = "tide", n: int = 1):
    return word * n
`;

const files = (extra?: string) => ({
	"flow.py": kinds(extra),
	"conf.yaml": "a: 1\n",
	"lib/deep/data.json": '{"a": [1, 2]}\n',
	"lib/blob.bin": Buffer.from([0, 1, 2, 255]),
	"lib/big.txt": Buffer.alloc(1_200_000, "x"),
	"<b>odd<b> \u202e.txt": "hostile name\n",
});

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack(), launchBrowser()]);
	await deploy(stack, "kinds", files());
	await deploy(stack, "simple", { "flow.py": simple });
	await deploy(stack, "kinds", files("\n    print('second')"));
});

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

async function open(path?: string): Promise<{ visitor: Visitor; page: Page }> {
	const visitor = await Visitor.member(browser, stack, path);
	return { visitor, page: visitor.page };
}

const finished = async (flow: string, given: Record<string, unknown>): Promise<string> => {
	const run = await stack.client.trigger(flow, given);
	await run.result();
	return run.id;
};

const runOf = (page: Page): string => /\/runs\/([0-9a-f-]{36})$/.exec(page.url())?.[1] as string;
const resultOf = async (page: Page): Promise<unknown> => {
	await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
	await page.locator("h1", { hasText: "Succeeded in" }).waitFor({ timeout: 60_000 });
	await page.getByRole("navigation", { name: "Parts of this run" }).getByRole("link", { name: "Parameters" }).click();
	await page.getByRole("button", { name: "Raw JSON" }).click();
	return JSON.parse((await page.getByRole("region", { name: "Result" }).locator("pre").textContent()) as string);
};

test("a wrong value is told at its field before anything leaves, and the right ones arrive as they were typed", async () => {
	const { visitor, page } = await open("/flows/kinds");
	await page.getByRole("link", { name: "Run kinds" }).click();
	await page.waitForURL(/\/flows\/kinds\/run$/);
	const sent: string[] = [];
	page.on("request", (request) => request.url().includes("runs.trigger") && sent.push(request.postData() ?? ""));
	await page.getByLabel("folds", { exact: true }).fill("many");
	await page.getByLabel("units", { exact: true }).fill("64");
	await page.getByRole("button", { name: "Run v2" }).click();
	await page.getByText("2 values need another look. Nothing was sent.").waitFor();
	await page.getByText("expected a string, but it was not given and has no default").waitFor();
	await page.getByText('expected an integer, got "many" (a string)').waitFor();
	expect(await page.evaluate(() => document.activeElement?.closest("div")?.querySelector("label")?.textContent)).toBe("who");
	expect(sent).toEqual([]);
	expect(await visitor.unaxed()).toEqual([]);
	await page.getByLabel("who", { exact: true }).fill("Ada <script>");
	await page.getByLabel("folds", { exact: true }).fill("3");
	await page.getByLabel("folds", { exact: true }).press("ArrowUp");
	await page.getByLabel("day", { exact: true }).fill("2026-02-28");
	await page.getByLabel("at", { exact: true }).fill("2026-02-28T06:30");
	await page.getByRole("switch", { name: "fast" }).uncheck();
	await page.getByLabel("mode", { exact: true }).selectOption("test");
	await page.getByRole("checkbox", { name: /^Not set ?: limit$/ }).uncheck();
	await page.getByRole("textbox", { name: "limit", exact: true }).fill("7");
	await page.getByRole("button", { name: "Add an item to tags" }).click();
	await page.getByLabel("tags, item 2").fill("b");
	await page.getByRole("button", { name: "Add a value to weights" }).click();
	await page.getByLabel("Name 2 in weights").fill("f2");
	await page.getByLabel("weights, value 2").fill("0.25");
	await page.getByLabel("Kind of either").selectOption({ label: "text" });
	await page.getByRole("textbox", { name: "either", exact: true }).fill("3");
	await page.getByLabel("anything", { exact: true }).fill('{"a": [1,\n2,]}');
	await page.getByRole("button", { name: "Run v2" }).click();
	await page.getByText("this is no JSON: nothing follows the comma before ] in line 2, column 3").waitFor();
	await page.getByLabel("anything", { exact: true }).fill('{"a": [1, 2]}');
	await page.getByRole("button", { name: "Add a label" }).click();
	await page.getByLabel("Name of label 1").fill("team");
	await page.getByLabel("Value of label 1").fill("birds");
	await page.getByRole("button", { name: "Run v2" }).click();
	expect(await resultOf(page)).toEqual({
		who: "Ada <script>",
		layer: [64, 0.5],
		day: "2026-02-28",
		at: "2026-02-28T06:30:00+00:00",
		folds: 4,
		fast: false,
		mode: "test",
		limit: 7,
		tags: ["a", "b"],
		weights: { f1: 0.5, f2: 0.25 },
		either: "3",
		anything: { a: [1, 2] },
	});
	await page.getByText("team=birds").waitFor();
	expect(sent).toHaveLength(1);
	expect(sent[0]).not.toContain("Ada <script>");
	await visitor.leave();
});

test("as last time fills in what the last run was given, and a link does it for any run", async () => {
	const id = await finished("simple", { word: "ebb", n: 2 });
	const { visitor, page } = await open("/flows/simple/run");
	await page.getByRole("button", { name: "As last time" }).click();
	await page.waitForURL(new RegExp(`from=${id}`));
	const word = page.getByLabel("word", { exact: true });
	await expect.poll(() => word.inputValue()).toBe("ebb");
	await page.getByLabel("n", { exact: true }).fill("3");
	await page.getByRole("button", { name: "Use default of word" }).click();
	expect(await word.inputValue()).toBe("tide");
	await page.getByRole("button", { name: "Run v1" }).click();
	expect(await resultOf(page)).toBe("tidetidetide");
	await visitor.leave();
});

test("what was typed survives a reload and an ended session, and is nowhere in clear", async () => {
	const { visitor, page } = await open("/flows/simple/run");
	await page.getByLabel("word", { exact: true }).fill("a secret tide");
	const stored = () => page.evaluate(() => JSON.stringify({ ...sessionStorage, ...localStorage }));
	await expect.poll(stored).toContain("tidegate.form");
	expect(await stored()).not.toContain("secret");
	await page.reload();
	await page.getByText("What you typed before is here again.").waitFor();
	expect(await page.getByLabel("word", { exact: true }).inputValue()).toBe("a secret tide");
	await visitor.context.clearCookies();
	await page.getByRole("button", { name: "Run v1" }).click();
	await page.getByText("the session has ended").waitFor();
	expect(await page.getByLabel("word", { exact: true }).inputValue()).toBe("a secret tide");
	await page.getByRole("form", { name: "Run simple" }).getByRole("link", { name: "Sign in again" }).click();
	await page.waitForURL(/\/sign-in\?back=/);
	// Before it is alive, Next puts the address back that it came with.
	await page.getByText("Signing you in").waitFor({ state: "detached" });
	const { hash } = new URL((await stack.signInLink()).replace(/&key=.*$/, ""));
	await page.evaluate((fragment) => {
		location.hash = fragment;
	}, hash);
	await page.waitForURL(/\/flows\/simple\/run$/);
	await expect.poll(() => page.getByLabel("word", { exact: true }).inputValue()).toBe("a secret tide");
	await page.getByRole("button", { name: "Run v1" }).click();
	expect(await resultOf(page)).toBe("a secret tide");
	expect(await stored()).not.toContain("tidegate.form");
	await visitor.leave();
});

test("without the key the form says what it can't do, and runs with the defaults", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page } = visitor;
	await visitor.signIn(stack, true, "/flows/simple/run");
	await page.getByText("What this flow takes is sealed.").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await page.getByRole("button", { name: "Run with defaults" }).click();
	await page.waitForURL(/\/runs\/[0-9a-f-]{36}$/);
	await page.locator("h1", { hasText: "Succeeded in" }).waitFor({ timeout: 60_000 });
	const given = await finished("simple", { word: "ebb" });
	await page.goto(`${stack.url}/runs/${given}`);
	await page.getByRole("button", { name: "Relaunch" }).click();
	await page.getByText("Its parameters are sealed").waitFor();
	expect(await page.getByRole("button", { name: "Relaunch with v1" }).isDisabled()).toBe(true);
	await visitor.leave();
});

test("a run is relaunched as it was, or with changed parameters, and says which run it is of", async () => {
	const id = await finished("simple", { word: "flood", n: 1 });
	const { visitor, page } = await open(`/runs/${id}`);
	await page.getByRole("button", { name: "Relaunch" }).click();
	expect(await visitor.unaxed()).toEqual([]);
	await page.getByRole("button", { name: "Relaunch with v1" }).click();
	await page.waitForURL((url) => !url.pathname.includes(id));
	expect(await resultOf(page)).toBe("flood");
	await page.getByText(`relaunch-of=${id}`).waitFor();
	const second = /\/runs\/([0-9a-f-]{36})/.exec(page.url())?.[1] as string;
	await page.getByRole("button", { name: "Relaunch" }).click();
	await page.getByRole("link", { name: "Change parameters…" }).click();
	await expect.poll(() => page.getByLabel("word", { exact: true }).inputValue()).toBe("flood");
	await page.getByLabel("n", { exact: true }).fill("2");
	await page.getByRole("button", { name: "Run v1" }).click();
	await page.waitForURL((url) => url.pathname.startsWith("/runs/") && !url.pathname.includes(second));
	const third = runOf(page);
	expect(await resultOf(page)).toBe("floodflood");
	expect((await stack.client.api.runs.get.query({ id: third })).run.labels).toEqual({ "relaunch-of": second });
	await visitor.leave();
});

test("a version shows its files, their source at the line of a link, and what changed since the one before", async () => {
	const { visitor, page } = await open("/flows/kinds?tab=versions");
	await page.getByRole("link", { name: "v2", exact: true }).click();
	await page.waitForURL(/\/flows\/kinds\/versions\/2$/);
	const source = page.getByRole("group", { name: "Source of flow.py" });
	await source.getByText("print('second')").waitFor();
	// Colours come after the text.
	await source.locator("span[style*=keyword]").first().waitFor();
	await source.getByRole("link", { name: "Line 20", exact: true }).click();
	await source.getByRole("link", { name: "Line 22", exact: true }).click({ modifiers: ["Shift"] });
	await page.waitForURL(/lines=20-22/);
	await page.reload();
	await expect.poll(() => source.locator("[aria-current=true]").count()).toBe(3);
	await page.getByRole("link", { name: "blob.bin" }).click();
	await page.getByText("This file is binary").waitFor();
	await page.getByRole("link", { name: "big.txt" }).click();
	await page.getByText("more than is shown here").waitFor();
	const downloading = page.waitForEvent("download");
	await page.getByRole("button", { name: "Download" }).click();
	expect((await downloading).suggestedFilename()).toBe("big.txt");
	await page.getByRole("link", { name: /odd/ }).click();
	await page.getByText("hostile name").waitFor();
	const asked: string[] = [];
	page.on("request", (request) => request.url().includes("versions.chunks") && asked.push(request.url()));
	await page.getByRole("button", { name: "1 change since v1" }).click();
	await page.getByText("1 line added, 0 lines removed").waitFor();
	await page.getByText("added: ").waitFor({ state: "attached" });
	// What this page has shown of v2 already is not fetched again, nor is what did not change.
	expect(asked.length).toBeLessThanOrEqual(1);
	await visitor.leave();
});

test("a version is made live after its consequence was told, and the next run uses it", async () => {
	await deploy(stack, "simple", { "flow.py": simple.replace("return word", "return 'new ' + word") });
	const { visitor, page } = await open("/flows/simple/versions/1");
	await page.getByRole("group", { name: "Source of flow.py" }).waitFor();
	// Nothing was before the first.
	expect(await page.getByText(/changes? since/).count()).toBe(0);
	await page.getByRole("button", { name: "Make live" }).click();
	await page.getByText("use v1 in place of v2").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await page.getByRole("button", { name: "Make v1 live" }).click();
	await page.locator("h1").getByText("live", { exact: true }).waitFor();
	expect((await stack.client.api.runs.trigger.mutate({ flow: "simple" })).number).toBe(1);
	const said = await stack.cli(["versions", "simple", "--live", "2"]);
	expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining("v2 of simple is live, in place of v1") });
	await visitor.leave();
});

test("a form whose version is overtaken by a deploy keeps what was typed, and asks again", async () => {
	const { visitor, page } = await open("/flows/simple/run");
	await page.getByLabel("word", { exact: true }).fill("ebb");
	await deploy(stack, "simple", { "flow.py": `${simple}# once more\n` });
	await page.getByText(/These are the parameters of v\d+ now/).waitFor();
	expect(await page.getByLabel("word", { exact: true }).inputValue()).toBe("ebb");
	let number = 0;
	// One that overtakes the click itself: of any other the page is told in time.
	const overtake = async (route: Route) => {
		await deploy(stack, "simple", { "flow.py": `${simple}# and once more\n` });
		number = (await stack.client.api.flows.get.query({ flow: "simple" })).live?.number as number;
		await route.continue();
	};
	await page.route(/runs\.trigger/, overtake, { times: 1 });
	await page.getByRole("button", { name: /^Run v/ }).click();
	await page.getByText("is not the live one any more").waitFor();
	await page.getByText(`These are the parameters of v${number} now.`).waitFor();
	expect(await page.getByLabel("word", { exact: true }).inputValue()).toBe("ebb");
	await page.getByRole("button", { name: `Run v${number}` }).click();
	expect(await resultOf(page)).toBe("ebb");
	await visitor.leave();
});

test("two runs are compared: what they were given, how long each step took, what they measured", async () => {
	const before = await finished("kinds", { who: "Ada", layer: { units: 1 }, folds: 2 });
	const after = await finished("kinds", { who: "Bob", layer: { units: 1 }, folds: 4 });
	const { visitor, page } = await open(`/runs/${after}`);
	await page.getByRole("link", { name: "Compare" }).click();
	const part = (name: string) => page.getByRole("region", { name });
	await part("Parameters").getByText('"Ada"').waitFor();
	await part("Parameters").getByText("10 parameters are the same").waitFor();
	await part("Metrics").getByText("+0.2 (+100").waitFor();
	await part("Durations").getByText("fit", { exact: true }).waitFor();
	expect(await page.getByLabel("The other run").inputValue()).toBe(before);
	expect(await visitor.unaxed()).toEqual([]);
	await visitor.leave();
	const locked = await Visitor.arrive(browser);
	await locked.signIn(stack, true, `/runs/${after}/compare/${before}`);
	await locked.page.getByRole("region", { name: "Parameters" }).getByText("sealed: unlock").waitFor();
	await locked.leave();
});

test("a docstring is markdown that can't do anything, beside what the flow takes", async () => {
	const { visitor, page } = await open("/flows/kinds?tab=docs");
	await page.locator("strong", { hasText: "everything" }).waitFor();
	await page.getByRole("cell", { name: "date", exact: true }).first().waitFor();
	await page.getByRole("cell", { name: "whose model it is <b>bold</b>" }).waitFor();
	expect(await page.locator("main img, main a[href^=javascript]").count()).toBe(0);
	expect(await page.title()).not.toContain("pwned");
	await visitor.leave();
});

test("form, version, changes, docs and comparison are accessible and fit, light and wide, dark and narrow", async () => {
	const [before, after] = [
		await finished("kinds", { who: "Ada", layer: { units: 1 } }),
		await finished("kinds", { who: "Bob", layer: { units: 1 } }),
	];
	const { visitor, page } = await open();
	for (const [path, there] of [
		["/flows/kinds/run", "Where it runs"],
		["/flows/kinds/versions/2", "print('second')"],
		["/flows/kinds/versions/2?show=changes", "1 line added"],
		["/flows/kinds?tab=versions", "live"],
		["/flows/kinds?tab=docs", "whose model it is"],
		[`/runs/${after}/compare/${before}`, '"Ada"'],
		["/flows/nothing/run", "There is no flow nothing here"],
		["/flows/kinds/versions/99", "There is no such version of kinds"],
	] as const) {
		expect(await visitor.misfits(stack.url + path, page.getByText(there)), path).toEqual([]);
	}
	await visitor.leave();
});
