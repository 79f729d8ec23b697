// A log of 1,000,000 lines on the run's page, in Chromium: when its first line stands there, when all are read, how evenly it scrolls, and how
// long a search over all of it takes. And how long after a running flow wrote a line the page shows it. Each visit is a page of its own with nothing kept but the built scripts.
import type { Browser, Page } from "playwright-core";
import { launchBrowser } from "../test/browser.ts";
import { type Stack, startStack } from "../test/stack.ts";
import { deploy, project } from "./flows.ts";
import { machine, row } from "./measure.ts";

const VISITS = 3;
const LINES = 1_000_000;
const ALL = "1\u202f000\u202f000 lines";
/** Frames that are scrolled through, and pixels of each. */
const FRAMES = 300;
const STEP = 400;

// Written past the SDK's wrapper, as a program that a flow calls does: some 50 bytes a line.
const FLOW = `import os
from tidegate import flow

@flow
def wordy():
    for start in range(0, ${LINES}, 1000):
        lines = (f"step {i:07d} loss {1 / (i + 1):.9f}{' needle' if i % 333_333 == 7 else ''} and on it goes\\n" for i in range(start, start + 1000))
        data = "".join(lines).encode()
        while data:
            data = data[os.write(1, data):]
`;

const TICKS = 60;
const TICKING = `import time
from tidegate import flow

@flow
def ticking():
    time.sleep(3)
    for i in range(${TICKS}):
        print(f"tick {i} {time.time()}")
        time.sleep(0.1)
`;

/** In the page: notes how long after it was written each line is first there. One machine, one clock. */
function follow(): void {
	const late = new Map<string, number>();
	Object.assign(globalThis, { late });
	const look = () => {
		for (const line of document.querySelectorAll("[role=log] bdi")) {
			const [, tick, written] = /^tick (\d+) ([\d.]+)$/.exec(line.textContent ?? "") ?? [];
			if (tick && !late.has(tick)) late.set(tick, Date.now() - Number(written) * 1000);
		}
	};
	new MutationObserver(look).observe(document, { childList: true, subtree: true, characterData: true });
}

async function followed(browser: Browser, stack: Stack): Promise<number[]> {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
	const page = await context.newPage();
	await page.goto(await stack.signInLink());
	await page.waitForURL(`${stack.url}/flows`);
	await page.addInitScript(follow);
	const triggered = await stack.client.trigger("ticking");
	await page.goto(`${stack.url}/runs/${triggered.id}?tab=logs`);
	await page.getByText(`tick ${TICKS - 1} `, { exact: false }).waitFor({ timeout: 60_000 });
	const late = await page.evaluate(() => [...(globalThis as unknown as { late: Map<string, number> }).late.values()]);
	await context.close();
	return late;
}

/** In the page: notes when lines and the count of all were first there, in milliseconds since the visit began. */
function watch(all: string): void {
	const seen: Record<string, number> = {};
	Object.assign(globalThis, { seen });
	const look = () => {
		if (seen.first === undefined && document.querySelector("[role=log] [data-index]")) seen.first = performance.now();
		if (seen.all === undefined && document.body?.textContent?.includes(all)) seen.all = performance.now();
		if (seen.all === undefined) requestAnimationFrame(look);
	};
	look();
}

/** In the page: how long each frame of a steady scroll took, in milliseconds. */
function scroll([frames, step]: [number, number]): Promise<number[]> {
	const log = document.querySelector("[role=log]");
	const taken: number[] = [];
	return new Promise((resolve) => {
		let before = performance.now();
		const next = (now: number) => {
			taken.push(now - before);
			before = now;
			if (taken.length > frames) resolve(taken.slice(1));
			else {
				log?.scrollBy(0, step);
				requestAnimationFrame(next);
			}
		};
		requestAnimationFrame(next);
	});
}

async function search(page: Page): Promise<number> {
	const field = page.getByLabel("Search the log");
	const began = performance.now();
	await field.fill("needle");
	await page.getByText("1 of 3", { exact: true }).waitFor({ timeout: 120_000 });
	return performance.now() - began;
}

async function visit(browser: Browser, stack: Stack, run: string) {
	const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
	const page = await context.newPage();
	await page.goto(await stack.signInLink());
	await page.waitForURL(`${stack.url}/flows`);
	await page.addInitScript(watch, ALL);
	await page.goto(`${stack.url}/runs/${run}?tab=logs`);
	await page.waitForFunction(() => (globalThis as unknown as { seen: Record<string, number> }).seen.all !== undefined, undefined, {
		timeout: 300_000,
	});
	const seen = await page.evaluate(() => (globalThis as unknown as { seen: { first: number; all: number } }).seen);
	const frames = await page.evaluate(scroll, [FRAMES, STEP] as [number, number]);
	// Past what a browser lays out: the last line must still be reached.
	await page.getByRole("log").focus();
	await page.keyboard.press("End");
	await page
		.getByRole("log")
		.getByText(`step ${String(LINES - 1).padStart(7, "0")} `, { exact: false })
		.waitFor();
	const searched = await search(page);
	await context.close();
	return { ...seen, frames, searched };
}

export async function bench(): Promise<void> {
	machine();
	const [stack, browser] = await Promise.all([startStack({ ownPostgres: true }), launchBrowser()]);
	try {
		await deploy(stack, project(stack, "wordy", { "flow.py": FLOW }));
		await deploy(stack, project(stack, "ticking", { "flow.py": TICKING }));
		const late = await followed(browser, stack);
		const triggered = await stack.client.trigger("wordy");
		await triggered.result();
		const visits = [];
		for (let i = 0; i < VISITS; i++) visits.push(await visit(browser, stack, triggered.id));
		row(
			"visit → first line",
			visits.map(({ first }) => first),
		);
		row(
			`visit → ${LINES.toLocaleString("en")} lines read`,
			visits.map(({ all }) => all),
		);
		row(
			`scrolling ${STEP} pixels: a frame`,
			visits.flatMap(({ frames }) => frames),
		);
		row(
			"the worst frame of a visit",
			visits.map(({ frames }) => Math.max(...frames)),
		);
		row(
			"searching all lines",
			visits.map(({ searched }) => searched),
		);
		row("a line written → seen", late);
	} finally {
		await browser.close();
		await stack.stop();
	}
}
