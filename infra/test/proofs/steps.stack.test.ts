// Flows of steps: written in YAML, deployed by the command line, done by a real agent.
import http from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { answersIndex } from "../packageIndex.ts";
import { type Stack, startStack } from "../stack.ts";
import { deploy, writeProject } from "./projects.ts";
import { type Ended, ended } from "./runs.ts";

let stack: Stack;
let server: http.Server;
const asked: string[] = [];

beforeAll(async () => {
	server = http.createServer((req, res) => {
		asked.push(`${req.method} ${req.url} ${req.headers.authorization}`);
		res.setHeader("content-type", "application/json").end('{"factor": 10}');
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	stack = await startStack({ agents: 0, pages: false });
	// In the environment of the agent: what `tidegate agent secret set` and variables.json keep, for a machine that is made of containers.
	const { port } = server.address() as AddressInfo;
	await stack.addAgent({
		env: {
			TIDEGATE_SECRET_TOKEN: "Bearer of-good-news",
			TIDEGATE_CONNECTION_STORE: "sqlite:///{DATABASE}",
			TIDEGATE_SECRET_DATABASE: "night.db",
			TIDEGATE_SECRET_PORT: String(port),
		},
	});
});
afterAll(async () => {
	server?.closeAllConnections();
	server?.close();
	await stack?.stop();
});

const yaml = (port: number) => `
name: night
description: What is done **each night**.
parameters:
  most: {type: integer, default: 2}
  day: {type: date, default: 2026-01-31}
steps:
  list:
    run: |
      echo "the day is {{ params.day }}"
      echo '["a", "b c"]' > "$TIDEGATE_RESULT"
  ask:
    http:
      url: http://127.0.0.1:${port}/factor/{{ params.day }}
      headers: {Authorization: "{{ secrets.TOKEN }}"}
  each:
    needs: [list, ask]
    matrix: {n: [1, 2, 3]}
    python: work.py:times
    with: {n: "{{ matrix.n }}", factor: "{{ steps.ask.result.factor }}", names: "{{ steps.list.result }}"}
  large:
    needs: each
    when: params.most > 5
    run: echo never
  last:
    needs: [each, large]
    run: echo {{ steps.each.result[2] }} and {{ steps.large.state }}
`;
const WORK = "def times(n, factor, names):\n    return f'{n * factor} {names[1]}'\n";

/** The last state of each task, by its key. */
function states(run: Ended): Record<string, string> {
	const keys = new Map<string, string>();
	const last: Record<string, string> = {};
	for (const one of run.happenings) {
		if (one.type !== "task") continue;
		if (one.content) keys.set(one.task, one.content.key);
		last[keys.get(one.task) ?? one.task] = one.state;
	}
	return last;
}

test("shell, callable, request and matrix, with what each needs, through an agent", async () => {
	const { port } = server.address() as AddressInfo;
	const said = await deploy(stack, "night", { "tidegate.yaml": yaml(port), "work.py": WORK });
	// The plan that goes with them is nobody's file.
	expect(said.stdout).toContain("is live: 2 files, ");
	const run = await ended(await stack.client.trigger("night", { day: "2026-02-03" }));
	expect(run.error).toBeNull();
	expect(run.result).toBe("30 b c and skipped");
	expect(run.lines).toContain("the day is 2026-02-03");
	expect(asked).toEqual(["GET /factor/2026-02-03 Bearer of-good-news"]);
	expect(states(run)).toMatchObject({ "list#0": "succeeded", "each#0[2]": "succeeded", "large#0": "skipped", "last#0": "succeeded" });
});

test("a parameter of another type is refused by its declaration", async () => {
	const said = await stack.cli(["run", "night", "-p", "most=many"]);
	expect(said.code).toBe(2);
	expect(said.stderr).toMatch(/parameter "most": expected an integer/);
});

test("the same steps run here and now, without an agent", async () => {
	const said = await stack.cli(["run", "--local", path.join(stack.dir, "projects", "night"), "-p", "most=9"], {
		env: { TIDEGATE_SECRET_TOKEN: "Bearer of-none" },
	});
	expect(said.code, said.stderr).toBe(0);
	expect(said.stdout).toBe("30 b c and succeeded\n");
});

test("what is wrong with the YAML is said with line and column, before anything is sent", async () => {
	const folder = writeProject(path.join(stack.dir, "projects", "wrong"), {
		"tidegate.yaml": "name: wrong\nsteps:\n  a: {run: ls, needs: b}\n  b: {run: ls, needs: a}\n",
	});
	const said = await stack.cli(["deploy", folder]);
	expect(said).toMatchObject({ code: 2, stdout: "" });
	expect(said.stderr).toContain("tidegate.yaml:4:23: steps.b.needs: these steps wait for each other: a → b → a.");
});

test("editors get the schema from the control plane, signed in or not", async () => {
	const answer = await fetch(`${stack.url}/schemas/tidegate.json`);
	expect(answer.headers.get("cache-control")).toContain("max-age");
	expect(await answer.json()).toMatchObject({
		title: "tidegate.yaml",
		properties: { steps: { additionalProperties: { properties: { notebook: {} } } } },
	});
});

test("other flows are runs of their own, one for each combination, and their results come back", async () => {
	const leaf = "name: leaf\nparameters: {n: {type: integer}}\nsteps:\n  one: {run: 'test {{ params.n }} -ne 0 && echo leaf {{ params.n }}'}\n";
	await deploy(stack, "leaf", { "tidegate.yaml": leaf });
	const tree = `
name: tree
parameters: {least: {type: integer, default: 1}}
steps:
  small: {flow: leaf, with: {n: "{{ params.least }}"}}
  each: {flow: leaf, matrix: {n: [7, 8]}, with: {n: "{{ matrix.n }}"}}
  beside: {run: echo beside}
  last: {needs: [small, each, beside], run: "echo {{ steps.small.result }} {{ steps.each.result[1] }} {{ steps.beside.result }}"}
  bad: {needs: [small], when: steps.small.state == "failed", run: echo bad}
`;
	await deploy(stack, "tree", { "tidegate.yaml": tree });
	const run = await ended(await stack.client.trigger("tree"), 120_000);
	expect(run.error).toBeNull();
	expect(states(run)).toMatchObject({ "last#0": "succeeded", "bad#0": "skipped" });
	expect(run.lines).toContain("leaf 1 leaf 8 beside");
	const failed = await ended(await stack.client.trigger("tree", { least: 0 }), 120_000);
	expect(failed.state).toBe("failed");
	expect(states(failed)).toMatchObject({ "last#0": "skipped", "bad#0": "succeeded" });
});

const STORE = `
name: store
parameters: {least: {type: integer, default: 1}}
steps:
  fill:
    run: rm -f night.db; python3 -c "import sqlite3; c = sqlite3.connect('night.db'); c.execute('create table t (a, b)'); c.executemany('insert into t values (?, ?)', [(1, 'x'), (2, 'y'), (3, 'z')]); c.commit()"
  rows:
    needs: fill
    requirements: &tools [sqlalchemy]
    database: STORE
    sql: select a, b, ':not' as c from t where a > {{ params.least }} order by a
  above:
    needs: rows
    requirements: *tools
    database: STORE
    sql: select b from t where a > {{ steps.rows.result[1].a }}
  last:
    needs: [rows, above]
    run: echo {{ steps.rows.result[0].c }} {{ steps.rows.result[1].b }} {{ steps.above.result }}
`;

test("two queries in an environment of their own, which is built once", async (context) => {
	if (!(await answersIndex())) context.skip("the package index does not answer here, so no environment can be built");
	await deploy(stack, "store", { "tidegate.yaml": STORE });
	const run = await ended(await stack.client.trigger("store"), 300_000);
	expect(run.error, run.lines.join("\n")).toBeNull();
	expect(run.result).toBe(":not z []");
	const kinds = run.happenings.flatMap((one) => (one.type === "artifact" ? [one.kind] : []));
	expect(kinds).toEqual(["table", "table"]);
	const built = (of: Ended) => of.lines.filter((line) => line.startsWith("environment ready")).length;
	expect(built(run)).toBe(1);
	// The next run finds it.
	const again = await ended(await stack.client.trigger("store", { least: 0 }), 300_000);
	expect([again.error, again.result, built(again)]).toEqual([null, ':not y [{"b": "z"}]', 0]);
});
