import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { saveWorkspaceKey } from "../keys.ts";
import { newKey, WorkspaceKey } from "../protocol/seal.ts";
import { enrol } from "./enrol.ts";
import { verdictOf } from "./gateway.ts";
import { AgentError, openHome } from "./home.ts";
import { holderOf, takeHome } from "./lock.ts";
import { start } from "./start.ts";
import { finished, until, World } from "./testing/world.ts";

const WAITS = `import os, time
from tidegate import flow
@flow
def flow(stop: str):
    print("begun")
    while not os.path.exists(stop):
        time.sleep(0.02)
`;

test("an enrolled home keeps its keys for itself and the workspace key only wrapped", async () => {
	await using world = await World.make();
	for (const name of ["sign.json", "device.json", "identity.json"]) expect(statSync(join(world.home, name)).mode & 0o777, name).toBe(0o600);
	const stored = readFileSync(join(world.home, "keys", `${world.plane.workspace}.json`), "utf8");
	expect(stored).not.toContain(Buffer.from(world.plane.raw).toString("base64url"));
	expect(world.plane.requests.every(({ body }) => !body.includes(Buffer.from(world.plane.raw)))).toBe(true);
});

test("a home that is an agent is not enrolled again by accident", async () => {
	await using world = await World.make();
	const again = { home: world.home, url: world.plane.url, token: "tge_other", key: async () => null };
	await expect(enrol(again)).rejects.toThrow(/already agent test of pool default/);
	expect((await enrol({ ...again, name: "anew", force: true })).name).toBe("anew");
});

test("an enrolment that cannot be tells what to do, and leaves no agent", async () => {
	await using world = await World.make();
	const home = join(world.folder, "other");
	const attempt = (url: string) => enrol({ home, url, token: "tge_x", name: "x", key: async () => null });
	await expect(attempt("nonsense")).rejects.toThrow("is no web address");
	await expect(attempt("http://127.0.0.1:1")).rejects.toThrow(/cannot be reached: nothing listens there\.\nCheck --url/);
	world.plane.faults.set("enrol", ["refuse"]);
	await expect(attempt(world.plane.url)).rejects.toThrow("told to refuse");
	await expect(start({ home, signal: new AbortController().signal })).rejects.toThrow(/no enrolled agent/);
});

test("an enrolment anew that is refused leaves the agent that was there, with its keys", async () => {
	await using world = await World.make();
	const files = (): string[] => ["identity.json", "sign.json", "device.json"].map((name) => readFileSync(join(world.home, name), "utf8"));
	const before = files();
	world.plane.faults.set("enrol", ["refuse"]);
	const again = { home: world.home, url: world.plane.url, token: "tge_used", name: "anew", force: true, key: async () => null };
	await expect(enrol(again)).rejects.toThrow("told to refuse");
	expect(files()).toEqual(before);
	await enrol(again);
	expect(files().map((text, at) => text === before[at])).toEqual([false, false, true]);
});

test("a wrong workspace key is found at the enrolment and at the start, by both ids", async () => {
	await using world = await World.make();
	const home = join(world.folder, "wrong");
	const raw = newKey();
	const { kid } = await WorkspaceKey.open(raw, world.plane.workspace);
	const said = new RegExp(
		`wrong workspace key: this one has id ${kid}, the workspace's key has id ${world.plane.key.kid}.*\\n.*tidegate key import --agent '?${home}`,
	);
	await expect(enrol({ home, url: world.plane.url, token: "tge_test", name: "wrong", key: async () => raw })).rejects.toThrow(said);
	await saveWorkspaceKey(home, world.plane.workspace, raw, null);
	await expect(start({ home, output: world.output, signal: new AbortController().signal })).rejects.toThrow(said);
});

test("two agents never run in one home, and a lock that a killed one left hinders nobody", async () => {
	await using world = await World.make();
	const home = openHome(world.home);
	const agent = world.agent();
	await until("the agent runs", () => holderOf(home));
	expect(() => takeHome(home)).toThrow(AgentError);
	await agent.stop();
	expect(existsSync(home.running)).toBe(false);
	const gone = spawnSync(process.execPath, ["-e", "0"]).pid;
	writeFileSync(home.running, JSON.stringify({ pid: gone, started: "1", boot: "x" }));
	takeHome(home)();
});

test("a revoked agent says so, stops with its own exit code, and leaves its process running", async () => {
	await using world = await World.make();
	const { plane } = world;
	const agent = world.agent();
	const stop = join(world.folder, "stop");
	const run = await plane.trigger(await plane.deploy({ "flow.py": WAITS }), { stop });
	await until("it runs", async () => (await plane.messages(run)).includes("begun"));
	plane.revoked = true;
	plane.wake();
	expect(await agent.exit).toBe(3);
	expect(world.lines.join("\n")).toMatch(/agent test was revoked/);
	expect(world.lines.at(-1)).toMatch(/1 run goes on without it$/);
});

test("an agent whose token request was lost, or is said to be used, signs another one", async () => {
	await using world = await World.make();
	const { plane } = world;
	plane.faults.set("token", ["spent", "drop"]);
	world.agent();
	await until("a poll", () => plane.polls.length > 0);
	// Refused; signed anew, lost with its answer and sent again as it was, which is refused; signed anew: without a pause.
	expect(plane.requests.filter(({ path }) => path === "token")).toHaveLength(4);
	expect(new Set(plane.askedAt).size).toBe(2);
	expect(world.lines.join("\n")).not.toContain("clock");
});

test("of two processes with one identity the older stops at once, and the newer takes up its runs", async () => {
	await using world = await World.make();
	const { plane } = world;
	const older = world.agent();
	const stop = join(world.folder, "stop");
	const run = await plane.trigger(await plane.deploy({ "flow.py": WAITS }), { stop });
	await until("it runs", async () => (await plane.messages(run)).includes("begun"));
	// As another process would: a token of a new session.
	plane.session++;
	expect(await older.exit).toBe(4);
	world.agent();
	writeFileSync(stop, "");
	await finished(run);
	expect(run.finish?.outcome).toBe("succeeded");
});

test("with all slots taken no work is asked for, and the next run begins as soon as one is free", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent(1);
	const stop = join(world.folder, "stop");
	const version = await plane.deploy({ "flow.py": WAITS });
	const first = await plane.trigger(version, { stop });
	const second = await plane.trigger(version, { stop });
	await until("the first runs", async () => (await plane.messages(first)).includes("begun"));
	await until("a poll that asks for nothing", () => plane.polls.at(-1)?.free === 0);
	expect(second.poll).toBeNull();
	writeFileSync(stop, "");
	await finished(second);
	expect(second.finish?.outcome).toBe("succeeded");
});

test("each refusal and failure of the gateway has one verdict", () => {
	expect(verdictOf(503, undefined)).toBe("again");
	expect(verdictOf(429, "too_many")).toBe("again");
	expect(verdictOf(401, "expired")).toBe("renew");
	expect(verdictOf(403, "revoked")).toBe("revoked");
	expect(verdictOf(409, "superseded")).toBe("superseded");
	expect(verdictOf(426, undefined)).toBe("protocol");
	expect(verdictOf(400, "bad_request")).toBe("refused");
	expect(verdictOf(404, "not_found")).toBe("refused");
});
