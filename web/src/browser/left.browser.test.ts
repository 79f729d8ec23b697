/** What a run leaves behind, in a real browser: long, damaged and followed logs, and artifacts of every kind, hostile ones too. */
import pg from "pg";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deployFlow } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { Visitor } from "./visitor.fixture.ts";

let stack: Stack;
let browser: Browser;
let failed: string;
let shown: string;
let hostile: string;

/** Raw lines beyond 256 KiB: several segments, of which one can go missing. */
const failing = `for start in range(0, 30000, 100):
    os.write(1, "".join(f"wave {i} of many that came before the end\\n" for i in range(start, start + 100)).encode())
os.write(1, b"bytes \\xff\\xfe\\x00 that are no text\\n" + b"x" * 200_000 + b"\\n")
time.sleep(0.5)
log.error("\\x1b[31mred\\x1b[0m at the end")
raise ValueError("the tide went out")`;

const showing = `import struct, zlib
def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
rows = b"".join(b"\\0" + bytes(v for x in range(64) for v in (255, 0, 0, 255 if x < 32 else 0)) for _ in range(48))
png = b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 48, 8, 6, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
artifact.table([{"bird": f"bird {i}", "mass": 3000 + i, "ringed": i % 2 == 0} for i in range(500)], name="birds")
artifact.image(png, name="half red")
artifact.image('<svg xmlns="http://www.w3.org/2000/svg" width="120" height="60"><script>document.title="run"</script><rect width="120" height="60" fill="teal"/></svg>', name="drawn")
artifact.image('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="teal"/></svg>', name="scaled")
artifact.metrics({"loss": [3, 2, 1, 0.5], "rate": [0.1, 0.01, 0.001, 0.0001], "rows": 344}, name="training")
artifact.markdown("# Notes\\n\\nwhat was seen", name="notes")`;

/** As nobody means it: past what the SDK lets through, by its own recorder. */
const hurting = `from tidegate import context
from tidegate.ids import uuid7
keep = context.here().run.recorder.artifact
def put(kind, name, data, mime="application/json"):
    keep({"id": uuid7(), "kind": kind, "name": name, "task": None, "mime": mime}, data, "x")
columns = ",".join(f'"c{i}"' for i in range(1_000_000))
put("table", "a million columns", ('{"columns":[' + columns + '],"rows":[[' + ",".join(["7"] * 1_000_000) + "]]}").encode())
put("table", "long names", ('{"columns":["' + "n" * 10_000 + '","<b>bold</b>"],"rows":[["' + "v" * 10_000 + '","\\u202eevil"]]}').encode())
put("table", "no table", b'[1,2,{"three":')
put("markdown", "deep quotes", b">" * 20_000 + b" a", "text/markdown")
put("markdown", "deep lists", "\\n".join("  " * i + "- a" for i in range(400)).encode(), "text/markdown")
put("image", "no picture", b"\\x89PNG\\r\\n\\x1a\\nbut not really", "image/png")
put("image", "a page", b"<script>document.title=1</script>", "text/html")
put("metrics", "many metrics", ('{"step":null,"metrics":{' + ",".join(f'"m{i}":{i}' for i in range(5000)) + "}}").encode())
for i in range(120):
    artifact.markdown(f"note {i}", name=f"note {i}")`;

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack(), launchBrowser()]);
	await deployFlow(stack, "failing", failing);
	await deployFlow(stack, "showing", showing);
	await deployFlow(stack, "hurting", hurting);
	await deployFlow(stack, "ticking", 'for i in range(100):\n    print(f"tick {i} {time.time()}")\n    time.sleep(0.2)');
	[failed, shown, hostile] = await Promise.all([finished("failing"), finished("showing"), finished("hurting")]);
}, 240_000);

afterAll(async () => {
	await browser?.close();
	await stack?.stop();
});

async function finished(flow: string): Promise<string> {
	const triggered = await stack.client.trigger(flow);
	await triggered.result().catch(() => undefined);
	return triggered.id;
}

async function visit(path?: string): Promise<{ visitor: Visitor; page: Page }> {
	const visitor = await Visitor.member(browser, stack, path);
	return { visitor, page: visitor.page };
}

