import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openWait, sealAnswer, sealEvent } from "../protocol/answers.ts";
import { openParameters, taskId } from "../protocol/open.ts";
import { nameOf } from "./folder.ts";
import { Store } from "./store.ts";
import type { RunRecord } from "./testing/deployed.ts";
import { finished, until, World } from "./testing/world.ts";

/** Writes records as the SDK does, and waits for answers as it does: what is said here is between agent and control plane. */
const RECORDS = `import json, os, time, uuid
from tidegate import flow

FOLDER = os.environ["TIDEGATE_RUN_DIR"]

def tell(**record):
    with open(os.path.join(FOLDER, "events.%d.ndjson" % os.getpid()), "a") as file:
        file.write(json.dumps({"t": time.time(), **record}) + "\\n")

def inbox():
    names = sorted(name for name in os.listdir(FOLDER + "/inbox") if name.endswith(".json"))
    return [json.load(open(FOLDER + "/inbox/" + name)) for name in names]

def until(wanted):
    while True:
        found = [message for message in inbox() if wanted(message)]
        if found:
            return found
        time.sleep(0.02)

def suspend(*on, mode="all"):
    tell(type="suspend", on=list(on), mode=mode)
    os._exit(75)
`;

const inRun = (world: World, run: RunRecord, name: string): string => join(world.home, "runs", nameOf(run.assignment), name);
const readJson = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("a run that suspends says for what it waits, and the next execution has every answer before it begins", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `${RECORDS}
@flow
def flow():
    if inbox():
        return inbox()
    tell(type="wait", key="sleep#0", kind="time", until=4102444800)
    tell(type="wait", key="ask#0", kind="approval", until=None, prompt={"text": "Ship it?", "form": {"type": "boolean"}})
    tell(type="wait", key="hear#0", kind="event", event="paid\\0order-7")
    suspend("sleep#0", "ask#0", "hear#0")
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }));
	await finished(run);
	const [sleep, ask, hear] = await Promise.all(["sleep#0", "ask#0", "hear#0"].map((key) => taskId(plane.key, run.assignment.run, key)));
	expect(run.finish).toMatchObject({ outcome: "suspended", code: 75, waits: [sleep, ask, hear], mode: "all", retryAfter: null });
	expect(run.waits.map(({ task, kind, due }) => ({ task, kind, due }))).toEqual([
		{ task: sleep, kind: "time", due: "2100-01-01T00:00:00.000Z" },
		{ task: ask, kind: "approval", due: null },
		{ task: hear, kind: "event", due: null },
	]);
	const told = await openWait(plane.key, run.place, ask as string, run.waits[1]?.sealed as Uint8Array);
	expect(told).toEqual({ key: "ask#0", prompt: { text: "Ship it?", form: { type: "boolean" } }, event: null });
	expect(plane.requests.some(({ body }) => body.includes("order-7") || body.includes("Ship it"))).toBe(false);
	const event = run.waits[2]?.event as string;
	await plane.answer(run, { state: "due", part: null, event: null, child: null, by: null }, "sleep#0");
	const yes = await sealAnswer(plane.key, run.assignment.run, ask as string, { value: true });
	await plane.answer(run, { state: "answered", part: yes, event: null, child: null, by: "ada@example.com" }, "ask#0");
	const paid = await sealEvent(plane.key, event, { value: { sum: 7 } });
	await plane.answer(run, { state: "answered", part: paid, event, child: null, by: null }, "hear#0");
	const again = plane.resume(run);
	await finished(again);
	expect(await plane.result(again)).toEqual([
		{ type: "answer", key: "sleep#0", state: "due", value: null, by: null },
		{ type: "answer", key: "ask#0", state: "answered", value: true, by: "ada@example.com" },
		{ type: "answer", key: "hear#0", state: "answered", value: { sum: 7 }, by: null },
	]);
});

test("answers and a pause that come while the process lives lie in its inbox, each once, even over a restart of the agent", async () => {
	await using world = await World.make();
	const { plane } = world;
	const agent = world.agent();
	const source = `${RECORDS}
@flow
def flow():
    tell(type="wait", key="ask#0", kind="approval")
    tell(type="wait", key="ask#1", kind="approval")
    print("asked")
    until(lambda message: message["type"] == "answer" and message["key"] == "ask#0")
    print("first")
    until(lambda message: message.get("key") == "ask#1")
    until(lambda message: message["type"] == "pause" and message["paused"])
    suspend()
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }));
	await until("both waits", () => run.waits.length === 2);
	const answer = async (key: string, value: string): Promise<void> => {
		const part = await sealAnswer(plane.key, run.assignment.run, await taskId(plane.key, run.assignment.run, key), { value });
		await plane.answer(run, { state: "answered", part, event: null, child: null, by: null }, key);
	};
	await answer("ask#0", "yes");
	await until("the first answer to be taken", async () => (await plane.messages(run)).includes("first"));
	await agent.stop();
	world.agent();
	await answer("ask#1", "no");
	run.paused = true;
	plane.wake();
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "suspended", waits: [] });
	const messages = readdirSync(inRun(world, run, "inbox"))
		.sort()
		.map((name) => readJson(inRun(world, run, `inbox/${name}`)));
	expect(messages.filter(({ type }) => type === "answer").map(({ key, value }) => [key, value])).toEqual([
		["ask#0", "yes"],
		["ask#1", "no"],
	]);
});

