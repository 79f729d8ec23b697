// Flows that misbehave, and hosts that lack something: the run ends with the truth, the agent lives on, and nothing is left behind.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../stack.ts";
import { deploy, deployFlow, flowFile } from "./projects.ts";
import { detail, ended, expectCleanLogs, linesOf, waitFor } from "./runs.ts";

let stack: Stack;

beforeAll(async () => {
	stack = await startStack({ agents: 1, slots: 2, pages: false });
});
afterAll(() => stack?.stop());

async function runOf(name: string, body: string, options?: { pool?: string }) {
	await deployFlow(stack, name, body);
	const handle = await stack.client.trigger(name, {}, options);
	return { id: handle.id, ...(await ended(handle, 110_000)) };
}
const alive = (pid: number) => fs.existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(fs.readFileSync(`/proc/${pid}/status`, "utf8"));

describe("a flow that prints too much, or what is no text", () => {
	test("200,000 lines arrive, each once and in order", async () => {
		const { state, lines, result } = await runOf("loud", "for n in range(200000):\n    print('line', n)\nreturn n");
		expect({ state, result }).toEqual({ state: "succeeded", result: 199_999 });
		expect(lines).toHaveLength(200_000);
		expect(lines.findIndex((line, n) => line !== `line ${n}`)).toBe(-1);
	});
	test("1,000,000 lines: the first 64 MiB arrive, the rest stays and the run says so, and it succeeds all the same", async () => {
		const { state, lines, told } = await runOf("louder", "for n in range(1000000):\n    print('line', n, 'of a million')\nreturn n");
		expect(state).toBe("succeeded");
		expect(lines.length).toBeGreaterThan(500_000);
		expect(lines.length).toBeLessThan(1_000_000);
		expect(lines.findIndex((line, n) => line !== `line ${n} of a million`)).toBe(-1);
		expect(told.join("\n")).toMatch(/more than 64 MiB/);
	});
	test("a line of 10 MB arrives whole; a longer one is cut and says so", async () => {
		const { state, happenings } = await runOf("long", "print('a' * 9_999_997 + 'end')\nprint('after')\nprint('b' * 10_000_005)\nreturn 1");
		expect(state).toBe("succeeded");
		const pieces = happenings.flatMap((one) => (one.type === "lines" ? one.lines : []));
		const text = pieces.map(({ m, part }) => (part ? m : `${m}\n`)).join("");
		const [long = "", after, cut = ""] = text.split("\n");
		expect(long).toHaveLength(10_000_000);
		expect(long).toMatch(/aend$/);
		expect(after).toBe("after");
		expect(cut).toMatch(/b… \(5 bytes more\)$/);
	});
	test("bytes that are no text, by print and by the descriptor: shown as far as they can be, and the run succeeds", async () => {
		const { state, lines } = await runOf(
			"binary",
			"sys.stdout.buffer.write(b'\\x00\\xff\\xfe raw \\x80\\n')\nos.write(1, bytes(range(256)) * 40 + b'\\n')\nprint('nul \\0 and lone \\ud800 and ok')\nreturn 1",
		);
		expect(state).toBe("succeeded");
		expect(lines.some((line) => line.includes(" raw "))).toBe(true);
		expect(lines.some((line) => line.includes("and ok"))).toBe(true);
	});
});

describe("a flow that ends in its own way", () => {
	test("os._exit(3): failed, with the code, and a note of what that is", async () => {
		const { id, state, lines, notes } = await runOf("quitter", "print('before')\nos._exit(3)");
		expect(state).toBe("failed");
		expect(lines).toContain("before");
		expect(notes).toEqual([expect.stringMatching(/exit code 3/)]);
		expect((await detail(stack, id)).executions).toMatchObject([{ outcome: "failed", code: 3, signal: null }]);
		const said = await stack.cli(["run", "quitter", "--watch"]);
		expect(said.code).toBe(1);
		expect(said.stdout).toMatch(/exit code 3/);
	});
	test("a segfault: failed, by SIGSEGV, and what was printed before it is there", async () => {
		const { id, state, lines, notes } = await runOf("crasher", "import ctypes\nprint('before')\nctypes.string_at(0)");
		expect(state).toBe("failed");
		expect(lines).toContain("before");
		expect(notes).toEqual([expect.stringMatching(/SIGSEGV/)]);
		expect((await detail(stack, id)).executions).toMatchObject([{ outcome: "failed", signal: "SIGSEGV" }]);
	});
	test("sys.exit with a message: failed, with these words", async () => {
		const { state, lines, error, notes } = await runOf("exiter", "sys.exit('no more data')");
		expect(state).toBe("failed");
		expect(JSON.stringify([lines, error, notes])).toContain("no more data");
	});
	test.each([
		["in its own group, deaf to SIGTERM", "False"],
		["in a session of its own, deaf to SIGTERM", "True"],
	])("a child that it leaves behind, %s, is ended", async (_how, apart) => {
		const pids = path.join(stack.dir, `pids-${apart}`);
		const body = `import subprocess
child = subprocess.Popen(["sh", "-c", "trap '' TERM; exec sleep 300"], start_new_session=${apart})
time.sleep(0.2)
open(${JSON.stringify(pids)}, "w").write(f"{child.pid}\\n")
return "left"`;
		const { state, result } = await runOf(`parent_${apart}`, body);
		expect({ state, result }).toEqual({ state: "succeeded", result: "left" });
		const [child = 0] = linesOf(pids).map(Number);
		expect(child).toBeGreaterThan(1);
		await waitFor("the child is gone", () => !alive(child), 10_000);
	});
	test("an import that fails only on the agent: its own traceback", async () => {
		await deploy(stack, "importer", {
			"flow.py": `import os\nif os.environ.get("TIDEGATE_RUN"):\n    import not_on_this_host\n${flowFile("importer", "return 1")}`,
		});
		const { state, error } = await ended(await stack.client.trigger("importer"));
		expect(state).toBe("failed");
		expect(error?.type).toBe("ModuleNotFoundError");
		expect(error?.traceback).toContain("import not_on_this_host");
	});
	test("a result that is no JSON: its type and a short form", async () => {
		const { state, happenings } = await runOf("odd", "return {1, 2}.__class__");
		expect(state).toBe("succeeded");
		expect(happenings.filter(({ type }) => type === "result")).toMatchObject([{ content: { repr: expect.stringContaining("set") } }]);
	});
});

describe("a host that lacks something", () => {
	test("no python3 on the agent's PATH: refused, and the run says what to install", async () => {
		await stack.client.api.pools.create.mutate({ name: "pythonless" });
		const empty = path.join(stack.dir, "empty");
		fs.mkdirSync(empty);
		await stack.addAgent({ pool: "pythonless", env: { PATH: empty } });
		const { id, state, notes } = await runOf("needs_python", "return 1", { pool: "pythonless" });
		expect(state).toBe("failed");
		expect(notes).toEqual([expect.stringMatching(/no python3 on its PATH: install it/)]);
		expect((await detail(stack, id)).executions).toMatchObject([{ outcome: "refused" }]);
	});
});

test("the agent is the one that began, and takes runs as before", async () => {
	const { state } = await runOf("ordinary", "return 1");
	expect(state).toBe("succeeded");
	expect(stack.agents[0]?.part).toBeDefined();
	process.kill(stack.agents[0]?.part?.who.pid ?? 0, 0);
	expectCleanLogs(stack);
});
