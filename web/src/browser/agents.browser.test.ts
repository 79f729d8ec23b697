import path from "node:path";
import pg from "pg";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Part } from "../../../infra/part.ts";
import { endRuns, startAgent } from "../../../infra/start/stages/agent.ts";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deployFlow } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { Visitor } from "./visitor.fixture.ts";

let stack: Stack;
let browser: Browser;
let home: string;
let agent: Part | undefined;

/** Starts the enrolled agent of `home`, as its machine's person does. */
const start = async (): Promise<void> => {
	agent = await startAgent({
		...{ home, logs: path.join(stack.logs, "added"), url: stack.url, pool: "default", name: "wh-07", slots: 2 },
		...{ apiKey: stack.workspace.apiKey, workspaceKey: stack.workspace.workspaceKey },
	});
};

beforeAll(async () => {
	[stack, browser] = await Promise.all([startStack({ agents: 0 }), launchBrowser()]);
	home = path.join(stack.dir, "added");
	await deployFlow(stack, "slow", "time.sleep(600)");
});

afterAll(async () => {
	await browser?.close();
	await agent?.stop();
	if (home) await endRuns(home).catch(() => undefined);
	await stack?.stop();
});

async function sql(text: string, params: unknown[] = []): Promise<void> {
	const client = new pg.Client({ connectionString: stack.databaseUrl });
	await client.connect();
	await client.query(text, params).finally(() => client.end());
}

async function arrive(): Promise<Visitor> {
	const visitor = await Visitor.member(browser, stack, "/agents");
	await visitor.page.getByRole("heading", { name: "default" }).waitFor();
	return visitor;
}

test("whoever adds an agent is given the command, and sees it arrive and go online by its own name", async () => {
	const visitor = await arrive();
	const { page } = visitor;
	await page.getByText("No agent serves this pool yet").waitFor();
	await page.getByRole("button", { name: "Add an agent to default" }).click();
	await page.getByRole("button", { name: "Make a token" }).click();
	const dialog = page.getByRole("dialog", { name: "Add an agent" });
	await dialog.getByText("Waiting for it to arrive").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	const command = (await dialog.getByLabel("Enrol the agent", { exact: true }).textContent()) ?? "";
	expect(command).toMatch(new RegExp(`^tidegate agent enrol tge_[\\w-]{43} --url ${stack.url} --key$`));
	// As shown, but the key comes by the environment: nobody is there to type it.
	const words = command.split(" ").slice(1, -1);
	const said = await stack.cli([...words, "--name", "wh-07", "--home", home], { env: { TIDEGATE_WORKSPACE_KEY: stack.workspace.workspaceKey } });
	expect(said).toMatchObject({ code: 0, stderr: "" });
	await dialog.getByText("wh-07 is enrolled. Start it there").waitFor();
	await start();
	await dialog.getByText("wh-07 is online, with 2 slots").waitFor();
	await dialog.getByRole("button", { name: "Done" }).click();
	const row = page.getByRole("listitem", { name: "wh-07" });
	await row.getByText("online").waitFor();
	await row.getByRole("img", { name: "0 of 2 slots in use" }).waitFor();
	await visitor.leave();
});

test("slots fill and free live; drain, limit and pause keep runs waiting, and the run's page says which", async () => {
	const visitor = await arrive();
	const { page } = visitor;
	const row = page.getByRole("listitem", { name: "wh-07" });
	const pool = page.getByRole("region", { name: "Pool default" });
	await row.getByText("online").waitFor();
	const runs = [];
	for (const _ of "123") runs.push(await stack.client.trigger("slow"));
	await row.getByRole("img", { name: "2 of 2 slots in use" }).waitFor();
	expect(await row.locator("[data-slot=filled]").count()).toBe(2);
	await pool.getByText("1 queued").waitFor();
	await row.getByRole("link", { name: "slow" }).first().waitFor();
	const waiting = await Visitor.member(browser, stack, `/runs/${runs[2]?.id}`);
	await waiting.page.getByText("has all its 2 slots taken").waitFor();

	await pool.getByRole("button", { name: "Limit and lease of default" }).click();
	await page.getByLabel("Runs at once").fill("two");
	await page.getByRole("button", { name: "Save" }).click();
	await page.getByText("A whole number of at least 1").waitFor();
	await page.getByLabel("Runs at once").fill("1");
	await page.getByRole("button", { name: "Save" }).click();
	await pool.getByText("2 of at most 1 run").waitFor();
	await waiting.page.getByText("is at its limit of 1 run at once").waitFor();

	await row.getByRole("button", { name: "Drain: wh-07" }).click();
	await row.getByText("draining").waitFor();
	await waiting.page.getByText("The only agent that is online is draining").waitFor();
	await Promise.all(runs.slice(0, 2).map((run) => stack.client.api.runs.cancel.mutate({ id: run.id })));
	await row.getByRole("img", { name: "0 of 2 slots in use" }).waitFor({ timeout: 60_000 });
	await pool.getByRole("button", { name: "Pause pool default" }).click();
	await waiting.page.getByText("is paused").waitFor();
	await row.getByRole("button", { name: "Undo drain: wh-07" }).click();
	await row.getByText("online").waitFor();
	await pool.getByText("1 queued").waitFor();
	await pool.getByRole("button", { name: "Resume pool default" }).click();
	await row.getByRole("img", { name: "1 of 2 slots in use" }).waitFor();
	await waiting.page.locator("h1", { hasText: "Running for" }).waitFor();
	await pool.getByText("queue empty").waitFor();
	await waiting.leave();
	await visitor.leave();
});

