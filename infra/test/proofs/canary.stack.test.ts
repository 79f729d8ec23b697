import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Client, createClient } from "../../../agent/src/client/index.ts";
import { parseKey } from "../../../agent/src/protocol/seal.ts";
import { run } from "../../command.ts";
import { childEnv } from "../../config.mjs";
import { type Said, type Stack, startStack } from "../stack.ts";
import { canaryProject } from "./canary.ts";
import { readDatabase, readFiles } from "./everything.ts";
import { type Kept, keepSettings } from "./kept-settings.ts";
import { writeProject } from "./projects.ts";
import { type Recorder, startRecorder } from "./recorder.ts";
import { type Ended, ended, expectCleanLogs, sql, waitFor } from "./runs.ts";
import { type Place, Search } from "./search.ts";

const word = `cnry${randomBytes(14).toString("hex")}`;
const planted = `plnt${randomBytes(14).toString("hex")}`;
const secret = new Search(word);
const FLOW = "canary_flow";
const GATEWAY = ["report", "poll", "chunks", "child", "target", "answers", "result", "settings"];

let stack: Stack;
let recorder: Recorder;
const said: Record<string, Said> = {};
let byClient: Ended;
/** A run that fails inside after all that it may say, and the one that goes on from a task of it. */
let fell: Ended;
let wentOn: Ended;
let hooked: Ended;
let kept: Kept;
const places: Record<string, Place[]> = {};

/** Once with the client, and once more, from a task on, with the command line. */
async function inside(client: Client, env: Record<string, string>): Promise<void> {
	const form = JSON.stringify({ [word]: word });
	const first = await client.trigger("canary_inside", { name: word });
	await waitFor("the question", async () => (await first.approvals()).length > 0);
	await first.answer("approval#0", { [word]: word });
	await waitFor("somebody who waits for the event", async () => (await client.sendEvent(`event ${word}`, `key ${word}`, { [word]: word })) > 0);
	fell = await ended(first);
	await first.mark("fallen#0", "succeeded", { marked: word });
	const again = await client.run((await first.relaunch({ from: `named#=key ${word}` })).id);
	await waitFor("the question again", async () => (await again.approvals()).length > 0);
	said.answer = await stack.cli(["answer", again.id, "approval#0", "--value", form], { env });
	await waitFor("somebody who waits again", async () => {
		said.event = await stack.cli(["event", "send", `event ${word}`, `key ${word}`, "--value", form], { env });
		return said.event.stdout.includes("1 run goes on");
	});
	wentOn = await ended(again);
	const { kin } = await client.api.runs.get.query({ id: first.id });
	hooked = await ended(await client.run(kin.children.find(({ hook }) => hook)?.id ?? ""));
}

beforeAll(async () => {
	stack = await startStack({ agents: 0, ownPostgres: true, pages: false });
	// Postgres tells all that it is told: each statement with its values.
	await sql(stack, "alter system set log_min_duration_statement = 0");
	await sql(stack, "select pg_reload_conf()");
	recorder = await startRecorder(stack.controlPlane.port);
	const env = { TIDEGATE_URL: recorder.url };
	await stack.addAgent({ url: recorder.url, slots: 2 });

	const folder = writeProject(path.join(stack.dir, `project ${word}`), canaryProject(word));
	for (const args of [
		["init", "-q", "-b", `branch-${word}`],
		["add", "."],
		["-c", `user.name=${word}`, "-c", "user.email=a@b.c", "commit", "-q", "-m", `message ${word}`],
	]) {
		await run("git", args, childEnv(), { cwd: folder });
	}
	said.deploy = await stack.cli(["deploy", folder], { env });
	said.success = await stack.cli(["run", FLOW, "-p", `name=${word}`, "--label", `note=${planted}`, "--watch"], { env });
	said.failure = await stack.cli(["run", FLOW, "-p", "fail=true", "--watch"], { env });
	said.wrong = await stack.cli(["run", FLOW, "-p", `nmae=${word}`], { env });
	const client = createClient({ ...stack.workspace, url: recorder.url });
	byClient = await ended(await client.trigger(FLOW, { name: `${word} by the client` }));
	await inside(client, env);
	const { runs } = await client.runs({ flow: FLOW });
	said.logs = await stack.cli(["logs", runs[0]?.id ?? ""], { env });
	said.runs = await stack.cli(["runs", "--json"], { env });

	kept = await keepSettings(stack, env, word, planted);

	await stack.agents[0]?.stop();
	places.database = await readDatabase(stack.databaseUrl);
	places.traffic = recorder.places();
	await stack.controlPlane.stop();
	await stack.stopPostgres();
	places.files = readFiles(path.join(stack.dir, "postgres"));
	places.logs = [stack.controlPlane.log, stack.postgres?.log ?? ""].map((file) => ({ where: path.basename(file), bytes: fs.readFileSync(file) }));
});
afterAll(async () => {
	await recorder?.stop();
	await stack?.stop();
});