test("a run that waits for a moment that nobody can keep fails, and says so", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `${RECORDS}
@flow
def flow():
    tell(type="wait", key="sleep#0", kind="time", until=253402300799)
    suspend("sleep#0")
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "failed", waits: [] });
	expect((await plane.finish(run)).note).toBe("sleep#0 waits for a moment that can't be kept: the latest is 3000-01-01 00:00 UTC");
});

test("a child is asked for once, sealed for the version that it runs, with checked parameters", async () => {
	await using world = await World.make();
	const { plane } = world;
	const schema = { type: "object", properties: { n: { type: "integer" } }, required: ["n"], additionalProperties: false } as const;
	await plane.deploy({ "flow.py": "" }, { flow: "train", parameters: { ...schema, required: ["n"] } });
	const go = join(world.folder, "go");
	const source = `${RECORDS}
@flow
def flow(go: str, ids: list):
    for index, id in enumerate(ids):
        tell(type="wait", key="train#%d" % index, kind="child", child={"id": id, "flow": "train", "parameters": {"n": index}, "labels": {"a": "b"}, "pool": None, "detached": False})
    tell(type="wait", key="train#9", kind="child", child={"id": str(uuid.uuid4()), "flow": "train", "parameters": {"n": "many"}})
    tell(type="wait", key="nobody#0", kind="child", child={"id": str(uuid.uuid4()), "flow": "nobody"})
    refused = until(lambda message: message.get("key") == "train#9") + until(lambda message: message.get("key") == "nobody#0")
    while not os.path.exists(go):
        time.sleep(0.02)
    return [[message["state"], message["error"]["message"]] for message in refused]
`;
	// The first answers are lost: the run is there, and is asked for again.
	plane.faults.set("child", ["drop", "drop"]);
	const agent = world.agent();
	const ids = Array.from({ length: 5 }, (_, index) => `019ab000-0000-7000-8000-00000000000${index}`);
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }), { go, ids });
	await until("all children", () => plane.children.length === 5);
	await until(
		"that they are noted",
		() =>
			readFileSync(inRun(world, run, "children.log"), "utf8")
				.trim()
				.split("\n").length === 5,
	);
	await agent.stop();
	const asked = plane.requests.filter(({ path }) => path === "child").length;
	world.agent();
	writeFileSync(go, "");
	await finished(run);
	expect(plane.requests.filter(({ path }) => path === "child").length).toBe(asked);
	expect(plane.children.map(({ id }) => id).sort()).toEqual(ids);
	const third = plane.children.find(({ id }) => id === ids[3]);
	expect(third).toMatchObject({ flow: "train", labels: { a: "b" }, detached: false, task: await taskId(plane.key, run.assignment.run, "train#3") });
	const place = { workspace: plane.workspace, flow: "train", number: 1, run: ids[3] as string };
	expect(await openParameters(plane.key, place, third?.sealed as Uint8Array)).toEqual({ n: 3 });
	expect(await plane.result(run)).toEqual([
		["failed", expect.stringMatching(/child run of train could not be made: .*"n".*expected an integer/)],
		["failed", expect.stringMatching(/child run of nobody could not be made: there is no flow nobody/)],
	]);
});

test("a run that waits for a child which could not be made has failed: as a wait it would stand for ever", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `${RECORDS}
@flow
def flow():
    tell(type="wait", key="nobody#0", kind="child", child={"id": str(uuid.uuid4()), "flow": "nobody"})
    suspend("nobody#0")
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "failed", waits: [] });
	expect((await plane.finish(run)).note).toMatch(/child run of nobody could not be made/);
});

