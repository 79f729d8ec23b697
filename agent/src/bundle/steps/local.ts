/** Steps done here and now, as `python flow.py` does a flow: no control plane, no agent, no account. */
import { spawn } from "node:child_process";
import { realpathSync, statSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";
import { childEnvironment, packageFolder, secretsOfEnvironment, variable } from "../../config.ts";
import { parseParameters } from "../../protocol/parameters.ts";
import { ProjectProblem } from "../problem.ts";
import { readYaml } from "../project.ts";
import { findPython } from "../python.ts";
import { writePlan } from "./project.ts";

/** @returns the exit code. Throws ProjectProblem, ParameterError. */
export async function runLocally(path: string, typed: readonly (readonly [string, string])[], home: string): Promise<number> {
	const given = resolve(path);
	if (!statSync(given, { throwIfNoEntry: false })?.isDirectory()) {
		throw new ProjectProblem(`${path} is no folder: --local does the steps of a folder's tidegate.yaml. A flow in Python is run by python FILE.py.`);
	}
	const root = realpathSync(given);
	const { plan } = await readYaml(root);
	if (!plan) throw new ProjectProblem(`${path} has no steps in a tidegate.yaml. A flow in Python is run by python FILE.py.`);
	const parameters = parseParameters(plan.parameters, typed);
	const python = await findPython(home, root);
	const env = childEnvironment();
	for (const [, name] of secretsOfEnvironment()) env[name] = variable(name);
	const child = spawn(python, ["-u", "-m", "tidegate.steps", root, writePlan(plan, home).source, JSON.stringify(parameters)], {
		cwd: root,
		env: { ...env, PYTHONPATH: [join(packageFolder, "python"), env.PYTHONPATH].filter(Boolean).join(delimiter) },
		stdio: "inherit",
	});
	return new Promise((done, fail) => {
		child.on("error", (error) => fail(new ProjectProblem(`cannot start ${python}: ${error.message}`)));
		child.on("close", (code) => done(code ?? 1));
	});
}