async function sql<T>(text: string, values: unknown[]): Promise<T[]> {
	const client = new pg.Client({ connectionString: stack.databaseUrl });
	await client.connect();
	try {
		return (await client.query(text, values)).rows as T[];
	} finally {
		await client.end();
	}
}

test("a failed run's log opens at its end, and Home and End go to its ends", async () => {
	const { visitor, page } = await visit(`/runs/${failed}`);
	await page.getByText("red at the end").waitFor();
	await page.getByText(/30\u202f\d{3} lines/).waitFor();
	const log = page.getByRole("log");
	await log.getByText("red at the end").waitFor();
	await log.focus();
	await page.keyboard.press("Home");
	await log.getByText("wave 0 of many", { exact: false }).first().waitFor();
	await page.keyboard.press("End");
	await log.getByText("red at the end").waitFor();
	// A link to a line, by keyboard alone.
	await page.keyboard.press("Enter");
	await page.waitForURL(/line=1\.out\.\d+/);
	const place = () => Number(/line=1\.out\.(\d+)/.exec(page.url())?.[1]);
	const first = place();
	// At once, and faster than the address follows: no key is lost.
	for (const _ of "123") await page.keyboard.press("ArrowUp");
	await expect.poll(place).toBe(first - 3);
	await page.reload();
	// Before the linked line is found, too.
	await log.focus();
	await page.keyboard.press("ArrowDown");
	await expect.poll(place, { timeout: 20_000 }).toBe(first - 2);
	await page.keyboard.press("Escape");
	await page.waitForURL((url) => !url.searchParams.has("line"));
	await page.keyboard.press("End");
	await log.getByText("red at the end").waitFor();
	expect(await log.textContent()).not.toContain("are missing");
	expect(await log.getByText("bytes \ufffd", { exact: false }).count()).toBe(1);
	await visitor.leave();
});

test("what is copied over more lines than are there is every line of it", async () => {
	const { visitor, page } = await visit(`/runs/${failed}?q=nowhere`);
	await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
	const log = page.getByRole("log");
	await page.getByText(/30\u202f\d{3} lines/).waitFor();
	await log.focus();
	await page.keyboard.press("Home");
	await log.getByText("wave 3 of many", { exact: false }).click();
	await log.hover();
	await page.mouse.wheel(0, 6_000);
	await log.getByText("wave 305 of many", { exact: false }).click({ modifiers: ["Shift"] });
	await page.keyboard.press("ControlOrMeta+C");
	const copied = () => page.evaluate(() => navigator.clipboard.readText());
	await expect.poll(async () => (await copied()).trim().split("\n").length, { timeout: 20_000 }).toBe(303);
	expect((await copied()).startsWith("wave 3 of many that came before the end\nwave 4")).toBe(true);
	await visitor.leave();
});

test("a stretch of a log that was taken away is missed where it was, and at the end", async () => {
	const damaged = await finished("failing");
	const chunks = await sql<{ seq: string; stream: string; bytes: string }>(
		"SELECT seq, stream, byte_to - byte_from AS bytes FROM log_chunk WHERE run_id = $1 AND stream = 'out' ORDER BY seq",
		[damaged],
	);
	expect(chunks.length).toBeGreaterThan(2);
	const taken = [chunks[1], chunks.at(-1)].map((chunk) => ({ seq: Number(chunk?.seq), bytes: Number(chunk?.bytes) }));
	await sql("DELETE FROM log_chunk WHERE run_id = $1 AND seq = ANY($2)", [damaged, taken.map(({ seq }) => seq)]);
	const { visitor, page } = await visit(`/runs/${damaged}?level=warn`);
	await page.getByText(`${taken[0]?.bytes} bytes of out are missing here`).waitFor();
	await page.getByText(`${taken[1]?.bytes} bytes of out are missing at its end`).waitFor();
	await visitor.leave();
});