test("a flow that asks for its next attempt, and one that ended by its own timeout, say so in their finish", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const error = '{"type": "OSError", "module": "builtins", "message": "flaky", "traceback": "", "frames": []}';
	const body = (code: number, record: string): string =>
		`${RECORDS}\n@flow\ndef flow():\n    tell(type="${record}", error=${error})\n    tell(type="retry", after=2.5)\n    os._exit(${code})\n`;
	const failed = await plane.trigger(await plane.deploy({ "flow.py": body(1, "error") }));
	const late = await plane.trigger(await plane.deploy({ "flow.py": body(124, "timeout") }));
	const lost = await plane.trigger(await plane.deploy({ "flow.py": "import os\nfrom tidegate import flow\n@flow\ndef flow():\n    os._exit(75)\n" }));
	await Promise.all([failed, late, lost].map(finished));
	expect(failed.finish).toMatchObject({ outcome: "failed", retryAfter: 2.5 });
	expect(late.finish).toMatchObject({ outcome: "timed_out", retryAfter: 2.5 });
	expect(await plane.error(late)).toMatchObject({ message: "flaky" });
	expect(lost.finish).toMatchObject({ outcome: "failed", retryAfter: null });
	expect((await plane.finish(lost)).note).toMatch(/did not say for what/);
});

test("run.json names the store that the agent told the control plane, and what the run resumes", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const before = "019ab000-0000-7000-8000-000000000001";
	const run = await plane.trigger(
		await plane.deploy({ "flow.py": "from tidegate import flow\n@flow\ndef flow(): pass\n" }),
		undefined,
		({ assignment }) => {
			assignment.resumes = { run: before, from: null, changed: "keep", marked: false };
			assignment.refresh = true;
			assignment.parent = before;
		},
	);
	await finished(run);
	const told = readJson(inRun(world, run, "run.json"));
	expect(told).toMatchObject({ contract: 2, resumes: { run: before, from: null, changed: "keep" }, marks: [], refresh: true, parent: before });
	expect(plane.polls.at(-1)?.stores).toEqual([readJson(join(told.store, "store.json")).id]);
	const elsewhere = await plane.trigger([...plane.versions.values()][0] as never, undefined, ({ assignment }) => {
		assignment.store = "0123456789abcdef";
	});
	await finished(elsewhere);
	expect(elsewhere.finish).toMatchObject({ outcome: "refused" });
	expect((await plane.finish(elsewhere)).note).toMatch(/store 0123456789abcdef/);
	// Somebody removes it while the agent runs: the next run finds it made anew, as the one that waiting runs go to.
	const { id } = readJson(join(told.store, "store.json"));
	rmSync(told.store, { recursive: true });
	const next = await plane.trigger([...plane.versions.values()][0] as never, undefined, ({ assignment }) => {
		assignment.store = id;
	});
	await finished(next);
	expect(next.finish).toMatchObject({ outcome: "succeeded" });
	expect(readJson(join(told.store, "store.json")).id).toBe(id);
});

