// The pages as people meet them, in Chromium: from a click to a page that can be used, for the list of flows, a flow and a run (aim: 300 ms); how much
// JavaScript each loads before it shows something; and what a page that watches a run takes of memory as minutes go by.
import { gzipSync } from "node:zlib";
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../test/browser.ts";
import { type Stack, startStack } from "../test/stack.ts";
import { deploy, project } from "./flows.ts";
import { machine, row, sample } from "./measure.ts";

const CLICKS = 30;
const RUNS = 30;
/** Minutes that a run is watched. */
const WATCHED = 10;

const FLOW = `import time
from tidegate import flow, task

@task
def square(n: int) -> int:
    return n * n

@flow
def small(minutes: float = 0):
    print(sum(square.map(range(20)).results()))
    end = time.time() + minutes * 60
    tick = 0
    while time.time() < end:
        print(f"tick {tick}")
        square(tick)
        tick += 1
        time.sleep(0.1)
`;

async function signIn(browser: Browser, stack: Stack): Promise<Page> {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
	const page = await context.newPage();
	await page.goto(await stack.signInLink());
	await page.waitForURL(`${stack.url}/flows`);
	return page;
}

/** In the page: clicks, and answers after how many milliseconds what was asked for stands there, painted. */
function click([link, there]: [string, string]): Promise<number> {
	const target = [...document.querySelectorAll<HTMLElement>("main a, nav a")].find((a) => new RegExp(link).test(a.getAttribute("href") ?? ""));
	if (!target) throw new Error(`there is no link like ${link} on ${location.pathname}`);
	const began = performance.now();
	target.click();
	return new Promise((resolve) => {
		const look = () => {
			if (document.querySelector(there)) requestAnimationFrame(() => resolve(performance.now() - began));
			else requestAnimationFrame(look);
		};
		look();
	});
}

async function clicks(page: Page): Promise<void> {
	const steps = [
		{ name: "click → flow, its runs", link: "^/flows/small$", there: "main table a[data-row]", taken: [] as number[] },
		{ name: "click → run, its first line", link: "^/runs/[0-9a-f-]{36}", there: "main [role=log] [data-index]", taken: [] as number[] },
		{ name: "click → flows", link: "^/flows$", there: "main ul[aria-label=Flows] a[data-row]", taken: [] as number[] },
	];
	await page.locator("main a[data-row]").first().waitFor();
	await sample(CLICKS, async (i) => {
		for (const { link, there, taken } of steps) {
			const milliseconds = await page.evaluate(click, [link, there] as [string, string]);
			if (i >= 0) taken.push(milliseconds);
		}
		return undefined;
	});
	for (const { name, taken } of steps) row(name, taken);
}

async function firstLoad(stack: Stack, path: string): Promise<void> {
	const html = await (await fetch(stack.url + path)).text();
	const scripts = [...html.matchAll(/<script[^>]*\ssrc="([^"]+)"[^>]*>/g)].filter(([tag]) => !/nomodule/i.test(tag)).map(([, src]) => src as string);
	const load = async (src: string) => gzipSync(Buffer.from(await (await fetch(new URL(src, stack.url))).arrayBuffer())).length;
	const sizes = await Promise.all([...new Set(scripts)].map(load));
	console.log(
		`${`first load of ${path.replace(/[0-9a-f-]{36}/, "RUN")}`.padEnd(34)} ${(sizes.reduce((sum, size) => sum + size, 0) / 1024).toFixed(0)} KiB`,
	);
}

/** Bytes of the page's own heap, after what is no longer reached was let go. */
async function heap(page: Page): Promise<number> {
	const session = await page.context().newCDPSession(page);
	await session.send("HeapProfiler.collectGarbage");
	const { usedSize } = await session.send("Runtime.getHeapUsage");
	await session.detach();
	return usedSize;
}

async function watched(page: Page, stack: Stack): Promise<void> {
	const { id } = await stack.client.trigger("small", { minutes: WATCHED });
	await page.goto(`${stack.url}/runs/${id}`);
	await page.getByRole("log").getByText("tick 1", { exact: true }).waitFor();
	const first = await heap(page);
	for (let minute = 1; minute <= WATCHED; minute += 1) {
		await page.waitForTimeout(60_000);
		// Each minute: who waits for ten of them sees that it goes on.
		const now = `${((await heap(page)) / 1024 / 1024).toFixed(1)} MiB (${(first / 1024 / 1024).toFixed(1)} MiB at first)`;
		console.log(`${`heap after ${minute} of ${WATCHED} min watching`.padEnd(34)} ${now}`);
	}
}

export async function bench(): Promise<void> {
	machine();
	const [stack, browser] = await Promise.all([startStack({ ownPostgres: true }), launchBrowser()]);
	try {
		await deploy(stack, project(stack, "small", { "flow.py": FLOW }));
		const runs = [];
		for (let i = 0; i < RUNS; i++) runs.push(await stack.client.trigger("small"));
		await Promise.all(runs.map((run) => run.result()));
		const page = await signIn(browser, stack);
		await clicks(page);
		for (const path of ["/flows", "/flows/small", `/runs/${runs[0]?.id}`, "/runs", "/agents", "/settings/members", "/docs"])
			await firstLoad(stack, path);
		await watched(page, stack);
	} finally {
		await browser.close();
		await stack.stop();
	}
}
