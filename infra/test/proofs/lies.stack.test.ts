// The database in the hands of somebody who may change all of it, and a wire in the hands of somebody who may change every answer.
import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createClient } from "../../../agent/src/client/index.ts";
import { decodeFrame, encodeFrame } from "../../../agent/src/protocol/frame.ts";
import { type Stack, startStack } from "../stack.ts";
import { type Gate, startGate } from "./gate.ts";
import { deploy, deployFlow } from "./projects.ts";
import { ended, expectCleanLogs, expectForPeople, linesOf, sql, waitFor } from "./runs.ts";

let stack: Stack;
let gate: Gate;
/** Every line of user code that ran, in import or in a flow. */
let ran: string;

/** A flow that leaves a mark as soon as any of it is run; `content` makes its bytes its own. */
const marking = (name: string, content: string) => ({
	"flow.py": `# ${content}\nopen(${JSON.stringify(ran)}, "a").write("${name} ${content}\\n")\nfrom tidegate import flow\n\n@flow\ndef ${name}(n: int = 0):\n    return [${JSON.stringify(content)}, n]\n`,
});

beforeAll(async () => {
	stack = await startStack({ agents: 0, pages: false });
	ran = path.join(stack.dir, "ran");
	gate = await startGate(stack.controlPlane.port);
	await stack.addAgent({ url: gate.url, slots: 4 });
});
afterEach(() => {
	gate.meddle = undefined;
	fs.rmSync(ran, { force: true });
});
afterAll(async () => {
	await gate?.stop();
	await stack?.stop();
});

/** The run fails before any user code, as refused, and the note for those with the key says why. */
async function expectRefused(handle: { id: string }, why: RegExp): Promise<void> {
	const run = await ended(await stack.client.run(handle.id));
	expect(run.state).toBe("failed");
	expect(run.notes.at(-1)).toMatch(why);
	const [execution] = (await stack.client.api.runs.get.query({ id: handle.id })).executions;
	expect(execution).toMatchObject({ outcome: "refused", startedAt: null });
	expect(linesOf(ran)).toEqual([]);
}

/** Deploys versions of a flow; their contents differ. */
async function deployVersions(name: string, count: number): Promise<string[]> {
	for (let n = 1; n <= count; n += 1) await deploy(stack, name, marking(name, `content ${n}`));
	const rows = await sql(stack, "select v.id from version v join flow f on f.id = v.flow_id where f.name = $1 order by number", [name]);
	fs.rmSync(ran, { force: true });
	return rows.map(({ id }) => String(id));
}

test("an honest control plane has its run done: what the other tests change is what refuses", async () => {
	await deployVersions("honest", 1);
	const run = await ended(await stack.client.trigger("honest", { n: 7 }));
	expect(run).toMatchObject({ state: "succeeded", result: ["content 1", 7] });
	expect(linesOf(ran)).toEqual(["honest content 1"]);
});

