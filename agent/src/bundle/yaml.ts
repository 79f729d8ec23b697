/** tidegate.yaml: optional, small, and wrong with a line and a column. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { z } from "zod";
import { suggestion } from "../protocol/nearest.ts";
import { Hook, Http, Parameter, ProjectYaml, Spark, Step } from "../protocol/project-yaml.ts";
import { ProjectProblem } from "./problem.ts";
import { compileSteps, type Plan } from "./steps/compile.ts";
import { StepProblem } from "./steps/problem.ts";
import { type Mistake, syntaxMistakes } from "./yaml-syntax.ts";

/** Mistakes that are told at once. */
const MOST = 20;

/** With steps, their plan, and how what is wrong with one is told: with its line and column. */
export type ReadYaml = ProjectYaml & { plan?: Plan; told?: (problem: StepProblem) => ProjectProblem };

/** @param name what to call the file in messages. Throws ProjectProblem with a line `name:line:column: …` for each mistake. */
export function parseProjectYaml(text: string, name = "tidegate.yaml"): ReadYaml {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
	const problem = (mistakes: readonly Mistake[]): ProjectProblem => {
		const told = mistakes
			.toSorted((a, b) => a.offset - b.offset)
			.map(({ offset, message }) => {
				const { line, col } = lines.linePos(offset);
				return `${name}:${line}:${col}: ${message}`;
			});
		const more = told.length > MOST ? [`${name}: and ${told.length - MOST} more like these.`] : [];
		return new ProjectProblem([...new Set(told.slice(0, MOST)), ...more].join("\n"));
	};
	const fail = (offset: number, message: string): never => {
		throw problem([{ offset, message }]);
	};
	if (document.errors.length > 0) throw problem(syntaxMistakes(text, document, lines));
	if (document.contents === null) return {};
	visit(document, {
		// What reads on would lose it.
		Pair: (_, { key }) =>
			isScalar(key) && key.value === "__proto__" ? fail(key.range?.[0] ?? 0, "__proto__ can't be a name: take another.") : undefined,
	});
	let content: unknown;
	try {
		content = document.toJS();
	} catch (error) {
		// Aliases of aliases that grow without bound.
		fail(0, (error as Error).message);
	}
	const read = ProjectYaml.safeParse(content);
	if (!read.success) throw problem(read.error.issues.flatMap((issue) => mistakesOf(document, deepest(issue))));
	const told = (first: StepProblem): ProjectProblem =>
		problem(
			[first, ...first.others].map(({ path, key, at, message }) => ({
				offset: offsetOf(document, path, key, { text, at }),
				message: `${path.join(".")}: ${ended(message)}`,
			})),
		);
	try {
		const plan = compileSteps(read.data);
		return plan ? { ...read.data, plan, told } : read.data;
	} catch (error) {
		throw error instanceof StepProblem ? told(error) : error;
	}
}

const ended = (text: string): string => text.replace(/[.?]?$/, (end) => end || ".");

/** One for each unknown key. */
function mistakesOf(document: Document, issue: z.core.$ZodIssue): Mistake[] {
	const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
	if (issue.code === "unrecognized_keys")
		return issue.keys.map((key) => ({
			offset: offsetOf(document, [...issue.path, key], true),
			message: `${where}unknown key ${key}.${suggestion(key, keysAt(issue.path))}`,
		}));
	const message = `${where}${ended(sentence(issue, document.getIn(issue.path)))}`;
	return [{ offset: offsetOf(document, issue.path, issue.code === "invalid_key"), message }];
}

/** Where zod has no sentence of ours, one in the same words. */
function sentence(issue: z.core.$ZodIssue, given: unknown): string {
	switch (issue.code) {
		case "invalid_union":
			return `expected ${issue.message}`;
		case "invalid_key":
			return (issue.issues[0]?.message ?? issue.message).replace(/^Invalid string: /, "");
		case "invalid_value":
			return `expected one of ${issue.values.map(String).join(", ")}.${typeof given === "string" ? suggestion(given, issue.values.map(String)).replace(/ There .*/, "") : ""}`;
		case "too_small":
			if (issue.message.startsWith("Too small") && issue.origin === "string") return "expected a text that is not empty";
			return issue.message.replace(/^Too small: /, "").replace(/ to be >=?/, (sign) => (sign.endsWith("=") ? " of at least " : " above "));
		case "too_big":
			return issue.message.replace(/^Too big: /, "").replace(/ to be <=?/, (sign) => (sign.endsWith("=") ? " of at most " : " below "));
		default:
			return issue.message.replace(/^Invalid input: /, "").replace("record", "object");
	}
}

/** The keys that an object at this place takes. */
function keysAt(path: PropertyKey[]): string[] {
	if (path[0] === "parameters") return Object.keys(Parameter.shape);
	if (/^on_/.test(String(path[0]))) return Object.keys((path[1] === "http" ? Http : Hook).shape);
	if (path[0] !== "steps") return Object.keys(ProjectYaml.shape);
	return Object.keys((path[2] === "http" ? Http : path[2] === "spark" ? Spark : Step).shape);
}

/** In a union, the branch that got furthest says best what is wrong. */
function deepest(issue: z.core.$ZodIssue): z.core.$ZodIssue {
	if (issue.code !== "invalid_union") return issue;
	const inner = issue.errors.flat().sort((a, b) => depth(b) - depth(a))[0];
	return inner && depth(inner) > 0 ? deepest({ ...inner, path: [...issue.path, ...inner.path] } as z.core.$ZodIssue) : issue;
}

/** An unknown key lies one deeper than the object that has it. */
const depth = (issue: z.core.$ZodIssue): number => issue.path.length + (issue.code === "unrecognized_keys" ? 1 : 0);

/** Where in the text the value at `path` begins, or its key, or the `at`th character of the value. */
function offsetOf(document: Document, path: PropertyKey[], key: boolean, within?: { text: string; at: number }): number {
	const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
	if (key && isMap(parent)) {
		const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1));
		if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
	}
	for (let length = path.length; length >= 0; length--) {
		const node = length > 0 ? document.getIn(path.slice(0, length), true) : document.contents;
		if (isNode(node) && node.range) return node.range[0] + (length === path.length && within ? inside(node, within.at, within.text) : 0);
	}
	return 0;
}

/** How far into the source of a value its `at`th character is; 0 where escapes or folded lines make that unclear. */
function inside(node: unknown, at: number, text: string): number {
	if (!isScalar(node) || typeof node.value !== "string" || !node.range) return 0;
	const { value, type, range } = node;
	if (type === "BLOCK_LITERAL") return insideBlock(text.slice(range[0]), value, at);
	const more = range[1] - range[0] - value.length;
	return type === "PLAIN" && more === 0 ? at : (type === "QUOTE_DOUBLE" || type === "QUOTE_SINGLE") && more === 2 ? at + 1 : 0;
}

/** @param source from the | on, behind whose line each line of the value stands indented */
function insideBlock(source: string, value: string, at: number): number {
	const [header = "", ...lines] = source.split("\n");
	const told = value.split("\n");
	const first = told.findIndex((line) => line.trim() !== "");
	const indented = (lines[first]?.search(/\S/) ?? 0) - (told[first]?.search(/\S/) ?? 0);
	const before = value.slice(0, at).split("\n");
	const above = lines.slice(0, before.length - 1).reduce((sum, line) => sum + line.length + 1, header.length + 1);
	return above + indented + (before.at(-1)?.length ?? 0);
}
