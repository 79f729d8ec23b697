/** tidegate.yaml: optional, small, and wrong with a line and a column. */
import { type Document, isMap, isNode, isScalar, LineCounter, parseDocument } from "yaml";
import { z } from "zod";
import { Name } from "../protocol/manifest.ts";
import { suggestion } from "../protocol/nearest.ts";
import { ProjectProblem } from "./problem.ts";

const Entry = z.string().regex(/^[^:\s][^:]*\.py:[A-Za-z_]\w*$/, "an entry looks like folder/file.py:function");
const Patterns = z.array(z.string().min(1));

const ProjectYaml = z.strictObject({
	/** The flow's name, where the project has one flow and it should be called otherwise than its function. */
	name: Name.optional(),
	/** Which flows the project has: entries, or names for them. Without it, all that are found. */
	flows: z
		.union([z.array(Entry).min(1), z.record(Name, Entry)], "a list of entries (- flow.py:train) or names for them (train: flow.py:train)")
		.optional(),
	/** A file in the format of requirements.txt, or the requirements themselves. */
	requirements: z.union([z.string().min(1), Patterns], "the path of a requirements file, or a list of requirements").optional(),
	/** Patterns as in .gitignore: brought back though ignore files leave them out. */
	include: Patterns.optional(),
	/** Patterns as in .gitignore: left out. */
	exclude: Patterns.optional(),
	/** Which Python the flows need, as in `requires-python`. */
	python: z.string('a version in quotes, such as ">=3.10"').min(1).optional(),
});
export type ProjectYaml = z.infer<typeof ProjectYaml>;

/** @param name what to call the file in messages. Throws ProjectProblem that begins with `name:line:column`. */
export function parseProjectYaml(text: string, name = "tidegate.yaml"): ProjectYaml {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true });
	const fail = (offset: number, message: string): never => {
		const { line, col } = lines.linePos(offset);
		throw new ProjectProblem(`${name}:${line}:${col}: ${message}`);
	};
	const broken = document.errors[0];
	if (broken) fail(broken.pos[0], broken.message.replace(/\.?$/, "."));
	if (document.contents === null) return {};
	let content: unknown;
	try {
		content = document.toJS();
	} catch (error) {
		// Aliases of aliases that grow without bound.
		fail(0, (error as Error).message);
	}
	const read = ProjectYaml.safeParse(content);
	if (read.success) return read.data;
	const issue = read.error.issues[0] as z.core.$ZodIssue;
	if (issue.code === "unrecognized_keys") {
		const key = issue.keys[0] as string;
		return fail(offsetOf(document, [...issue.path, key], true), `unknown key ${key}.${suggestion(key, Object.keys(ProjectYaml.shape))}`);
	}
	const where = issue.path.length > 0 ? `${issue.path.join(".")}: ` : "";
	const [path, message] = deepest(issue);
	return fail(offsetOf(document, path, false), `${where}${message.replace(/^Invalid input: /, "")}.`);
}

/** In a union, the branch that got furthest says best what is wrong. */
function deepest(issue: z.core.$ZodIssue): [PropertyKey[], string] {
	if (issue.code !== "invalid_union") return [issue.path, issue.message];
	const inner = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
	return inner && inner.path.length > 0 ? [[...issue.path, ...inner.path], inner.message] : [issue.path, `expected ${issue.message}`];
}

/** Where in the text the value at `path` begins, or its key. */
function offsetOf(document: Document, path: PropertyKey[], key: boolean): number {
	const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
	if (key && isMap(parent)) {
		const pair = parent.items.find((item) => isScalar(item.key) && item.key.value === path.at(-1));
		if (isNode(pair?.key) && pair.key.range) return pair.key.range[0];
	}
	for (let length = path.length; length >= 0; length--) {
		const node = length > 0 ? document.getIn(path.slice(0, length), true) : document.contents;
		if (isNode(node) && node.range) return node.range[0];
	}
	return 0;
}