test("lines of a running flow are followed, each once", async () => {
	const { visitor, page } = await visit();
	const triggered = await stack.client.trigger("ticking");
	// In the middle of its lines: what is asked for and what is told meet.
	await new Promise((resolve) => setTimeout(resolve, 4_000));
	await page.goto(`${stack.url}/runs/${triggered.id}`);
	const log = page.getByRole("log");
	await log.getByText("tick 99", { exact: false }).waitFor({ timeout: 90_000 });
	await page.getByText("100 lines").waitFor();
	const last = await log.locator("bdi").allTextContents();
	expect(last.slice(-10).map((line) => line.split(" ")[1])).toEqual(Array.from({ length: 10 }, (_, i) => String(90 + i)));
	await visitor.leave();
});

test("a table is sorted, filtered by text and range, and copied as it is seen", async () => {
	const { visitor, page } = await visit(`/runs/${shown}?tab=artifacts`);
	await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
	const birds = page.getByRole("region", { name: "birds" });
	await birds.getByText("500 rows").waitFor();
	await birds.getByLabel("Column to filter by").selectOption({ label: "mass" });
	await birds.getByLabel("Smallest value").fill("3490");
	await birds.getByText("10 of 500 rows").waitFor();
	await birds.getByLabel("Filter rows").fill("34997");
	await birds.getByText("0 of 500 rows").waitFor();
	await birds.getByLabel("Filter rows").fill("");
	await birds.getByRole("button", { name: /^mass/ }).click();
	await birds.getByRole("button", { name: /^mass/ }).click();
	await birds.getByRole("columnheader", { name: /^mass/ }).and(page.locator("[aria-sort=descending]")).waitFor();
	await birds.getByRole("button", { name: "TSV" }).click();
	await birds.getByText("Copied").waitFor();
	const text = await page.evaluate(() => navigator.clipboard.readText());
	expect(text.split("\r\n").slice(0, 2)).toEqual(["bird\tmass\tringed", "bird 499\t3499\tfalse"]);
	expect(text.trim().split("\r\n")).toHaveLength(11);
	await visitor.leave();
});

test("a picture is zoomed by buttons, keys and the wheel, and an SVG runs nothing", async () => {
	const { visitor, page } = await visit(`/runs/${shown}?tab=artifacts`);
	const red = page.getByRole("region", { name: "half red" });
	const picture = red.getByRole("img");
	await red.getByText("64 × 48, 100 %").waitFor();
	await red.getByRole("group").focus();
	await page.keyboard.press("+");
	await expect.poll(async () => (await picture.boundingBox())?.width).toBe(96);
	await red.getByRole("button", { name: "100 %" }).click();
	await expect.poll(async () => (await picture.boundingBox())?.width).toBe(64);
	await picture.hover();
	await page.keyboard.down("Control");
	await page.mouse.wheel(0, -100);
	await page.keyboard.up("Control");
	await expect.poll(async () => (await picture.boundingBox())?.width).toBe(96);
	await page.getByRole("region", { name: "drawn" }).getByText("120 × 60", { exact: false }).waitFor();
	// With nothing but a viewBox it is as wide as its room, not as nothing.
	await page.getByRole("region", { name: "scaled" }).getByRole("img").scrollIntoViewIfNeeded();
	await expect.poll(async () => (await page.getByRole("region", { name: "scaled" }).getByRole("img").boundingBox())?.width).toBeGreaterThan(300);
	expect(await page.title()).not.toBe("run");
	await visitor.leave();
});

