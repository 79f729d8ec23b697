import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { Renewal } from "./renew.ts";

const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** What a page that shows these holds, and how often each was asked for. */
function page() {
	const client = new QueryClient();
	const asked: Record<string, number> = {};
	const show = (path: string, flow?: string) => {
		const name = flow ? `${path} ${flow}` : path;
		const queryFn = () => {
			asked[name] = (asked[name] ?? 0) + 1;
			return name;
		};
		return new QueryObserver(client, { queryKey: [path.split("."), { input: { flow }, type: "query" }], queryFn, staleTime: 1e9 }).subscribe(
			() => {},
		);
	};
	return { client, asked, show };
}

test("a change asks again for the lists of its flow and of all flows, and for no other flow's", async () => {
	const { client, asked, show } = page();
	for (const flow of ["birds", "fish"]) for (const path of ["flows.get", "flows.grid"]) show(path, flow);
	show("runs.list");
	show("flows.list");
	show("agents.list");
	await pass(10);
	const renewal = new Renewal(client);
	renewal.heard({ flow: "birds", run: "1" });
	await pass(900);
	const twice = Object.keys(asked).filter((name) => asked[name] === 2);
	expect(twice.sort()).toEqual(["flows.get birds", "flows.grid birds", "flows.list", "runs.list"]);
	renewal.stop();
});

test("lost hints ask for every flow's lists, and what is not shown is asked for by nobody", async () => {
	const { client, asked, show } = page();
	show("flows.get", "fish");
	const hide = show("flows.grid", "fish");
	await pass(10);
	hide();
	const renewal = new Renewal(client);
	renewal.heard({ flow: null, run: null });
	await pass(900);
	expect(asked).toEqual({ "flows.get fish": 2, "flows.grid fish": 1 });
	renewal.stop();
});

test("however fast runs change, all flows are listed once in two seconds, and the last change is not missed", async () => {
	const { client, asked, show } = page();
	show("flows.list");
	show("runs.list");
	await pass(10);
	const renewal = new Renewal(client);
	const end = performance.now() + 5_000;
	while (performance.now() < end) {
		renewal.heard({ flow: "birds", run: "1" });
		await pass(50);
	}
	const [all, some] = [asked["flows.list"] ?? 0, asked["runs.list"] ?? 0];
	// At 0.4, 2.4 and 4.4 s, and once at first.
	expect(all).toBeGreaterThanOrEqual(2);
	expect(all).toBeLessThanOrEqual(4);
	expect(some).toBeGreaterThan(all);
	await expect.poll(() => asked["flows.list"], { timeout: 10_000 }).toBe(all + 1);
	renewal.stop();
});
