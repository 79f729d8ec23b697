import http from "node:http";
import type { AddressInfo } from "node:net";
import { expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";

test("a real browser runs a page's script, in a secure context on 127.0.0.1", async () => {
	const server = http.createServer((_, answer) => answer.setHeader("content-type", "text/html").end("<h1>tide</h1>"));
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const browser = await launchBrowser();
	try {
		const page = await (await browser.newContext()).newPage();
		await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
		expect(await page.textContent("h1")).toBe("tide");
		expect(await page.evaluate("isSecureContext && typeof crypto.subtle.encrypt")).toBe("function");
	} finally {
		await browser.close();
		server.close();
	}
});
