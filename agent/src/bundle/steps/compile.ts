/** From checked YAML to the plan that the SDK runs: names known, needs in order, every text parsed. */

import type { ParameterSchema } from "../../protocol/manifest.ts";
import { Asked, HOOK_KINDS, KINDS, type Kind, type ProjectYaml, type Step } from "../../protocol/project-yaml.ts";
import { ExpressionError, namesIn, parseExpression, type Tree } from "./expression.ts";
import { type Known, needsOf, problemOf } from "./names.ts";
import { orderOf } from "./order.ts";
import { parametersSchema } from "./parameters.ts";
import { Problems, StepProblem } from "./problem.ts";
import { isEvaluated } from "./shell.ts";
import { parseScript, parseText, treesOfScript, treesOfText } from "./templates.ts";

/** Where the plan lies in the bundle, beside the YAML that it was made from. */
export const PLAN = "tidegate.steps.json";
const MAX_STEPS = 500;
const MAX_COMBINATIONS = 1_000;
/** Which kinds take which of the words that only some take. */
const TAKERS: Partial<Record<keyof Step, readonly Kind[]>> = {
	database: ["sql"],
	pool: ["flow"],
	with: ["python", "notebook", "flow"],
	env: ["run", "spark"],
	requirements: ["run", "python", "sql", "notebook"],
	// A run of its own has its flow's.
	retries: ["run", "python", "sql", "http", "notebook", "spark"],
	timeout: ["run", "python", "sql", "http", "notebook", "spark"],
	concurrency: ["run", "python", "sql", "http", "notebook", "spark"],
};

const HOOKS = { on_success: "success", on_failure: "failure", on_cancel: "cancel" } as const;
type HookName = (typeof HOOKS)[keyof typeof HOOKS];

export interface Planned {
	name: string;
	kind: Kind;
	needs: string[];
	/** The steps whose results it reads, and those whose states: without the first it is skipped. */
	results: string[];
	states: string[];
	when: Tree | null;
	matrix: Record<string, unknown>[] | null;
	concurrency: number | null;
	retries: number;
	retry_delay: number | number[];
	timeout: number | null;
	requirements: string[] | string | null;
	/** What the kind does, its texts parsed. */
	does: unknown;
	with: unknown;
	env: unknown;
	database: string | null;
	pool: string | null;
}

export interface Plan {
	format: 1;
	flow: string;
	parameters: ParameterSchema;
	/** In the order of the file. */
	steps: Planned[];
	/** What it asks for its runs, as @flow has it; absent where it asks for nothing. */
	options?: Record<string, unknown>;
	/** What is done after an end; absent where nothing is. */
	hooks?: Partial<Record<HookName, Planned>>;
}

/** @returns null for a project without steps. Throws StepProblem: the first that is found, with those of other steps in its `others`. */
export function compileSteps(yaml: ProjectYaml): Plan | null {
	if (yaml.steps === undefined) {
		for (const word of ["parameters", ...Object.keys(Asked.shape)] as const) {
			const belongs = word === "parameters" ? "parameters belong to steps" : `${word} is for a flow of steps; a flow in Python says it in @flow`;
			if (yaml[word as keyof ProjectYaml] !== undefined)
				throw new StepProblem([word], `${belongs}, and there are none`.replace("@flow, and there are none", "@flow"), 0, true);
		}
		return null;
	}
	const names = Object.keys(yaml.steps);
	if (names.length === 0) throw new StepProblem(["steps"], "there is no step in it");
	if (names.length > MAX_STEPS) throw new StepProblem(["steps"], `${names.length} steps: at most ${MAX_STEPS} fit`);
	if (yaml.name === undefined) throw new StepProblem(["steps"], "a flow of steps needs a name: put name: NAME above", 0, true);
	const found = new Problems();
	const parameters = found.take(() => parametersSchema(yaml.parameters ?? {}));
	const before = found.take(() => orderOf(yaml.steps ?? {}));
	const given = Object.keys(yaml.parameters ?? {});
	const steps = Object.entries(yaml.steps).map(([name, step]) =>
		found.take(() =>
			planned(["steps", name], step, {
				parameters: given,
				// With the order unknown, nothing is said of it.
				before: before ? [...(before.get(name) ?? [])] : names,
				steps: names,
				matrix: Object.keys(step.matrix ?? {}),
				secrets: false,
			}),
		),
	);
	const more = found.take(() => asked(yaml, given));
	found.end();
	return { format: 1, flow: yaml.name, parameters: parameters as ParameterSchema, steps: steps as Planned[], ...more };
}

/** Options and hooks of the whole flow. */
function asked(yaml: ProjectYaml, parameters: string[]): Pick<Plan, "options" | "hooks"> {
	const hooks: NonNullable<Plan["hooks"]> = {};
	for (const [word, name] of Object.entries(HOOKS)) {
		const hook = yaml[word as keyof typeof HOOKS];
		if (!hook) continue;
		const count = HOOK_KINDS.filter((kind) => hook[kind] !== undefined).length;
		if (count !== 1) throw new StepProblem([word], `${word} is one of ${HOOK_KINDS.join(", ")}`, 0, true);
		hooks[name] = planned([word], hook, { parameters, before: [], steps: [], matrix: [], secrets: false, ended: true });
	}
	const words = Object.keys(Asked.shape).filter((word) => !Object.hasOwn(HOOKS, word) && yaml[word as keyof ProjectYaml] !== undefined);
	const options = Object.fromEntries(words.map((word) => [word, yaml[word as keyof ProjectYaml]]));
	return { ...(words.length > 0 ? { options } : {}), ...(Object.keys(hooks).length > 0 ? { hooks } : {}) };
}

