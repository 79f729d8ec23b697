import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Renewal } from "./renew.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
	await vi.advanceTimersByTimeAsync(10);
	const renewal = new Renewal(client);
	renewal.heard({ flow: "birds", run: "1" });
	await vi.advanceTimersByTimeAsync(500);
	const twice = Object.keys(asked).filter((name) => asked[name] === 2);
	expect(twice.sort()).toEqual(["flows.get birds", "flows.grid birds", "flows.list", "runs.list"]);
	renewal.stop();
});

test("lost hints ask for every flow's lists, and what is not shown is asked for by nobody", async () => {
	const { client, asked, show } = page();
	show("flows.get", "fish");
	const hide = show("flows.grid", "fish");
	await vi.advanceTimersByTimeAsync(10);
	hide();
	const renewal = new Renewal(client);
	renewal.heard({ flow: null, run: null });
	await vi.advanceTimersByTimeAsync(500);
	expect(asked).toEqual({ "flows.get fish": 2, "flows.grid fish": 1 });
	renewal.stop();
});

test("however fast runs change, all flows are listed once in two seconds, and the last change is not missed", async () => {
	const { client, asked, show } = page();
	show("flows.list");
	show("runs.list");
	await vi.advanceTimersByTimeAsync(10);
	const renewal = new Renewal(client);
	for (let at = 0; at < 100; at++) {
		renewal.heard({ flow: "birds", run: "1" });
		await vi.advanceTimersByTimeAsync(100);
	}
	await vi.advanceTimersByTimeAsync(2_500);
	expect(asked["flows.list"]).toBeLessThanOrEqual(1 + 6);
	expect(asked["flows.list"]).toBeGreaterThanOrEqual(1 + 5);
	expect(asked["runs.list"]).toBeGreaterThan(20);
	const before = { ...asked };
	renewal.heard({ flow: "birds", run: "1" });
	await vi.advanceTimersByTimeAsync(500);
	expect(asked["flows.list"]).toBe((before["flows.list"] ?? 0) + 1);
	renewal.stop();
});
