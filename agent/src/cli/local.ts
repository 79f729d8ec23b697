/** A flow done here and now, in the environment that an agent would build for it: no control plane, no agent, no account. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import type { DescribedFlow } from "../bundle/describe.ts";
import { isScriptEntry } from "../bundle/node.ts";
import { ProjectProblem } from "../bundle/problem.ts";
import { type Project, readProject, readYaml } from "../bundle/project.ts";
import { lookAt } from "../bundle/scan.ts";
import { writePlan } from "../bundle/steps/project.ts";
import { childEnvironment, packageFolder, secretsOfEnvironment, variable } from "../config.ts";
import { Interpreters, NoPython } from "../environments/interpreters.ts";
import { PythonEnvironments } from "../environments/python.ts";
import { ToolError } from "../environments/tools.ts";
import { parseParameters } from "../protocol/parameters.ts";

export interface Local {
	/** A folder, a file, or either with `:flow` behind it. */
	path: string;
	typed: readonly (readonly [string, string])[];
	home: string;
	/** `--fast` and its like, for the SDK. */
	flags: readonly string[];
	/** Told as the environment is built, and what may be wrong. */
	onLine(line: string): void;
}

/** @returns the exit code. Throws ProjectProblem, ParameterError. */
export async function runLocally({ path, typed, home, flags, onLine }: Local): Promise<number> {
	const { place, name } = split(path);
	const file = lookAt(place)?.isFile() ? basename(place) : null;
	// A file of a project is run with what the project requires; one that stands alone, alone.
	const folder = file !== null && ["requirements.txt", "tidegate.yaml"].some((each) => existsSync(join(dirname(place), each)));
	const project = await readProject(folder ? dirname(place) : place, home);
	const { flows, python, notes } = await project.described;
	for (const note of notes) onLine(`! ${note}`);
	const flow = chosen(folder ? flows.filter((each) => each.entry.startsWith(`${file}:`)) : flows, name, path);
	if (isScriptEntry(flow.entry)) {
		const script = flow.entry.replace(/:.*/, "");
		const needs = /ts$/.test(script) ? ", which needs Node 22.18 or newer" : "";
		throw new ProjectProblem(`${flow.name} is a flow in TypeScript: it runs here by node ${script}${needs}.`);
	}
	const parameters = JSON.stringify(parseParameters(flow.parameters, typed));
	const program = await interpreter(project, python ?? "3", home, onLine);
	const { plan } = flow.entry.startsWith("tidegate.yaml:") ? await readYaml(project.root) : { plan: undefined };
	const args = plan
		? ["tidegate.steps", project.root, writePlan(plan, home).source, parameters, ...flags]
		: ["tidegate.here", project.root, flow.entry, parameters, ...flags];
	return follow(program, ["-u", "-m", ...args], project.root);
}

function split(path: string): { place: string; name: string | null } {
	const at = path.lastIndexOf(":");
	if (at < 1 || lookAt(path)) return { place: path, name: null };
	return { place: path.slice(0, at), name: path.slice(at + 1) };
}

function chosen(flows: DescribedFlow[], name: string | null, path: string): DescribedFlow {
	const names = flows.map((flow) => flow.name).join(", ");
	// Steps are what a folder with steps is for.
	const steps = flows.find((flow) => flow.entry.startsWith("tidegate.yaml:"));
	if (name === null && steps) return steps;
	const fitting = name === null ? flows : flows.filter((flow) => flow.name === name || flow.entry.endsWith(`:${name}`));
	const [flow, other] = fitting;
	if (!flow)
		throw new ProjectProblem(
			`${path}: there is no flow${name === null ? "" : ` ${name}`} in it${names ? `; its flows are ${names}` : ": put @flow on a function"}.`,
		);
	if (other) throw new ProjectProblem(`${path} has ${flows.length} flows: say which, as ${path}:${flow.name}. They are ${names}.`);
	return flow;
}

/** The Python that an agent would start: with the packages of the project's requirements, built once for each list. */
async function interpreter({ requirements, requiresPython }: Project, python: string, home: string, onLine: (line: string) => void): Promise<string> {
	const own = childEnvironment();
	const folder = join(home, "environments");
	mkdirSync(join(folder, "resolved"), { recursive: true, mode: 0o700 });
	try {
		const environments = new PythonEnvironments(folder, new Interpreters(own), own);
		return await environments.provide({ requirements, lock: null, python, requiresPython, settle: async (lock) => lock, onLine });
	} catch (error) {
		if (error instanceof NoPython) throw new ProjectProblem(error.message);
		if (error instanceof ToolError) throw new ProjectProblem(`the environment could not be built: ${error.message}\n\n${error.said}`.trimEnd());
		throw error;
	}
}

function follow(program: string, args: string[], cwd: string): Promise<number> {
	const env = childEnvironment();
	for (const [, name] of secretsOfEnvironment()) env[name] = variable(name);
	const child = spawn(program, args, {
		cwd,
		env: { ...env, PYTHONPATH: [join(packageFolder, "python"), env.PYTHONPATH].filter(Boolean).join(delimiter) },
		stdio: "inherit",
	});
	return new Promise((done, fail) => {
		child.on("error", (error) => fail(new ProjectProblem(`cannot start ${program}: ${error.message}`)));
		child.on("close", (code) => done(code ?? 1));
	});
}
