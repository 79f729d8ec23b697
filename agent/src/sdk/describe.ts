/** `node describe.mjs PROJECT [ENTRY…]`, paths of its files on standard input: what flows they export, for a deploy. It imports them, since a schema is known only when it was made. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stackOf } from "./errors.ts";
import { loading } from "./flow.ts";
import { hook } from "./hooks.ts";
import { allFlows, type Definition, definitionOf } from "./registry.ts";
import { schemaOf } from "./schema.ts";
import { taskNames } from "./task.ts";

const NONE = { type: "object", properties: {}, required: [], additionalProperties: false };

/** What stands as a comment before the export. */
function docOf(source: string, name: string): string {
	const before = name === "default" ? "export\\s+default" : `export\\s+const\\s+${name.replaceAll("$", "\\$")}\\b`;
	const [, comment = ""] = new RegExp(`/\\*\\*((?:(?!\\*/)[\\s\\S])*)\\*/\\s*${before}`).exec(source) ?? [];
	return comment.replaceAll(/^[ \t]*\*?[ \t]?/gm, "").trim();
}

function described(flow: Definition, path: string, name: string, source: string, tasks: string[]): object {
	const parameters = flow.parameters === undefined ? NONE : schemaOf(flow.parameters, `flow ${flow.name}: parameters`);
	return { name: flow.name, entry: `${path}:${name}`, doc: docOf(source, name), parameters, tasks, options: flow.policy?.described() ?? {} };
}

async function all(project: string, paths: string[], entries: string[]): Promise<object[]> {
	const found: object[] = [];
	const exported = new Set<Definition>();
	for (const path of paths) {
		loading.push(path);
		const before = taskNames.length;
		const module: Record<string, unknown> = await import(pathToFileURL(join(project, path)).href);
		loading.pop();
		const source = readFileSync(join(project, path), "utf8");
		for (const [name, value] of Object.entries(module)) {
			const flow = definitionOf(value);
			if (!flow || exported.has(flow)) continue;
			exported.add(flow);
			if (entries.length === 0 || entries.includes(`${path}:${name}`)) found.push(described(flow, path, name, source, taskNames.slice(before)));
		}
	}
	const hidden = allFlows().find((flow) => !exported.has(flow));
	if (hidden && entries.length === 0) throw new TypeError(`flow ${hidden.name} is not exported: write export const ${hidden.name} = flow(…)`);
	return found;
}

const [, , project = ".", ...entries] = process.argv;
const paths = readFileSync(0, "utf8").split("\0").filter(Boolean);
const write = process.stdout.write.bind(process.stdout);
// What the project prints while it is imported is for people.
process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
try {
	hook(new URL("./sdk.mjs", import.meta.url).href, project);
	const flows = await all(project, paths, entries);
	write(`${JSON.stringify({ flows, node: process.versions.node })}\n`, () => process.exit(0));
} catch (thrown) {
	const where = loading[0] === undefined ? "" : `${loading[0]} does not import.\n\n`;
	process.stderr.write(`${where}${thrown instanceof TypeError && where === "" ? thrown.message : stackOf(thrown)}\n`, () => process.exit(2));
}