test("a name is refused beside its field, an older release is told, a revocation says what follows and holds", async () => {
	const visitor = await arrive();
	const { page } = visitor;
	await page.getByRole("button", { name: "New pool" }).click();
	await page.getByLabel("Name", { exact: true }).fill("default");
	await page.getByRole("button", { name: "Make the pool" }).click();
	await page.getByText('There is a pool "default" already.').waitFor();
	await page.getByLabel("Name", { exact: true }).fill("two words");
	await page.getByRole("button", { name: "Make the pool" }).click();
	await page.getByText("Use letters, digits").waitFor();
	await page.getByLabel("Name", { exact: true }).fill("gpu");
	await page.getByRole("button", { name: "Make the pool" }).click();
	await page.getByRole("heading", { name: "gpu" }).waitFor();
	await sql(
		`INSERT INTO agent (id, workspace_id, pool_id, name, sign_key, device_key, host, version, slots)
			SELECT gen_random_uuid(), workspace_id, id, 'old-one', '\\x00', '\\x00', $1, '0.0.9', 3 FROM pool WHERE name = 'gpu'`,
		['<img src=x onerror="document.title=1">\u202e'.repeat(6)],
	);
	const old = page.getByRole("listitem", { name: "old-one" });
	await old.getByText("older").waitFor();
	await old.getByText("not started").waitFor();
	await old.getByRole("button", { name: "Rename or revoke old-one" }).click();
	await page.getByLabel("Name", { exact: true }).fill("wh-07");
	await page.getByRole("button", { name: "Rename", exact: true }).click();
	await page.getByText('There is an agent named "wh-07"').waitFor();
	await page.getByLabel("Name", { exact: true }).fill("older-one");
	await page.getByRole("button", { name: "Rename", exact: true }).click();
	await page.getByRole("listitem", { name: "older-one" }).waitFor();

	const row = page.getByRole("listitem", { name: "wh-07" });
	await row.getByRole("button", { name: "Rename or revoke wh-07" }).click();
	await page.getByRole("button", { name: "Revoke…" }).click();
	await page.getByText("1 run that it has goes to the queue").waitFor();
	expect(await visitor.unaxed()).toEqual([]);
	await page.getByRole("button", { name: "Keep" }).click();
	await row.getByText("online").waitFor();
	const other = page.getByRole("listitem", { name: "older-one" });
	await other.getByRole("button", { name: "Rename or revoke older-one" }).click();
	await page.getByRole("button", { name: "Revoke…" }).click();
	await page.getByText("It has no run now").waitFor();
	await page.getByRole("button", { name: "Revoke the agent" }).click();
	await page.getByText("1 revoked").waitFor();
	await visitor.leave();
});

test("after the control plane was away the page goes on by itself; an agent that is killed shows as away", async () => {
	const visitor = await arrive();
	const { page } = visitor;
	const row = page.getByRole("listitem", { name: "wh-07" });
	await row.getByText("online").waitFor();
	await stack.controlPlane.kill();
	await page.getByText("offline", { exact: true }).waitFor();
	await stack.controlPlane.start();
	await page.getByText("live", { exact: true }).waitFor();
	await stack.cli(["pool", "create", "after-the-restart"]);
	await page.getByRole("heading", { name: "after-the-restart" }).waitFor();
	await row.getByText("online").waitFor();
	if (agent) process.kill(agent.who.pid, "SIGKILL");
	await row.getByText("away").waitFor();
	visitor.forgive(/WebSocket connection|Failed to fetch|ERR_CONNECTION/);
	await visitor.leave();
});

test("a token that expired unused is told, and another is offered", async () => {
	const visitor = await Visitor.arrive(browser);
	const { page } = visitor;
	await page.clock.install();
	await visitor.signIn(stack, false, "/agents");
	await page.getByRole("button", { name: "Add an agent to default" }).click();
	await page.getByRole("button", { name: "Make a token" }).click();
	const code = page.getByLabel("Enrol the agent", { exact: true });
	const first = await code.textContent();
	await page.clock.fastForward("01:00:05");
	await page.getByText("The token has expired").waitFor();
	await page.getByRole("button", { name: "Make another" }).click();
	await expect.poll(() => code.textContent()).not.toBe(first);
	await visitor.leave();
});

test("the agents page is accessible and fits, light and wide, dark and narrow", async () => {
	const visitor = await Visitor.member(browser, stack);
	expect(await visitor.misfits(`${stack.url}/agents`, visitor.page.getByRole("listitem", { name: "wh-07" }))).toEqual([]);
	await visitor.leave();
});