describe("a control plane that changes its database", () => {
	test("puts another sealed chunk under a chunk's id: refused, the chunk is named", async () => {
		const before = (await sql(stack, "select id from chunk")).map(({ id }) => (id as Buffer).toString("hex"));
		const [version = ""] = await deployVersions("chunked", 1);
		const own = (await sql(stack, "select b.chunk_ids as ids from version v join bundle b on b.id = v.bundle_id where v.id = $1", [version]))[0]
			?.ids as Buffer[];
		const fresh = own.filter((id) => !before.includes(id.toString("hex")));
		expect(fresh.length).toBeGreaterThan(0);
		await sql(stack, "update chunk set sealed = (select sealed from chunk where id = $2) where id = any($1)", [
			fresh,
			Buffer.from(before[0] ?? "", "hex"),
		]);
		await expectRefused(await stack.client.trigger("chunked"), new RegExp(`chunk.*(${fresh.map((id) => id.toString("hex")).join("|")})`));
	});

	test("puts the manifest of another flow in a version's place: refused, the version is named", async () => {
		const [own = ""] = await deployVersions("victim", 1);
		const [other = ""] = await deployVersions("donor", 1);
		const start = await triggerFirst("victim");
		await sql(stack, "update version set manifest = (select manifest from version where id = $2) where id = $1", [own, other]);
		await expectRefused(await start(), /manifest .*victim 1\b/);
	});

	test("puts an older manifest in the place of a newer, address and all: refused, the version is named", async () => {
		const [old = "", now = ""] = await deployVersions("renewed", 2);
		const start = await triggerFirst("renewed");
		await sql(
			stack,
			"update version set (manifest, address, bundle_id) = (select manifest, address, bundle_id from version where id = $2) where id = $1",
			[now, old],
		);
		await expectRefused(await start(), /manifest .*renewed 2\b/);
	});

	test("replays an old version under a new number: refused, the number is named", async () => {
		const [old = ""] = await deployVersions("replayed", 1);
		await sql(
			stack,
			`with v as (insert into version (id, workspace_id, flow_id, number, address, kid, bundle_id, manifest, created_by)
				select gen_random_uuid(), workspace_id, flow_id, 2, address, kid, bundle_id, manifest, created_by from version where id = $1 returning id, flow_id)
			update flow set live_version_id = v.id from v where flow.id = v.flow_id`,
			[old],
		);
		await expectRefused(await stack.client.api.runs.trigger.mutate({ flow: "replayed" }), /manifest .*replayed 2\b/);
		// Whoever seals parameters for it is told as well, before a run is made.
		await expect(stack.client.trigger("replayed", { n: 1 })).rejects.toThrow(/manifest .*replayed 2\b/);
	});

	test("gives a version another address: refused, both addresses are named", async () => {
		const [version = ""] = await deployVersions("readdressed", 1);
		const start = await triggerFirst("readdressed");
		await sql(stack, "update version set address = decode($2, 'hex') where id = $1", [version, "ab".repeat(32)]);
		await expectRefused(await start(), /has address [0-9a-f]{64}, but the control plane said (ab){32}/);
	});

	test("moves parameters from one run to another: both refused, each run is named", async () => {
		await deployVersions("parametrized", 1);
		await stack.agents[0]?.stop();
		const runs = [await stack.client.trigger("parametrized", { n: 1 }), await stack.client.trigger("parametrized", { n: 2 })];
		const [a = "", b = ""] = runs.map(({ id }) => id);
		await sql(
			stack,
			"update run set parameters = other.parameters from run other where run.id <> other.id and run.id = any($1) and other.id = any($1)",
			[[a, b]],
		);
		await stack.agents[0]?.start();
		await expectRefused({ id: a }, new RegExp(`parameters .*${a}`));
		await expectRefused({ id: b }, new RegExp(`parameters .*${b}`));
	});

	test("has a run done by another version than its parameters were sealed for: refused", async () => {
		const [old = ""] = await deployVersions("downgraded", 2);
		const start = await triggerFirst("downgraded", { n: 3 });
		await sql(stack, "update run set version_id = $1 where flow_id = (select flow_id from version where id = $1)", [old]);
		const run = await start();
		await expectRefused(run, new RegExp(`parameters .*${run.id}`));
	});

	test("moves log lines and results between runs: whoever reads them is told, and shown nothing", async () => {
		await deployFlow(stack, "talker", 'print("line of", who)\nreturn who', "who: str");
		const [a, b] = [await stack.client.trigger("talker", { who: "first" }), await stack.client.trigger("talker", { who: "second" })];
		await Promise.all([ended(a), ended(b)]);
		await sql(
			stack,
			"update log_chunk set sealed = other.sealed from log_chunk other where log_chunk.run_id = $1 and other.run_id = $2 and other.stream like 'log.%' and log_chunk.stream like 'log.%'",
			[a.id, b.id],
		);
		const said = await stack.cli(["logs", a.id]);
		expect(said.code).toBe(1);
		expect(said.stdout).not.toContain("second");
		expect(said.stderr).toMatch(new RegExp(`altered, or belongs to another place than .*${a.id}`));
		expectForPeople(said.stderr);
	});
});

/** Triggers with the agent stopped; what is returned starts it, once the database was changed. */
async function triggerFirst(flow: string, parameters?: Record<string, unknown>): Promise<() => Promise<{ id: string }>> {
	await stack.agents[0]?.stop();
	const run = await stack.client.trigger(flow, parameters);
	return async () => {
		await stack.agents[0]?.start();
		return run;
	};
}

