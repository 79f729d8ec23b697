import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { projectYamlSchema } from "../../protocol/project-yaml.ts";
import { readProject } from "../project.ts";
import { parseProjectYaml } from "../yaml.ts";
import type { Plan } from "./compile.ts";
import { ExpressionError, namesIn, parseExpression, type Tree } from "./expression.ts";
import { stepsFlow } from "./project.ts";
import { parseScript, parseText } from "./templates.ts";

/** How a tree is written; every level in parentheses. */
function written(tree: Tree): string {
	const [sign, ...parts] = tree as [string, ...unknown[]];
	if (sign === "value") return JSON.stringify(parts[0]);
	if (sign === "list") return `[${parts.map((part) => written(part as Tree)).join(", ")}]`;
	if (sign === "get") return parts.map((part, index) => (index === 0 ? part : `[${JSON.stringify(part)}]`)).join("");
	if (sign === "not") return `(not ${written(parts[0] as Tree)})`;
	return `(${written(parts[0] as Tree)} ${sign} ${written(parts[1] as Tree)})`;
}

const { tree } = fc.letrec<{ tree: Tree; leaf: Tree }>((tie) => ({
	leaf: fc.oneof(
		fc
			.oneof(fc.nat(), fc.integer(), fc.boolean(), fc.constant(null), fc.stringMatching(/^[ -!#-[\]-~]{0,12}$/))
			.map((value): Tree => ["value", value]),
		fc.array(fc.oneof(fc.stringMatching(/^[a-z]{1,5}$/), fc.nat(9)), { maxLength: 3 }).map((path): Tree => ["get", "steps", ...path]),
	),
	tree: fc.oneof(
		{ maxDepth: 5, withCrossShrink: true },
		tie("leaf"),
		fc.tuple(fc.constantFrom("and", "or", "==", "!=", "<", "<=", ">", ">=", "in", "not in"), tie("tree"), tie("tree")).map((parts) => parts as Tree),
		tie("tree").map((inner): Tree => ["not", inner]),
		fc.array(tie("tree"), { maxLength: 3 }).map((items): Tree => ["list", ...items]),
	),
}));

describe("expressions", () => {
	it("read back what is written, whatever it is", () => {
		fc.assert(fc.property(tree, (made) => void expect(parseExpression(written(made))).toEqual(made)));
	});

	it("of any text are a tree or a refusal that says where", () => {
		const text = fc.oneof(
			fc.string(),
			fc
				.array(fc.constantFrom("not", "in", "and", "(", ")", "[", "]", "a", ".", "1d", "-", "ds", "==", '"x"', " "), { maxLength: 30 })
				.map((parts) => parts.join(" ")),
		);
		fc.assert(
			fc.property(text, (given) => {
				try {
					namesIn(parseExpression(given));
				} catch (error) {
					expect(error).toBeInstanceOf(ExpressionError);
					expect((error as ExpressionError).at).toBeLessThanOrEqual(given.length);
				}
			}),
			{ numRuns: 500 },
		);
	});

	it("bind as Python's do", () => {
		expect(parseExpression("not a == 1 and b or c")).toEqual(parseExpression("((not (a == 1)) and b) or c"));
		expect(parseExpression("logical_date - 1d + 2h")).toEqual(["move", ["move", ["get", "logical_date"], -86400], 7200]);
	});

	it.each([
		["1 < 2 < 3", /not chained/],
		["params.x - 1d", /only ds and logical_date/],
		["__import__('os').system('x')", /stands where/],
		["ds - 1y", /no span of time/],
		["(".repeat(60) + "1" + ")".repeat(60), /levels deep/],
		["", /the end stands where a value/],
	])("refuse %s", (text, message) => expect(() => parseExpression(text)).toThrow(message));
});

describe("templates", () => {
	it("say how a value stands in a script", () => {
		expect(parseText("plain")).toBe("plain");
		expect(parseText("a {{ ds }}")).toEqual({ $: ["a ", ["get", "ds"]] });
		expect(parseScript('x {{ ds }} "{{ ds }}" # it\'s\n{{ ds }}')).toEqual([
			"x ",
			{ tree: ["get", "ds"], quoted: false },
			' "',
			{ tree: ["get", "ds"], quoted: true },
			"\" # it's\n",
			{ tree: ["get", "ds"], quoted: false },
		]);
		expect(() => parseScript("echo '{{ ds }}'")).toThrow(/single quotes/);
		expect(() => parseScript("cat <<END\n{{ ds }}\nEND")).toThrow(/behind <</);
		expect(() => parseText("{{ ds")).toThrow(/no }}/);
	});
});

const steps = (text: string) => `name: night\nsteps:\n${text}`;

describe("steps", () => {
	it("are refused by a name that what reads on would lose, and for a callable that is neither a file nor a module", () => {
		expect(() => parseProjectYaml(steps("  __proto__: {run: echo}\n  b: {run: echo}"))).toThrow(/tidegate\.yaml:3:3: __proto__ can't be a name/);
		expect(() => parseProjectYaml(steps("  b: {python: '../../etc/passwd:f'}"))).toThrow(/a callable looks like folder\/file\.py:function/);
		expect(() => parseProjectYaml(steps("  b: {python: 'pkg.module:f'}"))).not.toThrow();
	});

	it("become a plan", () => {
		const { plan } = parseProjectYaml(
			`name: night\nparameters:\n  day: {type: date, default: 2026-01-31}\n  n: {type: integer}\nsteps:\n  a:\n    run: echo {{ params.day }}\n  b:\n    needs: a\n    when: params.n > 1\n    matrix: {x: [1, 2], y: [a]}\n    http: {url: "http://h/{{ matrix.x }}", json: {n: "{{ steps.a.result }}"}}\n`,
		);
		expect(plan?.parameters).toEqual({
			type: "object",
			properties: { day: { type: "string", format: "date", default: "2026-01-31" }, n: { type: "integer" } },
			required: ["n"],
			additionalProperties: false,
		});
		expect(plan?.steps[1]).toMatchObject({
			name: "b",
			kind: "http",
			needs: ["a"],
			results: ["a"],
			when: [">", ["get", "params", "n"], ["value", 1]],
			matrix: [
				{ x: 1, y: "a" },
				{ x: 2, y: "a" },
			],
		});
	});

	it("have options and hooks of the whole flow, as a flow in Python has", () => {
		const { plan } = parseProjectYaml(
			`name: night\nretries: 2\nretry_delay: 5\nmemory: 1.5 GiB\nqueue_timeout: 60\non_failure: {http: {url: "http://h/", json: {text: "{{ run.flow }} {{ run.error }}"}}}\nsteps:\n  a: {run: ls}\n`,
		);
		expect(plan?.options).toEqual({ retries: 2, retry_delay: 5, memory: "1.5 GiB", queue_timeout: 60 });
		expect(plan?.hooks).toMatchObject({ failure: { name: "on_failure", kind: "http" } });
		expect(stepsFlow(plan as Plan).options).toMatchObject({ retries: 2, retryDelay: 5, memory: 1.5 * 2 ** 30, queueTimeout: 60, hooks: ["failure"] });
		expect(stepsFlow(parseProjectYaml(steps("  a: {run: ls}\n")).plan as Plan).options).toBeUndefined();
	});

	const many = (count: number) => Array.from({ length: count }, (_, i) => `  s${i}: {run: ls}\n`).join("");
	it.each([
		[
			"a cycle",
			steps("  a: {needs: c, run: ls}\n  b: {needs: a, run: ls}\n  c: {needs: b, run: ls}\n"),
			/:4:14: steps\.b\.needs: these steps wait for each other: a → c → b → a\.$/,
		],
		["an unknown need", steps("  load: {run: ls}\n  b:\n    run: ls\n    needs: [laod]\n"), /:6:13: .*there is no step laod\. Did you mean load\?/],
		["an unknown key", steps("  a:\n    run: ls\n    retrys: 3\n"), /:5:5: steps\.a: unknown key retrys\. Did you mean retries\?/],
		[
			"an unknown key of a request",
			steps("  a:\n    http:\n      url: http://h\n      metod: GET\n"),
			/:6:7: steps\.a\.http: unknown key metod\. Did you mean method\?/,
		],
		["a wrong type", steps("  a:\n    run: ls\n    retries: many\n"), /:5:14: steps\.a\.retries: expected number, received string\.$/],
		["a when that does not parse", steps("  a:\n    run: ls\n    when: 1 === 2\n"), /:5:15: steps\.a\.when: "=" means nothing here\.$/],
		["an unknown parameter", steps("  a:\n    run: echo {{ params.x }}\n"), /:4:18: steps\.a\.run: unknown parameter x/],
		[
			"a when of an unknown step",
			steps("  load: {run: ls}\n  b: {needs: load, run: ls, when: steps.laod.result > 1}\n"),
			/:4:35: steps\.b\.when: there is no step laod\. Did you mean load\?$/,
		],
		["a variable without a name", steps("  a:\n    run: echo {{ variables }}\n"), /:4:18: steps\.a\.run: name one variable: variables\.NAME\.$/],
		["a number that is too small", steps("  a:\n    run: ls\n    retries: -1\n"), /:5:14: steps\.a\.retries: expected number of at least 0\.$/],
		[
			"a word that is none of those",
			steps("  a:\n    http: {url: http://h, method: PSOT}\n"),
			/method: expected one of GET, POST, .*, HEAD\. Did you mean POST\?$/,
		],
		["an empty matrix", steps("  a:\n    run: ls\n    matrix: {x: []}\n"), /:5:17: steps\.a\.matrix\.x: an empty list/],
		["two things in one", steps("  a:\n    run: ls\n    python: f.py:g\n"), /:5:5: steps\.a\.python: a step is one thing/],
		["nothing to do", steps("  a:\n    when: true\n"), /:3:3: steps\.a: the step a does nothing/],
		["a result of a step that may not have ended", steps("  a: {run: ls}\n  b:\n    run: echo {{ steps.a.result }}\n"), /a is not among its needs/],
		[
			"retries of another flow",
			steps("  a:\n    flow: leaf\n    retries: 2\n"),
			/:5:5: steps\.a\.retries: retries is for run, .* and this step is flow/,
		],
		[
			"a value in a script behind eval",
			steps("  a:\n    run: |\n      ls\n      eval {{ ds }}\n"),
			/:\d+:\d+: steps\.a\.run: a value can't be put behind eval/,
		],
		[
			"a value in a variable that the shell reads",
			steps('  a:\n    run: ls\n    env: {ENV: "{{ ds }}", BASH_ENV: "{{ ds }}"}\n'),
			/:5:\d+: steps\.a\.env\.BASH_ENV: a value can't be put into BASH_ENV/,
		],
		["a secret in a command", steps("  a:\n    run: echo {{ secrets.X }}\n"), /only in env/],
		[
			"a hook that is nothing",
			`on_failure: {with: {a: 1}}\n${steps("  a: {run: ls}\n")}`,
			/:1:1: on_failure: on_failure is one of run, python, http\.$/,
		],
		["an unknown key of a hook", `on_failure: {rum: ls}\n${steps("  a: {run: ls}\n")}`, /:1:14: on_failure: unknown key rum\. Did you mean run\?/],
		["a step in a hook", `on_failure: {run: "echo {{ steps.a.state }}"}\n${steps("  a: {run: ls}\n")}`, /:1:.*there is no step a/],
		["an error of a run that goes on", steps("  a: {run: 'echo {{ run.error }}'}\n"), /unknown word error/],
		["a size that is none", `memory: much\n${steps("  a: {run: ls}\n")}`, /:1:9: memory: expected a size such as "4 GiB", or bytes\.$/],
		["an option without steps", "retries: 2\n", /:1:1: retries: retries is for a flow of steps; a flow in Python says it in @flow\.$/],
		["too many steps", steps(many(501)), /501 steps: at most 500/],
		["too many combinations", steps(`  a:\n    run: ls\n    matrix: {x: [${Array(40).fill(1)}], y: [${Array(40).fill(1)}]}\n`), /1600 combinations/],
		["no name", "steps:\n  a: {run: ls}\n", /:1:1: steps: a flow of steps needs a name/],
		[
			"a default of another type",
			"name: n\nparameters:\n  n:\n    type: integer\n    default: many\nsteps:\n  a: {run: ls}\n",
			/:5:14: parameters\.n\.default: /,
		],
	])("are refused with line and column for %s", (_what, text, message) => {
		expect(() => parseProjectYaml(text)).toThrow(message);
	});

	const project = mkdtempSync(join(tmpdir(), "steps-"));
	afterAll(() => rmSync(project, { recursive: true }));
	const read = async (text: string) => {
		writeFileSync(join(project, "tidegate.yaml"), steps(text));
		return (await readProject(project, join(project, ".tidegate"))).described;
	};
	it.each([
		["file", "  a: {python: wrok.py:count}\n", /^tidegate\.yaml:3:15: steps\.a\.python: the project has no file wrok\.py\. Did you mean work\.py\?$/],
		["file of a query", "  a: {database: X, sql: q.sql}\n", /:3:25: steps\.a\.sql: the project has no file q\.sql, or an ignore file/],
		["function", "  a: {python: work.py:cuont}\n", /:3:15: steps\.a\.python: work\.py has nothing by the name cuont; did you mean count\?$/],
		[
			"argument",
			"  a: {python: work.py:count, with: {shps: 1}}\n",
			/:3:37: steps\.a\.with\.shps: count takes no argument shps; did you mean ships\?$/,
		],
		[
			"parameter of a flow of its own",
			`  a: {flow: grade, with: {pints: "{{ ds }}"}}\n  b: {flow: grade, with: {points: many}}\n`,
			/^tidegate\.yaml:3:13: steps\.a\.flow: parameter "points": expected an integer, but .*\n.*:3:27: steps\.a\.with\.pints: parameter "pints": unknown; did you mean "points"\? .*\n.*:4:35: steps\.b\.with\.points: .* got "many"/,
		],
		["what an argument needs", "  a: {python: work.py:count, with: {n: 1}}\n", /:3:15: steps\.a\.python: count needs ships: give it under with\.$/],
	])("are refused before anything is sent where the project has no such %s", async (_what, text, message) => {
		writeFileSync(
			join(project, "work.py"),
			"from os.path import join\nimport functools\ndef count(ships, n=1): ...\n@functools.cache\ndef any(a): ...\nfrom tidegate import flow\n@flow\ndef grade(points: int): ...\n",
		);
		await expect(read(text)).rejects.toThrow(message);
		const { notes } = await read(
			'  a: {python: work.py:count, with: {ships: 1}}\n  b: {python: ./work.py:any}\n  c: {python: work.py:join, with: {a: 1}}\n  d: {flow: grade, with: {points: "{{ ds }}"}}\n  e: {flow: graed}\n  f: {flow: elsewhere}\n',
		);
		expect(notes).toEqual([expect.stringMatching(/^tidegate\.yaml:7:13: steps\.e\.flow: the project has no flow graed, .* did you mean grade/)]);
	});

	it("have a JSON Schema of every key", () => {
		const schema = projectYamlSchema() as {
			properties: Record<string, { additionalProperties: { properties: object } }>;
			additionalProperties: boolean;
		};
		expect(Object.keys(schema.properties.steps?.additionalProperties.properties ?? {})).toContain("notebook");
		expect(schema.additionalProperties).toBe(false);
	});
});