test("a chart is zoomed by dragging and by keys, drawn on a log scale, and with others in one", async () => {
	const { visitor, page } = await visit(`/runs/${shown}?tab=artifacts`);
	const training = page.getByRole("region", { name: "training" });
	const chart = training.getByRole("img", { name: /^loss over 4 steps/ });
	await chart.locator(".u-over").waitFor();
	await chart.scrollIntoViewIfNeeded();
	const box = (await chart.locator(".u-over").boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
	await page.mouse.move(box.x + box.width * 0.3, box.y + 50);
	await page.mouse.down();
	await page.mouse.move(box.x + box.width * 0.9, box.y + 50, { steps: 5 });
	await page.mouse.up();
	const part = training.getByText(/^steps \d to \d/);
	await part.waitFor();
	await chart.locator(".u-over").dblclick();
	await part.waitFor({ state: "detached" });
	await training.getByRole("button", { name: "Zoom into loss" }).focus();
	await page.keyboard.press("+");
	await part.waitFor();
	await page.keyboard.press("0");
	await part.waitFor({ state: "detached" });
	await training.getByRole("button", { name: "Log scale" }).click();
	await training.getByRole("button", { name: "In one chart" }).click();
	await training.getByRole("img", { name: "loss and 1 more over 4 steps: 2 series" }).locator("canvas").waitFor();
	await visitor.leave();
});

test("a million columns are fetched when asked for, can be given up, and leave the page alive", async () => {
	const { visitor, page } = await visit(`/runs/${hostile}?tab=artifacts`);
	const wide = page.getByRole("region", { name: "a million columns" });
	await wide.getByRole("button", { name: /a million columns/ }).click();
	const fetch = wide.getByRole("button", { name: /^Fetch/ });
	// Slow enough to be given up half way.
	await page.route(/runs\.artifact\b/, async (route) => {
		await new Promise((resolve) => setTimeout(resolve, 1_000));
		await route.continue().catch(() => undefined);
	});
	await fetch.click();
	await wide.getByRole("progressbar").waitFor();
	await wide.getByRole("button", { name: "Cancel" }).click();
	await fetch.waitFor();
	await page.unroute(/runs\.artifact\b/);
	await fetch.click();
	await wide.getByText("columns 1 to 200 of 1\u202f000\u202f000").waitFor({ timeout: 60_000 });
	expect(await wide.locator("td, th").count()).toBeLessThan(200);
	await wide.getByLabel("Find a column").fill("c999999");
	await wide.getByRole("button", { name: /^c999999/ }).waitFor();
	await visitor.leave();
}, 120_000);

test("whatever an artifact holds is shown as text or refused calmly", async () => {
	const { visitor, page } = await visit(`/runs/${hostile}?tab=artifacts`);
	await page.getByText("128 artifacts").waitFor();
	for (const [name, there] of [
		["long names", "<b>bold</b>"],
		["no table", "This is no table"],
		["deep quotes", "nests too deep"],
		["deep lists", "nests too deep"],
		["no picture", "are not a picture"],
		["a page", "A text/html is not shown here"],
		["many metrics", "Show more of"],
	] as const) {
		await page.getByLabel("Find an artifact").fill(name);
		await page.waitForURL(new RegExp(`named=${name.split(" ")[0]}`));
		const one = page.getByRole("region", { name });
		const button = one.getByRole("button", { name });
		await button.waitFor();
		if ((await button.getAttribute("aria-expanded")) === "false") await button.click();
		await one.locator("p, bdi, button").filter({ hasText: there }).first().waitFor();
		expect(await visitor.overhang(), name).toBe(0);
	}
	await visitor.leave();
}, 120_000);

test("of many artifacts few are drawn, and a link leads to each", async () => {
	const { visitor, page } = await visit(`/runs/${hostile}?tab=artifacts`);
	await page.getByText("128 artifacts").waitFor();
	expect(await page.getByRole("region").count()).toBeLessThan(60);
	await page.getByLabel("Find an artifact").fill("note 119");
	await page.getByRole("link", { name: "Link to this markdown" }).click();
	await page.waitForURL(/artifact=/);
	const link = new URL(page.url());
	link.searchParams.delete("named");
	await page.goto(link.href);
	await page.getByRole("region", { name: "note 119" }).locator(".prose").getByText("note 119").waitFor();
	await expect.poll(() => page.getByRole("region", { name: "note 119" }).isVisible()).toBe(true);
	await visitor.leave();
});

test("logs and artifacts are accessible and fit, light and wide, dark and narrow", async () => {
	const visitor = await Visitor.member(browser, stack);
	for (const [path, there] of [
		[`/runs/${failed}?tab=logs&times=1`, "red at the end"],
		[`/runs/${shown}?tab=artifacts`, "what was seen"],
		[`/runs/${hostile}?tab=artifacts`, "128 artifacts"],
	] as const) {
		// Rows find their heights as what is in them is opened.
		expect(await visitor.misfits(stack.url + path, visitor.page.getByText(there), { settles: 30_000 }), path).toEqual([]);
	}
	await visitor.leave();
});
