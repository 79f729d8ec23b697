/** A whole first day, over everything that is real: from an invite to two runs that are compared; once by mouse, once by keyboard alone. */
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Part } from "../../../infra/part.ts";
import { endRuns, startAgent } from "../../../infra/start/stages/agent.ts";
import { launchBrowser } from "../../../infra/test/browser.ts";
import { deploy } from "../../../infra/test/proofs/projects.ts";
import { type Stack, startStack } from "../../../infra/test/stack.ts";
import { CLIENT, Idp, signInAt } from "../server/oidc/idp.fixture.ts";
import { type Hands, keyboard, mouse } from "./hands.fixture.ts";
import { Visitor } from "./visitor.fixture.ts";

const COLLEAGUE = "ada@corp.test";
const LONG = { timeout: 60_000 };

const weighing = `from tidegate import flow, log, task
import time

@task
def weigh(bird: int, grams: int) -> int:
    log.info(f"bird {bird} sits")
    time.sleep(0.5)
    if grams < 1:
        raise ValueError(f"the scale reads {grams} g")
    return bird * grams

@flow
def weighing(birds: int = 3, grams: int = 100):
    """Weighs one bird after the other."""
    return [weigh(bird, grams) for bird in range(birds)]
`;

let stack: Stack;
let browser: Browser;
let idp: Idp;
let added: Part | undefined;
let home: string;

beforeAll(async () => {
	[idp, browser] = await Promise.all([Idp.start(), launchBrowser()]);
	const env = {
		TIDEGATE_OIDC_ISSUER: idp.issuer,
		TIDEGATE_OIDC_CLIENT_ID: CLIENT.id,
		TIDEGATE_OIDC_CLIENT_SECRET: CLIENT.secret,
		TIDEGATE_OIDC_NAME: "Corp",
		TIDEGATE_OIDC_DOMAINS: "corp.test",
		TIDEGATE_OIDC_ORGANIZATION: "Local",
		TIDEGATE_OIDC_ROLE: "viewer",
	};
	stack = await startStack({ agents: 0, env });
	home = path.join(stack.dir, "added");
	idp.serve([`${stack.url}/api/auth/callback/oidc`]);
	idp.people.set("ada", { email: COLLEAGUE, email_verified: true, name: "Ada of Corp" });
});

afterAll(async () => {
	await browser?.close();
	await added?.stop();
	if (home) await endRuns(home).catch(() => undefined);
	await stack?.stop();
	await idp?.stop();
});

/** The colleague in a browser of her own, unlocked by what the link brought. */
async function joined(owner: Visitor): Promise<Visitor> {
	await owner.page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Settings" }).click();
	await owner.page.getByRole("button", { name: "Invite", exact: true }).click();
	await owner.page.getByLabel("E-mail").fill(COLLEAGUE);
	await owner.page.getByLabel("Role", { exact: true }).selectOption("admin");
	await owner.page.getByRole("button", { name: "Make the invite" }).click();
	const link = (await owner.page.locator("[role=dialog] pre").textContent()) as string;
	expect(link).toContain(`&key=${stack.workspace.workspaceKey}`);
	const guest = await Visitor.arrive(browser);
	const sent: string[] = [];
	guest.page.on("request", (request) => sent.push(`${request.url()} ${request.postData() ?? ""} ${JSON.stringify(request.headers())}`));
	await guest.page.goto(link);
	await guest.page.getByText("it is kept in this browser").waitFor();
	await guest.page.getByRole("button", { name: "Continue with Corp" }).click();
	await signInAt(guest.page, "ada");
	await guest.page.waitForURL(`${stack.url}/flows`);
	await guest.page.getByText(`unlocked ${stack.workspace.kid.slice(0, 8)}`).waitFor();
	await guest.page.getByText(COLLEAGUE).waitFor();
	expect(sent.filter((text) => text.includes(stack.workspace.workspaceKey.slice(4)))).toEqual([]);
	return guest;
}

/** By the command that the page prints, in a home of its own, as on another machine. */
async function addAgent({ page }: Visitor): Promise<void> {
	await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Agents" }).click();
	await page.getByRole("button", { name: "Add an agent to default" }).click();
	await page.getByRole("button", { name: "Make a token" }).click();
	const dialog = page.getByRole("dialog", { name: "Add an agent" });
	const command = (await dialog.getByLabel("Enrol the agent", { exact: true }).textContent()) ?? "";
	expect(command).toMatch(/^tidegate agent enrol tge_.* --key$/);
	// As shown, but the key comes by the environment: nobody is there to type it.
	const words = [...command.split(" ").slice(1, -1), "--name", "wh-07", "--home", home];
	const { apiKey, workspaceKey } = stack.workspace;
	expect(await stack.cli(words, { env: { TIDEGATE_WORKSPACE_KEY: workspaceKey } })).toMatchObject({ code: 0, stderr: "" });
	await dialog.getByText("wh-07 is enrolled. Start it there").waitFor();
	added = await startAgent({
		...{ home, logs: path.join(stack.logs, "added"), url: stack.url, pool: "default", name: "wh-07", slots: 2 },
		...{ apiKey, workspaceKey },
	});
	await dialog.getByText("wh-07 is online, with 2 slots").waitFor(LONG);
	expect(await dialog.getByRole("status").locator(".text-succeeded").count()).toBe(1);
	await dialog.getByRole("button", { name: "Done" }).click();
}

