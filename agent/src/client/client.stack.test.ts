import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { packageFolder } from "../config.ts";
import { type Client, createClient, type Happening, KeyError, ParameterError, SealError } from "./index.ts";

const FLOWS = `import time
from tidegate import flow, task

@flow
def add(a: int = 1, b: int = 2):
    return {"sum": a + b}

@flow
def divide(by: int):
    return 1 / by

@flow
def count(to: int = 40):
    for n in range(to):
        print("count", n)
        time.sleep(0.05)
    return to
`;

let stack: Stack;
/** As it ships: the bundle that `import "tidegate/client"` gives. */
let client: Client;

beforeAll(async () => {
	stack = await startStack({ pages: false, slots: 4 });
	const shipped = (await import(pathToFileURL(join(packageFolder, "dist/client.mjs")).href)) as { createClient: typeof createClient };
	client = shipped.createClient({ url: `${stack.url}/`, apiKey: stack.workspace.apiKey, workspaceKey: stack.workspace.workspaceKey });
	const folder = join(stack.dir, "flows");
	mkdirSync(folder);
	writeFileSync(join(folder, "flows.py"), FLOWS);
	expect(await stack.cli(["deploy", folder])).toMatchObject({ code: 0 });
});
afterAll(() => stack?.stop());

describe("the typed client", () => {
	it("seals parameters, waits, and opens the result", async () => {
		const run = await client.trigger("add", { a: 40 });
		expect(run.url).toBe(`${stack.url}/runs/${run.id}`);
		expect(await run.result()).toEqual({ sum: 42 });
		const again = await client.run(run.id);
		expect(await again.result()).toEqual({ sum: 42 });
		expect((await client.runs({ flow: "add" })).runs.map(({ id }) => id)).toEqual([run.id]);
	});

	it("follows the live version, though it knows an earlier one, also into parameters that are new", async () => {
		const folder = join(stack.dir, "moving");
		mkdirSync(folder);
		const deployed = async (code: string) => {
			writeFileSync(join(folder, "moving.py"), `from tidegate import flow\n\n@flow\ndef moving(${code}\n`);
			expect(await stack.cli(["deploy", folder])).toMatchObject({ code: 0 });
		};
		await deployed("n: int = 1):\n    return n");
		expect(await (await client.trigger("moving", { n: 5 })).result()).toBe(5);
		await deployed("n: int = 1):\n    return n + 1");
		expect(await (await client.trigger("moving", { n: 5 })).result()).toBe(6);
		await deployed("m: int = 1):\n    return m * 3");
		expect(await (await client.trigger("moving", { m: 5 })).result()).toBe(15);
		expect(await (await client.trigger("moving", {}, { version: 1 })).result()).toBe(1);
		await expect(client.trigger("moving", { n: 5 })).rejects.toBeInstanceOf(Error);
	});

	it("throws the flow's own error, with its traceback", async () => {
		const run = await client.trigger("divide", { by: 0 });
		await expect(run.result()).rejects.toMatchObject({
			name: "RunFailed",
			run: run.id,
			state: "failed",
			type: "ZeroDivisionError",
			message: "ZeroDivisionError: division by zero",
			traceback: expect.stringContaining("return 1 / by"),
		});
	});

	it("refuses parameters that do not fit before anything is sent", async () => {
		await expect(client.trigger("divide", {})).rejects.toThrow('parameter "by": expected an integer, but it was not given and has no default');
		await expect(stack.client.trigger("add", { a: "1" })).rejects.toThrow(ParameterError);
		expect((await client.runs({ flow: "divide" })).runs).toHaveLength(1);
	});

	it("runs a version other than the live one by its number, and not one that is not there", async () => {
		expect(await (await client.trigger("add", { b: 0 }, { version: 1, labels: { of: "one" } })).result()).toEqual({ sum: 1 });
		await expect(client.trigger("add", {}, { version: 7 })).rejects.toThrow(/7/);
	});

	it("without the workspace key triggers with defaults, and says what it cannot do", async () => {
		const blind = createClient({ url: stack.url, apiKey: stack.workspace.apiKey });
		const run = await blind.trigger("add");
		await expect(run.result()).rejects.toThrow(/needs the workspace key/);
		const refused = await blind.trigger("add", { a: 1 }).catch((error) => error);
		expect(refused).toBeInstanceOf(KeyError);
		expect(refused.message).toMatch(/needs the workspace key/);
		expect(await (await client.run(run.id)).result()).toEqual({ sum: 3 });
	});

	it("with another workspace key says so by both ids, and with none that could be one at once", async () => {
		const wrong = createClient({ url: stack.url, apiKey: stack.workspace.apiKey, workspaceKey: `tgk_${"A".repeat(43)}` });
		const refused = await wrong.trigger("add", { a: 1 }).catch((error) => error);
		expect(refused).toBeInstanceOf(KeyError);
		expect(refused.message).toMatch(new RegExp(`wrong workspace key: this one has id [0-9a-f]{16}, .* ${stack.workspace.kid}`));
		const none = (workspaceKey: string) => () => createClient({ url: stack.url, apiKey: "tg_x", workspaceKey });
		expect(none("tgk_short")).toThrow(SealError);
		expect(none("tgk_short")).toThrow(/a workspace key looks like/);
		expect(none("")).toThrow(/workspaceKey is missing\..* Is TIDEGATE_WORKSPACE_KEY set\?/);
	});

	it("is refused in a few lines, where nobody catches it, with a reason for who does", async () => {
		const error = await client.trigger("nothing").catch((thrown) => thrown);
		expect(error).toMatchObject({ name: "TRPCClientError", data: { reason: "unknown_flow" } });
		expect(error.meta.response.status).toBe(404);
		expect(inspect(error).split("\n").length).toBeLessThan(40);
	});

	it("refuses settings that are missing by their names, before anything is sent", () => {
		expect(() => createClient({ url: stack.url, apiKey: undefined })).toThrow(
			/apiKey is missing\. It is an API key \(tg_…\)\. Is TIDEGATE_API_KEY set\?/,
		);
		expect(() => createClient({ url: "", apiKey: "tg_x" })).toThrow(/url is missing/);
	});

	it("stops watching when it is told to, and the run goes on", async () => {
		const run = await client.trigger("count", { to: 40 });
		const stop = new AbortController();
		const seen: Happening[] = [];
		for await (const happening of run.watch({ signal: stop.signal })) {
			seen.push(happening);
			if (happening.type === "lines") stop.abort();
		}
		expect(seen.some(({ type }) => type === "ended")).toBe(false);
		await run.cancel();
		await expect(run.result()).rejects.toMatchObject({ state: "cancelled" });
	});

	it("misses no line and repeats none when the control plane is killed and comes back", async () => {
		const run = await client.trigger("count", { to: 60 });
		const lines: string[] = [];
		const connection: string[] = [];
		let killed: Promise<void> | undefined;
		for await (const happening of run.watch({ onConnection: (state) => connection.push(state) })) {
			if (happening.type !== "lines") continue;
			lines.push(...happening.lines.map((line) => line.m));
			killed ??= stack.controlPlane.kill().then(() => stack.controlPlane.start());
		}
		await killed;
		expect(lines).toEqual(Array.from({ length: 60 }, (_, n) => `count ${n}`));
		expect(connection).toEqual(["lost", "back"]);
	});
});