function planned(path: [...string[], string], step: Step, known: Known): Planned {
	const name = path.at(-1) as string;
	const kind = kindOf(path, step);
	const reader = new Reader(known);
	const when =
		step.when === undefined ? null : typeof step.when === "boolean" ? (["value", step.when] as Tree) : reader.tree([...path, "when"], step.when);
	return {
		name,
		kind,
		needs: needsOf(step),
		when,
		does: reader.does([...path, kind], kind, step[kind] as never),
		with: reader.data([...path, "with"], step.with ?? {}),
		env: reader.data([...path, "env"], withoutRead([...path, "env"], step.env ?? {}), true),
		matrix: step.matrix ? combinations([...path, "matrix"], step.matrix) : null,
		concurrency: step.concurrency ?? null,
		retries: step.retries ?? 0,
		retry_delay: step.retry_delay ?? 0,
		timeout: step.timeout ?? null,
		requirements: step.requirements ?? null,
		database: step.database ?? null,
		pool: step.pool ?? null,
		results: [...reader.results],
		states: [...reader.states],
	};
}

/** Refuses a value in a variable that the shell reads as commands by itself when it starts. ENV is not among them there. */
function withoutRead(path: string[], env: Record<string, unknown>): Record<string, unknown> {
	const name = Object.keys(env).find((each) => each !== "ENV" && isEvaluated(each) && String(env[each]).includes("{{"));
	if (name !== undefined) throw new StepProblem([...path, name], `a value can't be put into ${name}: the shell may read commands in it`);
	return env;
}

function kindOf(path: string[], step: Step): Kind {
	const kinds = KINDS.filter((kind) => step[kind] !== undefined);
	const [kind, other] = kinds;
	if (kind === undefined) throw new StepProblem(path, `the step ${path.at(-1)} does nothing: give it one of ${KINDS.join(", ")}`, 0, true);
	if (other !== undefined)
		throw new StepProblem([...path, other], `a step is one thing, and this is ${kinds.join(" and ")}: make two of it`, 0, true);
	for (const [word, takers] of Object.entries(TAKERS)) {
		if (step[word as keyof Step] !== undefined && !takers.includes(kind)) {
			throw new StepProblem([...path, word], `${word} is for ${takers.join(", ")}, and this step is ${kind}`, 0, true);
		}
	}
	if (kind === "sql" && step.database === undefined) {
		throw new StepProblem([...path, "sql"], "sql needs database: the name of a connection, or of a secret that holds an SQLAlchemy URL", 0, true);
	}
	if (step.concurrency !== undefined && !step.matrix) throw new StepProblem([...path, "concurrency"], "concurrency is for a matrix", 0, true);
	return kind;
}

function combinations(path: string[], matrix: Record<string, unknown[]>): Record<string, unknown>[] {
	const count = Object.values(matrix).reduce((product, values) => product * values.length, 1);
	if (count > MAX_COMBINATIONS) throw new StepProblem(path, `${count} combinations: at most ${MAX_COMBINATIONS} fit`, 0, true);
	return Object.entries(matrix).reduce<Record<string, unknown>[]>(
		(all, [name, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [name]: value }))),
		[{}],
	);
}

/** Parses a step's texts, checks the names in them, and keeps what they ask of other steps. */
class Reader {
	readonly results = new Set<string>();
	readonly states = new Set<string>();
	readonly #known: Known;

	constructor(known: Known) {
		this.#known = known;
	}

	tree(path: PropertyKey[], text: string): Tree {
		return this.#checked(
			path,
			text,
			false,
			() => parseExpression(text),
			(tree) => [tree],
		);
	}

	does(path: PropertyKey[], kind: Kind, value: string | Record<string, unknown>): unknown {
		if (kind === "run") return this.#checked(path, value as string, false, () => parseScript(value as string), treesOfScript);
		if (kind === "python" || kind === "notebook" || kind === "flow") return value;
		const whole = typeof value === "string" ? { [kind === "http" ? "url" : kind === "spark" ? "application" : "query"]: value } : value;
		return Object.fromEntries(
			Object.entries(whole).map(([word, part]) => [
				word,
				this.data(typeof value === "string" ? path : [...path, word], part, ["headers", "json", "body"].includes(word)),
			]),
		);
	}

	data(path: PropertyKey[], value: unknown, secrets = false): unknown {
		if (typeof value === "string") return this.#checked(path, value, secrets, () => parseText(value), treesOfText);
		if (Array.isArray(value)) return value.map((item, index) => this.data([...path, index], item, secrets));
		if (value === null || typeof value !== "object") return value;
		if (Object.hasOwn(value, "$")) throw new StepProblem([...path, "$"], "the name $ is taken", 0, true);
		return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.data([...path, key], item, secrets)]));
	}

	#checked<T>(path: PropertyKey[], text: string, secrets: boolean, parse: () => T, treesOf: (parsed: T) => Tree[]): T {
		try {
			const parsed = parse();
			for (const tree of treesOf(parsed)) this.#note(path, text, tree, secrets);
			return parsed;
		} catch (error) {
			if (error instanceof ExpressionError) throw new StepProblem(path, error.message, error.at);
			throw error;
		}
	}

	#note(path: PropertyKey[], text: string, tree: Tree, secrets: boolean): void {
		for (const name of namesIn(tree)) {
			const problem = problemOf(name, { ...this.#known, secrets });
			if (problem) throw new StepProblem(path, problem, Math.max(0, text.indexOf(name.slice(0, 2).join("."))));
			if (name[0] === "steps") (name[2] === "result" ? this.results : this.states).add(String(name[1]));
		}
	}
}
