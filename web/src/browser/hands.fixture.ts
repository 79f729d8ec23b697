/** For browser tests: the two ways in which a person works with a page, so that one path can be gone by either. */
import type { Locator, Page } from "playwright-core";
import { expect } from "vitest";

export interface Hands {
	/** Opens a flow's page, from wherever the person is. */
	openFlow(flow: string): Promise<void>;
	/** Presses a button or follows a link. */
	press(target: Locator): Promise<void>;
	/** Types into a field, in place of what is in it. */
	type(field: Locator, text: string): Promise<void>;
	/** Sends the form in which the field is. */
	send(button: Locator): Promise<void>;
	/** Chooses in a select. */
	choose(select: Locator, value: string): Promise<void>;
}

export function mouse(page: Page): Hands {
	return {
		async openFlow(flow) {
			await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Flows" }).click();
			await page.getByRole("link", { name: flow, exact: true }).click();
		},
		press: (target) => target.click(),
		async type(field, text) {
			await field.click({ clickCount: 3 });
			await page.keyboard.type(text);
		},
		send: (button) => button.click(),
		choose: async (select, value) => void (await select.selectOption(value)),
	};
}

/** More stops than any of the pages has. */
const STOPS = 150;

const focused = (target: Locator): Promise<boolean> => target.evaluate((it) => it === document.activeElement);

/** By Tab, from where the focus is, round the page if need be. */
async function reach(page: Page, target: Locator): Promise<void> {
	await target.waitFor({ timeout: 60_000 });
	for (let n = 0; n < STOPS && !(await focused(target)); n += 1) await page.keyboard.press("Tab");
	expect(await focused(target), `${target} is reached by Tab`).toBe(true);
	// Whoever can't see where the focus is, is lost.
	expect(await target.evaluate((it) => it.matches(":focus-visible")), `${target} shows its focus`).toBe(true);
}

/** No pointer, and nothing but keys. */
export function keyboard(page: Page): Hands {
	let first = true;
	return {
		async openFlow(flow) {
			if (!first) {
				await page.keyboard.press("Control+k");
				await page.keyboard.type(flow);
				await page
					.getByRole("dialog")
					.getByRole("option", { name: new RegExp(`^${flow} ?v\\d+$`), selected: true })
					.waitFor();
				return page.keyboard.press("Enter");
			}
			first = false;
			for (const [key, place] of ["r/runs", "f/flows"].map((each) => each.split("/"))) {
				await page.keyboard.press("g");
				await page.keyboard.press(key as string);
				await page.waitForURL(new RegExp(`/${place}$`));
			}
			const link = page.getByRole("link", { name: flow, exact: true });
			await link.waitFor();
			const rows = await page.locator("[data-row]").count();
			// Down to the last, and up to the one that is meant.
			for (let n = 0; n < rows; n += 1) await page.keyboard.press("j");
			for (let n = 0; n < rows && !(await focused(link)); n += 1) await page.keyboard.press("k");
			expect(await focused(link), "j and k reach the flow").toBe(true);
			await page.keyboard.press("Enter");
		},
		async press(target) {
			await reach(page, target);
			await page.keyboard.press("Enter");
		},
		async type(field, text) {
			await reach(page, field);
			await page.keyboard.press("Control+a");
			await page.keyboard.type(text);
		},
		send: () => page.keyboard.press("Enter"),
		async choose(select, value) {
			await reach(page, select);
			const values = await select.locator("option").evaluateAll((all) => all.map((one) => (one as HTMLOptionElement).value));
			const by = values.indexOf(value) - values.indexOf(await select.inputValue());
			for (let n = 0; n < Math.abs(by); n += 1) await page.keyboard.press(by < 0 ? "ArrowUp" : "ArrowDown");
			await page.keyboard.press("Enter");
		},
	};
}