const RUN = /\/runs\/[0-9a-f-]{36}$/;

/** Runs, reads, runs again and compares: what most days consist of. */
async function work({ page }: Visitor, hands: Hands): Promise<void> {
	const button = (name: string | RegExp) => page.getByRole("button", { name, exact: true });
	const field = (name: string) => page.getByLabel(name, { exact: true });
	const begun = async (but?: string): Promise<string> => {
		await page.waitForURL((url) => RUN.test(url.pathname) && !(but && url.pathname.includes(but)), LONG);
		return new URL(page.url()).pathname.split("/")[2] as string;
	};
	const loaded = await page.evaluate(() => performance.timeOrigin);

	// A wrong value is told at its field, and the right one runs.
	await hands.openFlow("weighing");
	await page.locator("h1", { hasText: "weighing" }).waitFor();
	await hands.press(page.getByRole("link", { name: "Run weighing" }));
	await hands.type(field("birds"), "many");
	await hands.send(button(/^Run v\d+$/));
	await page.getByText("1 value needs another look. Nothing was sent.").waitFor();
	const described = (await field("birds").getAttribute("aria-describedby")) ?? "";
	expect(await page.locator(`[id="${described.split(" ").at(-1)}"]`).textContent()).toContain('expected an integer, got "many"');
	await hands.type(field("birds"), "8");
	await hands.send(button(/^Run v\d+$/));
	const good = await begun();

	// Its lines come while it runs.
	await page.getByText("bird 1 sits", { exact: true }).waitFor(LONG);
	expect(await page.textContent("h1")).toContain("Running for");
	await page.getByText("bird 7 sits", { exact: true }).waitFor(LONG);
	await page.locator("h1", { hasText: "Succeeded in" }).waitFor(LONG);

	// One that fails says what was raised, and where in the flow's own code.
	await hands.openFlow("weighing");
	await page.waitForURL(/\/flows\/weighing$/);
	await hands.press(page.getByRole("link", { name: "Run weighing" }));
	await hands.type(field("grams"), "0");
	await hands.send(button(/^Run v\d+$/));
	const bad = await begun();
	await page.locator("h1", { hasText: "Failed after" }).waitFor(LONG);
	const error = page.getByRole("region", { name: "Error" });
	await error.getByText("ValueError", { exact: true }).waitFor();
	await error.getByText("the scale reads 0 g", { exact: true }).waitFor();
	await error.getByText('raise ValueError(f"the scale reads {grams} g")').waitFor();
	await error
		.getByText("flow.py:9")
		.or(error.getByText("flow.py", { exact: true }))
		.first()
		.waitFor();

	// Again, with another value.
	await hands.press(button("Relaunch"));
	await hands.press(page.getByRole("link", { name: "Change parameters…" }));
	await expect.poll(() => field("grams").inputValue(), LONG).toBe("0");
	await hands.type(field("grams"), "50");
	await hands.send(button(/^Run v\d+$/));
	const mended = await begun(bad);
	await page.locator("h1", { hasText: "Succeeded in" }).waitFor(LONG);

	// Beside the one that it was made from at first, and beside another when that is chosen.
	await hands.press(page.getByRole("link", { name: "Compare" }));
	await page.waitForURL(new RegExp(`/runs/${mended}/compare`));
	const part = (name: string) => page.getByRole("region", { name });
	const other = page.getByLabel("The other run");
	await expect.poll(() => other.inputValue(), LONG).toBe(bad);
	await part("Outcome").getByText("ValueError: the scale reads 0 g").waitFor();
	await part("Parameters").getByText("1 parameter is the same: birds.").waitFor();
	await hands.choose(other, good);
	await page.waitForURL(`${stack.url}/runs/${mended}/compare/${good}`);
	await part("Parameters").getByText("100", { exact: true }).waitFor();
	await part("Parameters").getByText("50", { exact: true }).waitFor();
	expect(await page.evaluate(() => performance.timeOrigin)).toBe(loaded);
}

test("an owner invites a colleague, who signs in at her provider, adds an agent, and has run, mended and compared a flow by evening", async () => {
	const owner = await Visitor.arrive(browser);
	await owner.signIn(stack);
	const ada = await joined(owner);
	await owner.leave();
	await addAgent(ada);
	await deploy(stack, "weighing", { "flow.py": weighing });
	await work(ada, mouse(ada.page));
	await ada.leave();
}, 300_000);

test("the same work is done by keyboard alone", async () => {
	if (!added) await stack.addAgent();
	await deploy(stack, "weighing", { "flow.py": weighing });
	await deploy(stack, "another", { "flow.py": weighing.replaceAll("weighing", "another") });
	const visitor = await Visitor.arrive(browser);
	await visitor.signIn(stack);
	for (const pointer of ["pointerdown", "mousedown"])
		await visitor.page.evaluate((name) => addEventListener(name, () => console.error(`a ${name}, by keyboard`), true), pointer);
	await work(visitor, keyboard(visitor.page));
	await visitor.leave();
}, 300_000);