describe("a word that stands in code, paths, parameters, logs, errors, results, artifacts, questions, forms, answers, events, children, hooks, marks and keys", () => {
	test("comes back whole to those who have the key", () => {
		expect(said.deploy).toMatchObject({ code: 0 });
		expect(said.success).toMatchObject({ code: 0 });
		for (const line of [
			`printed ${word}`,
			`to stderr ${word}`,
			`to the descriptor ${word}`,
			`by logging ${word}`,
			`by log ${word}`,
			`in the task: ${word}`,
			`weigh ${word}`,
			`table ${word}`,
			`image ${word}`,
			`"${word}":"${word}!"`,
		]) {
			expect(said.success?.stdout).toContain(line);
		}
		expect(said.failure).toMatchObject({ code: 1 });
		expect(said.failure?.stdout).toContain(`Error_${word}: dropped ${word}`);
		expect(said.wrong).toMatchObject({ code: 2 });
		expect(said.logs?.stdout).toContain(`printed ${word}`);
		expect(byClient.result).toMatchObject({ [word]: `${word} by the client!` });
		expect(fell).toMatchObject({ state: "failed", error: { message: `fallen ${word}` } });
		expect(hooked).toMatchObject({ state: "failed", error: { message: expect.stringContaining(`hook after`) } });
		const form = { [word]: word };
		const [leaf, apart] = [{ leaf: word }, `${word} from another process`];
		expect(wentOn).toMatchObject({ state: "succeeded", result: [word, word, word, leaf, apart, leaf, form, form, { marked: word }] });
	});
	test("comes as a secret to the flow alone, as a variable to who has the key, and as a connection without its password", () => {
		expect(kept.set.map(({ code }) => code)).toEqual([0, 0, 0]);
		expect(kept.listed.stdout).toContain(`variable of ${word}`);
		expect(kept.run, kept.run.stdout + kept.run.stderr).toMatchObject({ code: 0 });
		expect(kept.run.stdout).toMatch(/got 39: ••••/);
		expect(kept.run.stdout).toContain(`variable of ${word} from db.internal`);
	});

	test("stands in no value of any table", () => {
		expect(secret.all(places.database ?? [])).toEqual([]);
	});
	test("stands in no byte that CLI, agent, client and server said to each other", () => {
		expect(recorder.size()).toBeGreaterThan(50_000);
		expect(secret.all(places.traffic ?? [])).toEqual([]);
	});
	test("stands in no log of the control plane, nor in Postgres's, which told every statement with its values", () => {
		expect(secret.all(places.logs ?? [])).toEqual([]);
	});
	test("stands in no file of the database: no dead row, no write-ahead log", () => {
		expect((places.files ?? []).flatMap((place) => secret.plain(place))).toEqual([]);
	});

	test.each(["database", "traffic", "files"])("would have been found there: the same search finds the flow's name and a label in the %s", (where) => {
		const found = (search: Search) => (places[where] ?? []).flatMap((place) => search.plain(place));
		expect(found(new Search(FLOW))).not.toEqual([]);
		expect(found(new Search(planted))).not.toEqual([]);
	});
	test("would have been found in the logs: Postgres's holds the label", () => {
		expect(new Search(planted).all(places.logs ?? [])).not.toEqual([]);
	});
	test("went over every kind of wire: calls, gateway, upload and subscriptions", () => {
		for (const part of ["/trpc/", ...GATEWAY.map((each) => `/gateway/${each}`), "/upload", ", message 1"]) {
			expect(
				(places.traffic ?? []).some(({ where }) => where.includes(part)),
				part,
			).toBe(true);
		}
	});
});

test("the workspace key stands in no table, no traffic, no log and no file of the control plane", () => {
	const raw = Buffer.from(parseKey(stack.workspace.workspaceKey));
	const key = new Search(raw, stack.workspace.workspaceKey);
	expect(key.all([...(places.database ?? []), ...(places.traffic ?? []), ...(places.logs ?? [])])).toEqual([]);
	expect((places.files ?? []).flatMap((place) => key.plain(place))).toEqual([]);
});

test("the logs of control plane and agent hold neither token nor key nor the word", () => {
	expectCleanLogs(stack);
	for (const { log } of stack.agents) expect(secret.deep({ where: log, bytes: fs.readFileSync(log) })).toEqual([]);
});