describe("a wire that changes its answers", () => {
	/** Changes the headers and parts of one kind of answer. */
	const change = (call: string, edit: (header: Record<string, unknown>, parts: Uint8Array[]) => void) => {
		gate.meddle = ({ path: asked, status, answer }) => {
			if (!asked.endsWith(`/gateway/${call}`) || status !== 200) return undefined;
			const { header, parts } = decodeFrame(answer);
			edit(header as Record<string, unknown>, parts);
			return Buffer.from(encodeFrame(header, parts));
		};
	};
	type Given = Record<string, unknown>;
	const given = (header: Given) => header.assignments as Given[];

	test("answers the chunks that were asked for in another order: refused, a chunk is named", async () => {
		await deploy(stack, "shuffled", { ...marking("shuffled", "one"), "other.py": "# another file\n" });
		change("chunks", (_header, parts) => parts.reverse());
		await expectRefused(await stack.client.trigger("shuffled"), /chunk .*[0-9a-f]{64}/);
	});

	test("answers chunks that nobody asked for: refused, the chunk is named", async () => {
		await deployVersions("stuffed", 1);
		change("chunks", (header) => {
			header.ids = (header.ids as string[]).map(() => "cd".repeat(32));
		});
		await expectRefused(await stack.client.trigger("stuffed"), /chunk (cd){32}, which was not asked for/);
	});

	test("has no chunk of a bundle: refused, the chunk is named", async () => {
		await deployVersions("emptied", 1);
		change("chunks", (header, parts) => {
			header.ids = [];
			parts.length = 0;
		});
		await expectRefused(await stack.client.trigger("emptied"), /chunk [0-9a-f]{64} is not at the control plane/);
	});

	test("sends another version than the run's, with that version's own name: refused, both are named", async () => {
		const [old = ""] = await deployVersions("switched", 2);
		const poll = (header: Given) => {
			for (const one of given(header) ?? []) one.version = old;
		};
		change("poll", poll);
		await expectRefused(await stack.client.trigger("switched", { n: 1 }), /version 2 of switched, but version 1 of switched/);
	});

	test("sends another version than the run's under the run's number: refused", async () => {
		const [old = ""] = await deployVersions("disguised", 2);
		gate.meddle = ({ path: asked, status, answer }) => {
			if (status !== 200 || !/gateway\/(poll|version)$/.test(asked)) return undefined;
			const { header, parts } = decodeFrame(answer) as { header: Given; parts: Uint8Array[] };
			if (asked.endsWith("version")) header.number = 2;
			else for (const one of given(header)) one.version = old;
			return Buffer.from(encodeFrame(header, parts));
		};
		await expectRefused(await stack.client.trigger("disguised", { n: 1 }), /address|manifest .*disguised 2\b/);
	});

	test("assigns a run as one of another flow: refused, both flows are named", async () => {
		await deployVersions("relabelled", 1);
		change("poll", (header) => {
			for (const one of given(header)) one.flow = "honest";
		});
		const { id } = await stack.client.trigger("relabelled", { n: 1 });
		// The note itself is sealed for the flow that the agent was told: nobody reads it as this run's. That nothing ran is what counts.
		await waitFor("the run failed", async () => (await stack.client.api.runs.get.query({ id })).run.state === "failed");
		expect(linesOf(ran)).toEqual([]);
		expect(fs.readFileSync(stack.agents[0]?.log ?? "", "utf8")).toMatch(
			/of honest: refused: what the control plane sent does not match what was deployed/,
		);
	});

	test("answers the CLI with the manifest of another version: no run is made, the version is named", async () => {
		await deployVersions("asked", 2);
		const old = await stack.client.api.versions.get.query({ flow: "asked", number: 1 });
		gate.meddle = ({ path: asked, status, answer }) => {
			if (status !== 200 || !asked.includes("versions.get")) return undefined;
			const [first] = JSON.parse(answer.toString()) as [{ result: { data: Record<string, unknown> } }];
			Object.assign(first.result.data, { manifest: old.manifest, address: old.address });
			return Buffer.from(JSON.stringify([first]));
		};
		const said = await stack.cli(["run", "asked", "--version", "2", "-p", "n=1"], { env: { TIDEGATE_URL: gate.url } });
		expect(said.code).toBe(1);
		expect(said.stderr).toMatch(/manifest .*asked 2\b/);
		expectForPeople(said.stderr);
		const client = createClient({ ...stack.workspace, url: gate.url });
		await expect(client.trigger("asked", { n: 1 })).rejects.toThrow(/manifest .*asked 2\b/);
		expect((await stack.client.runs({ flow: "asked" })).runs).toEqual([]);
	});
});

test("the logs of control plane and agent hold no token and no key", () => {
	expectCleanLogs(stack);
});