test("a store removes what nobody resumes from, and keeps what still waits and every value that is named", async () => {
	await using world = await World.make();
	const { mkdirSync, utimesSync } = await import("node:fs");
	const store = await Store.open(join(world.folder, "store"));
	const again = await Store.open(join(world.folder, "store"));
	expect(again.id).toBe(store.id);
	// Somebody removed it: runs that wait go to nobody else.
	rmSync(store.path, { recursive: true });
	expect((await Store.open(store.path)).id).toBe(store.id);
	// A disk that is not mounted.
	const other = join(world.folder, "other");
	mkdirSync(other);
	writeFileSync(`${other}.id`, `${store.id}\n`);
	expect((await Store.open(other)).id).not.toBe(store.id);
	const day = 24 * 3600 * 1000;
	const object = (name: string): string => join(store.path, "objects", name.slice(0, 2), name);
	const [named, unnamed, inFolder] = ["a".repeat(64), "b".repeat(64), "c".repeat(64)];
	const make = (path: string, content: string, days: number): void => {
		mkdirSync(join(path, ".."), { recursive: true });
		writeFileSync(path, content);
		const at = new Date(Date.now() - days * day);
		utimesSync(path, at, at);
		utimesSync(join(path, ".."), at, at);
	};
	const log = (run: string): string => join(store.path, "runs", run, "checkpoints.log");
	make(object(named), "x", 90);
	make(object(unnamed), "x", 90);
	make(object(inFolder), "x", 90);
	make(log("old"), "", 31);
	make(
		log("young"),
		`00000000 {"key":"a#0","value":{"codec":"pickle","object":"${named}"}}\n00000000 {"key":"b#0","value":{"codec":"dir","files":{"x":"${inFolder}"}}}\n`,
		29,
	);
	make(log("waiting"), "", 100);
	make(join(store.path, "cache", "aa", "key.json"), '{"for":60}', 1);
	const environment = (letter: string, days: number, size: number): string => {
		const folder = join(store.path, "environments", letter.repeat(24));
		make(join(folder, "package.py"), "x".repeat(size), 60);
		make(join(folder, "ready"), "", days);
		return folder;
	};
	const [unused, large, older, used] = [environment("a", 31, 1), environment("b", 3, 4000), environment("c", 2, 10), environment("d", 0, 10)];
	const view = join(store.path, "views", "aa", "a".repeat(64));
	make(join(view, "a.txt"), "x", 40);
	store.mark("waiting", true);
	const at = new Date(Date.now() - 100 * day);
	utimesSync(join(store.path, "runs", "waiting", "waiting"), at, at);
	utimesSync(join(store.path, "runs", "waiting"), at, at);
	await store.tidy();
	expect([unused, large, older, used, view].map((path) => existsSync(path))).toEqual([true, true, true, true, true]);
	await store.tidy(true, 1000);
	expect([unused, large, older, used, view].map((path) => existsSync(path))).toEqual([false, false, true, true, false]);
	expect(["old", "young", "waiting"].map((run) => existsSync(log(run)))).toEqual([false, true, true]);
	expect([named, unnamed, inFolder].map((name) => existsSync(object(name)))).toEqual([true, false, true]);
	expect(readdirSync(join(store.path, "cache", "aa"))).toEqual([]);
	writeFileSync(join(store.path, "store.json"), '{"format":2,"id":"0123456789abcdef"}');
	await expect(Store.open(store.path)).rejects.toThrow(/has format 2, and this agent knows 1: update the agent/);
});
