/** Whether all that steps name lies in the project: files, functions, their arguments. Said before anything is sent, since it would fail at night. */
import { z } from "zod";
import { childEnvironment } from "../../config.ts";
import { nearest } from "../../protocol/nearest.ts";
import { ProjectProblem } from "../problem.ts";
import { startSdkPython } from "../sdk-python.ts";
import type { Plan, Planned } from "./compile.ts";
import { Problems, StepProblem } from "./problem.ts";

interface Named {
	step: Planned;
	path: PropertyKey[];
}

const Found = z.array(z.object({ argument: z.string(), problem: z.string() }).nullable());

/** @param files of the project, as it is deployed. @param python asked for once a step calls a function of a file. Throws StepProblem, ProjectProblem. */
export async function checkSteps(plan: Plan, root: string, files: readonly string[], python: () => Promise<string>): Promise<void> {
	const steps: Named[] = [
		...plan.steps.map((step) => ({ step, path: ["steps", step.name] })),
		...Object.values(plan.hooks ?? {}).map((step) => ({ step, path: [step.name] })),
	];
	const known = new Set(files);
	const all = new Problems();
	for (const { step, path } of steps) {
		for (const [word, file] of filesOf(step)) {
			if (known.has(normal(file))) continue;
			const near = nearest(file, files);
			const missing = `the project has no file ${file}${near ? `. Did you mean ${near}?` : ", or an ignore file leaves it out"}`;
			all.add(new StepProblem([...path, ...word], missing));
		}
	}
	all.end();
	const calls = steps.flatMap(({ step, path }) => {
		const [file, name] = step.kind === "python" ? parts(step.does as string) : [];
		return file?.endsWith(".py") ? [{ path, call: { file: normal(file), function: name, with: Object.keys(step.with as object) } }] : [];
	});
	if (calls.length === 0) return;
	const problems = await ask(
		await python(),
		root,
		calls.map(({ call }) => call),
	);
	for (const [place, found] of problems.entries()) {
		const path = calls[place]?.path as PropertyKey[];
		if (found)
			all.add(new StepProblem([...path, ...(found.argument ? ["with", found.argument] : ["python"])], found.problem, 0, found.argument !== ""));
	}
	all.end();
}

/** `[place in the step, file]` of the files that a step does, where its text is no template. */
function filesOf({ kind, does, requirements }: Planned): [string[], string][] {
	const found: [string[], string][] = [];
	const { query, application } = (typeof does === "object" ? does : {}) as Record<string, unknown>;
	if (kind === "python" && parts(does as string)[0].endsWith(".py")) found.push([[kind], parts(does as string)[0]]);
	if (kind === "notebook") found.push([[kind], does as string]);
	if (kind === "sql" && typeof query === "string" && /^[^\s]+\.sql$/.test(query)) found.push([[kind], query]);
	if (typeof requirements === "string") found.push([["requirements"], requirements]);
	// An application may lie on the agent's machine, or behind hdfs: and its like.
	if (kind === "spark" && typeof application === "string" && !/^\/|:/.test(application)) found.push([[kind], application]);
	return found;
}

const parts = (callable: string): [string, string] => [callable.slice(0, callable.lastIndexOf(":")), callable.slice(callable.lastIndexOf(":") + 1)];
const normal = (path: string): string => path.replace(/^(\.\/)+/, "");

function ask(python: string, root: string, calls: object[]): Promise<z.infer<typeof Found>> {
	const env = { ...childEnvironment(), PYTHONDONTWRITEBYTECODE: "1" };
	const { child, out, err } = startSdkPython(python, ["tidegate.steps.check", root], root, env);
	child.stdin.end(JSON.stringify(calls));
	return new Promise((resolve, reject) => {
		child.on("error", (error) => reject(new ProjectProblem(`cannot start ${python}: ${error.message}`)));
		child.on("close", (code) => {
			if (code === 0) return resolve(Found.parse(JSON.parse(out())));
			reject(new ProjectProblem(`${python} could not read the functions of the steps.\n\n${err()}`));
		});
	});
}
