// A run goes on, whatever of Tidegate dies around it: the agent, the control plane, the database. Nothing it says is lost or said twice.
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RunHandle } from "../../../agent/src/client/index.ts";
import { endAll } from "../../command.ts";
import { type Said, type Stack, startStack } from "../stack.ts";
import { deployFlow } from "./projects.ts";
import { detail, ended, expectCleanLogs, isRunning, linesOf, waitFor } from "./runs.ts";

let stack: Stack;
let count = 0;

/** Says a numbered line every 10 ms, by turns printed and logged, until a file appears; answers how many. A mark of each start is kept. */
const FLOW = `
with open(marks, "a") as file:
    file.write(f"{os.getpid()}\\n")
n = 0
while not os.path.exists(go):
    print(f"line {n}") if n % 2 else log.info(f"line {n}")
    n += 1
    time.sleep(0.01)
return n`;

beforeAll(async () => {
	stack = await startStack({ ownPostgres: true, pages: false, slots: 2 });
	await deployFlow(stack, "steady", FLOW, "marks: str, go: str");
});
afterAll(async () => {
	// Terminals of a test that failed would watch for ever.
	endAll("SIGKILL");
	await stack?.stop();
});

type Steady = { handle: RunHandle; watching: Promise<Said>; following: Promise<Said>; marks: string; go: string };

/** A run in mid-course, with two terminals that watch it. */
async function begin(): Promise<Steady> {
	count += 1;
	const [marks, go] = [path.join(stack.dir, `marks-${count}`), path.join(stack.dir, `go-${count}`)];
	// Terminals that show a line: whoever only begins to watch when all is down is told just that.
	const showing = new Set<string>();
	const shows = (terminal: string) => (text: string) => void (/line \d+/.test(text) && showing.add(terminal));
	const watching = stack.cli(["run", "steady", "-p", `marks=${marks}`, "-p", `go=${go}`, "--watch"], { line: shows("run") });
	await waitFor("the process began", () => linesOf(marks).length > 0);
	const { runs } = await stack.client.runs({ flow: "steady", limit: 1 });
	const handle = await stack.client.run(runs[0]?.id ?? "");
	const following = stack.cli(["logs", "--follow", "--json", handle.id], { line: shows("logs") });
	await waitFor("the run is running, and both terminals show it", async () => showing.size === 2 && (await isRunning(stack, handle.id)));
	return { handle, watching, following, marks, go };
}

const processOf = ({ marks }: Steady) => Number(linesOf(marks)[0]);
/** It lives, and goes on writing. */
async function expectAlive(run: Steady): Promise<void> {
	process.kill(processOf(run), 0);
	const folder = fs.readlinkSync(`/proc/${processOf(run)}/cwd`);
	const log = path.join(path.dirname(folder), `log.${processOf(run)}.ndjson`);
	const size = fs.statSync(log).size;
	await waitFor("the process writes on", () => fs.statSync(log).size > size, 5000);
}

/** Lets the run end, and sees that nothing of what happened can be seen in it. */
async function expectUntouched(run: Steady): Promise<void> {
	fs.writeFileSync(run.go, "");
	const { state, result, lines, notes } = await ended(run.handle);
	expect({ state, notes }).toEqual({ state: "succeeded", notes: [null] });
	const n = Number(result);
	expect(n).toBeGreaterThan(5);
	const all = Array.from({ length: n }, (_, index) => `line ${index}`);
	expect(lines).toEqual(all);
	expect(linesOf(run.marks)).toEqual([String(processOf(run))]);
	const { attempts, executions } = await detail(stack, run.handle.id);
	expect(attempts).toMatchObject([{ number: 1, outcome: "succeeded" }]);
	expect(executions).toMatchObject([{ execution: 1, outcome: "succeeded", code: 0, signal: null }]);

	const watched = await run.watching;
	expect(watched.code, watched.stderr).toBe(0);
	expect(watched.stdout.match(/line \d+$/gm)).toEqual(all);
	expect(watched.stdout.trimEnd().split("\n").at(-1)).toBe(String(n));
	const followed = await run.following;
	expect(followed.code, followed.stderr).toBe(0);
	const texts = followed.stdout
		.trim()
		.split("\n")
		.map((line) => String(JSON.parse(line).text));
	expect(texts.filter((text) => text.startsWith("line "))).toEqual(all);
}

test("kill -9 of the agent in mid-run: its next start takes the process up, which never noticed", async () => {
	const run = await begin();
	await stack.agents[0]?.kill();
	await expectAlive(run);
	await sleep(1000);
	await stack.agents[0]?.start();
	await expectAlive(run);
	await expectUntouched(run);
});

test("kill -9 of the agent, the run ends before its next start, and its notes are older than what it had told: all of it is told then, once", async () => {
	const run = await begin();
	await stack.agents[0]?.kill();
	await expectAlive(run);
	const pid = processOf(run);
	fs.writeFileSync(run.go, "");
	await waitFor("the process ended", () => !fs.existsSync(`/proc/${pid}`));
	const notes = path.join(stack.agents[0]?.home ?? "", "runs", `${run.handle.id}.1`, "agent.json");
	fs.writeFileSync(notes, JSON.stringify({ ...JSON.parse(fs.readFileSync(notes, "utf8")), marks: {} }));
	await stack.agents[0]?.start();
	await expectUntouched(run);
});

test("kill -9 of the control plane in mid-run, away for 20 seconds: nobody notices but by waiting", async () => {
	const run = await begin();
	await stack.controlPlane.kill();
	await expectAlive(run);
	await sleep(20_000);
	await expectAlive(run);
	await stack.controlPlane.start();
	await expectUntouched(run);
});

test.each(["stop", "kill"] as const)("Postgres is ended (%s) and started again in mid-run: nobody notices but by waiting", async (how) => {
	const run = await begin();
	const statusOf = async (path: string) => (await fetch(stack.url + path)).status;
	await stack.stopPostgres(how);
	// Whoever restarts what fails is not led to restart this one.
	expect([await statusOf("/healthz"), await statusOf("/livez")]).toEqual([503, 200]);
	await expectAlive(run);
	await sleep(1500);
	await stack.startPostgres();
	await expect.poll(() => statusOf("/healthz"), { timeout: 60_000 }).toBe(200);
	await expectAlive(run);
	await expectUntouched(run);
});

test("all of them at once: agent, control plane and database killed and started again", async () => {
	const run = await begin();
	await stack.agents[0]?.kill();
	await stack.controlPlane.kill();
	await stack.stopPostgres("kill");
	await expectAlive(run);
	await stack.startPostgres();
	await stack.controlPlane.start();
	await stack.agents[0]?.start();
	await expectUntouched(run);
});

test("the logs of control plane and agent hold no token and no key", () => {
	expectCleanLogs(stack);
});
