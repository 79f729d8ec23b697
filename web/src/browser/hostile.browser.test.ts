/** Text that means harm, in every place that takes text: every page shows it as text, stays within its window and stays usable. */
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deploy } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { LOOKS, Visitor } from "./visitor.fixture.ts";

const MARKUP = `<img src=x onerror="document.title='pwned'"><script>document.title='pwned';alert(1)</script>`;
const TURNED = "\u202e\u2066\u200fdetrevni \u05e9\u05dc\u05d5\u05dd";
const ENDLESS = "x".repeat(10_000);
const ALL = `${MARKUP} ${TURNED} ${ENDLESS}`;
/** What fits where little fits. */
const SHORT = `<svg onload="document.title='pwned'"> ${TURNED}`;

const hostile = `import os
from tidegate import artifact, flow, log, task

MARKUP = ${JSON.stringify(MARKUP)}
TURNED = ${JSON.stringify(TURNED)}
ENDLESS = "x" * 10_000
ALL = MARKUP + " " + TURNED + " " + ENDLESS
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="90" height="40" onload="document.title=\\'pwned\\'"><script>document.title="pwned";alert(1)</script><foreignObject><img src="x" onerror="alert(1)"/></foreignObject><text y="20">' + TURNED + "</text></svg>"

@task
def show(text: str, n: int):
    return {text: [text, n]}

@flow
def hostile(text: str = ALL, fail: bool = False, names: dict[str, str] = {MARKUP: TURNED, ENDLESS: ENDLESS}):
    """DOCSTRING

    Args:
        text: DOCSTRING
    """
    for each in (MARKUP, TURNED, ENDLESS, "\\x1b]0;pwned\\x07\\x1b[31m" + MARKUP, "the last line"):
        print(each)
        log.warning(each)
    for n, each in enumerate((MARKUP, TURNED, ENDLESS)):
        show(each, n)
        artifact.markdown("# " + each + "\\n\\n" + each + " [go](javascript:alert(1)) ![see](https://evil.test/" + each[:90] + ")", name=each)
        artifact.table([{each: each, "n": n}], name="table " + each)
        artifact.metrics({each: [1, 2, 3], "n " + each: n}, name="metrics " + each)
        artifact.image(SVG, name="image " + each)
    if fail:
        raise ValueError(ALL)
    return {"result": ALL, MARKUP: TURNED}
`.replaceAll("DOCSTRING", `${ALL.replaceAll("\\", "\\\\")} [go](javascript:alert(1))`);

let stack: Stack;
let browser: Browser;
let good: string;
let bad: string;

async function finished(given: Record<string, unknown>, labels: Record<string, string>): Promise<string> {
	const run = await stack.client.trigger("hostile", given, { labels });
	await run.result().catch(() => undefined);
	return run.id;
}

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack(), launchBrowser()]);
	await deploy(stack, "hostile", { "flow.py": hostile, [`${SHORT.replaceAll("/", "")}.txt`]: ALL });
	await deploy(stack, "hostile", { "flow.py": `${hostile}\n# ${ALL}\n` });
	await stack.client.api.keys.create.mutate({ name: SHORT.replace(TURNED, "") });
	const labels = { [SHORT]: MARKUP.slice(0, 200), long: "x".repeat(200), [TURNED]: TURNED };
	good = await finished({}, labels);
	bad = await finished({ text: `${TURNED} ${ALL}`, fail: true, names: { [TURNED]: MARKUP } }, labels);
}, 240_000);

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

/** Every page, and what stands on it when it is there. */
function pages(): [path: string, there: string][] {
	const tabs = (path: string, all: [string, string][]): [string, string][] => all.map(([tab, there]) => [`${path}?tab=${tab}`, there]);
	const run: [string, string][] = [
		["timeline", "the last line"],
		["graph", "show"],
		["logs", "the last line"],
		["artifacts", "<img src=x"],
		["parameters", "<img src=x"],
		["events", "Queued"],
	];
	return [
		["/flows", "hostile"],
		...tabs("/flows/hostile", [
			["runs", "succeeded"],
			["grid", "show"],
			["trends", "hostile"],
			["versions", "live"],
			["docs", "<img src=x"],
		]),
		["/flows/hostile/run", "Run v2"],
		["/flows/hostile/versions/1", "MARKUP"],
		["/flows/hostile/versions/2?against=1&show=changes&file=flow.py", "since v1"],
		...tabs(`/runs/${good}`, run),
		// What failed shows an error besides, and had other values: the rest is as above.
		...tabs(
			`/runs/${bad}`,
			run.filter(([tab]) => tab === "timeline" || tab === "parameters"),
		),
		["/runs", "hostile"],
		[`/runs/${good}/compare/${bad}`, "<img src=x"],
		["/agents", "agent-1"],
		["/settings/members", "Open invites"],
		["/settings/keys", "<svg onload"],
		["/settings/sign-in", "Issuer"],
		["/settings/devices", "This browser"],
		["/docs", "Tidegate"],
		["/docs/run", "Tidegate"],
	];
}

test("no text does anything on any page, light and wide, dark and 360 pixels wide", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page } = visitor;
	const dialogs: string[] = [];
	page.on("dialog", (dialog) => {
		dialogs.push(dialog.message());
		void dialog.dismiss();
	});
	const asked: string[] = [];
	page.on("request", (request) => !request.url().startsWith(stack.url) && /^https?:/.test(request.url()) && asked.push(request.url()));
	await visitor.signIn(stack);
	const wrong: unknown[] = [];
	for (const [n, [path, there]] of pages().entries()) {
		// Every second page is loaded narrow and becomes wide, each of the others the other way round.
		for (const [nth, [colorScheme, viewport]] of (n % 2 === 0 ? LOOKS : LOOKS.toReversed()).entries()) {
			await page.emulateMedia({ colorScheme });
			await page.setViewportSize(viewport);
			if (nth === 0) await page.goto(stack.url + path);
			const found = await page
				.getByText(there)
				.first()
				.waitFor({ state: "attached", timeout: 30_000 })
				.then(
					() => "",
					() => `no "${there}"`,
				);
			const unaxed = await visitor.unaxedSettled(10_000);
			const title = await page.title();
			const seen = [found, /pwned|[<\u202e]|x{99}/.test(title) ? title : "", await visitor.overhang(), ...unaxed];
			if (seen.some(Boolean)) wrong.push([path, colorScheme, ...seen]);
		}
	}
	expect({ wrong, dialogs, asked }).toEqual({ wrong: [], dialogs: [], asked: [] });
	await visitor.leave();
}, 300_000);
