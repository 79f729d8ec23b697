/** For browser tests: a person with a fresh browser before a real stack. What must never happen on any page is collected and asserted at the end. */
import axe from "axe-core";
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect } from "vitest";
import type { Stack } from "../../../infra/test/stack.ts";

/** Nobody's screen is narrower. */
export const NARROW = { width: 360, height: 740 };
export const WIDE = { width: 1440, height: 900 };
/** Those that every page must hold. */
export const LOOKS = [
	["light", WIDE],
	["dark", NARROW],
] as const;

/** Who is signed in and not here just now, by browser. */
const away = new WeakMap<Browser, BrowserContext>();

export class Visitor {
	readonly page: Page;
	readonly context: BrowserContext;
	/** Comes back by `member`. */
	#stays = false;
	/** Violations of the content policy, exceptions in the page, and errors on its console. */
	complaints: string[] = [];
	#looked = 0;

	private constructor(context: BrowserContext, page: Page) {
		this.context = context;
		this.page = page;
		page.on("pageerror", (error) => this.complaints.push(error.message));
		page.on("console", (message) => {
			// A refused request is an answer; what the page does with it is asserted where it matters.
			if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) this.complaints.push(message.text());
		});
	}

	/** Whoever asks for less motion sees each page as it stays, at once: nothing is judged on its way there. */
	static async arrive(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
		const context = await browser.newContext({ locale: "en-GB", viewport: WIDE, reducedMotion: "reduce", ...options });
		await context.addInitScript(() => {
			document.addEventListener("securitypolicyviolation", (event) =>
				console.error(`policy violated: ${event.violatedDirective} ${event.blockedURI}`),
			);
		});
		return new Visitor(context, await context.newPage());
	}

	/**
	 * Somebody who is signed in and unlocked, with nothing open and nothing remembered but the key: the same person from
	 * case to case, since to sign in anew costs more than what most cases look at.
	 * @param where what is opened; nothing, if left out
	 */
	static async member(
		browser: Browser,
		stack: Pick<Stack, "url" | "signInLink">,
		where?: string,
		{ viewport = WIDE, colorScheme = "light" }: Pick<BrowserContextOptions, "viewport" | "colorScheme"> = {},
	): Promise<Visitor> {
		const context = away.get(browser);
		away.delete(browser);
		const visitor = context ? new Visitor(context, await context.newPage()) : await Visitor.arrive(browser);
		visitor.#stays = true;
		if (viewport) await visitor.page.setViewportSize(viewport);
		await visitor.page.emulateMedia({ colorScheme });
		if (!context) await visitor.signIn(stack, false, where);
		else if (where) await visitor.page.goto(`${stack.url}${where}`);
		return visitor;
	}

	/** Opens a one-time link. @param sealed leaves the workspace key out of it @param where it leads to */
	async signIn(stack: Pick<Stack, "url" | "signInLink">, sealed = false, where?: string): Promise<void> {
		const link = new URL(await stack.signInLink());
		if (sealed) link.hash = link.hash.replace(/&key=.*$/, "");
		if (where) link.searchParams.set("back", where);
		await this.page.goto(link.href);
		const { origin, pathname } = new URL(where ?? "/flows", stack.url);
		await this.page.waitForURL((url) => url.origin === origin && url.pathname === pathname);
		await this.page.getByRole("banner").getByText("live", { exact: true }).waitFor();
	}

	/** @returns what axe finds against WCAG 2.2 AA, as `rule: element`. @param but a selector of what is left out */
	async unaxed(but?: string): Promise<string[]> {
		// Brought once for each page: to read it takes longer than what it then does.
		if (!(await this.page.evaluate(() => "axe" in window))) await this.page.evaluate(axe.source);
		const { violations } = await this.page.evaluate(
			([exclude, values]) =>
				(window as unknown as { axe: typeof axe }).axe.run({ exclude }, { runOnly: { type: "tag", values }, resultTypes: ["violations"] }),
			[but ? [but] : [], ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]] as [string[], string[]],
		);
		return violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`));
	}

	/** The same, of a page that may still find its layout, in which axe would find fault. @param settles how many milliseconds it may take for that */
	async unaxedSettled(settles: number, but?: string): Promise<string[]> {
		let found = await this.unaxed(but);
		for (const end = Date.now() + settles; found.length > 0 && Date.now() < end; found = await this.unaxed(but)) await this.page.waitForTimeout(200);
		return found;
	}

	/** How many pixels the page is wider than its window. */
	overhang(): Promise<number> {
		return this.page.evaluate(() => Math.max(0, (document.scrollingElement?.scrollWidth ?? 0) - window.innerWidth));
	}

	/**
	 * Looks at a page light and wide, and dark and narrow, loading it once: every second page narrow, since one that
	 * is loaded so is not one that became so.
	 * @param there shown when the page is
	 * @param but a selector of what axe leaves out
	 * @param settles as in `unaxedSettled`
	 * @returns what axe finds and by how much the page hangs over, empty when all is well
	 */
	async misfits(url: string, there: Locator, { but, settles = 2_000 }: { but?: string; settles?: number } = {}): Promise<string[]> {
		const wrong: string[] = [];
		this.#looked += 1;
		for (const [nth, [colorScheme, viewport]] of (this.#looked % 2 ? LOOKS : LOOKS.toReversed()).entries()) {
			await this.page.emulateMedia({ colorScheme });
			await this.page.setViewportSize(viewport);
			if (nth === 0) await this.page.goto(url);
			await there.first().waitFor({ state: "attached" });
			const found = await this.unaxedSettled(settles, but);
			const overhang = await this.overhang();
			if (overhang > 0) found.push(`hangs over by ${overhang} pixels`);
			wrong.push(...found.map((one) => `${colorScheme}, ${viewport.width} pixels wide: ${one}`));
		}
		return wrong;
	}

	/** Leaves out complaints that a test provoked. */
	forgive(which: RegExp): void {
		this.complaints = this.complaints.filter((complaint) => !which.test(complaint));
	}

	async leave(): Promise<void> {
		const browser = this.context.browser();
		if (this.#stays && browser && !away.has(browser)) {
			await this.page.evaluate(() => localStorage.clear());
			await this.context.clearPermissions();
			await Promise.all(this.context.pages().map((page) => page.close()));
			away.set(browser, this.context);
		} else await this.context.close();
		expect(this.complaints).toEqual([]);
	}
}
