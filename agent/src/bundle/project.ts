/** A project as it lies there: where it is, what its YAML says, its files, its flows. All that a deploy knows before it asks anybody. */
import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { Name } from "../protocol/manifest.ts";
import { type DescribedFlow, type Describing, startDescribing } from "./describe.ts";
import { type Commit, readCommit } from "./git.ts";
import { checkPackages, describeScripts, isScript, isScriptEntry, scriptsWithFlows } from "./node.ts";
import { ProjectProblem } from "./problem.ts";
import { findPython } from "./python.ts";
import { checkRequirements } from "./requirements.ts";
import { lookAt, type ScannedFile, scanFolder, scanSingle, unreadable } from "./scan.ts";
import { checkSteps } from "./steps/check.ts";
import { checkChildren } from "./steps/children.ts";
import type { Plan } from "./steps/compile.ts";
import { StepProblem } from "./steps/problem.ts";
import { keepPlan, stepsFlow } from "./steps/project.ts";
import type { ReadYaml } from "./yaml.ts";

export interface Project {
	/** Real path of the folder. */
	root: string;
	files: ScannedFile[];
	requirements: string;
	requiresPython: string | null;
	/** What Python, Node and Git have to say: they are asked while the files are read. `python` is null where nothing of the project is Python, `node` undefined where nothing is TypeScript; `notes` say what may be wrong. */
	described: Promise<{ flows: DescribedFlow[]; python: string | null; node: string | undefined; commit: Commit; notes: string[] }>;
}

/** @param path a folder, or one file in Python or TypeScript, which is then deployed alone. @param home the CLI's. Throws ProjectProblem. */
export async function readProject(path: string, home: string): Promise<Project> {
	// As a script passes a variable that is not set: it would be the current folder.
	if (path === "") throw new ProjectProblem("the path is empty: name a folder or a file; . is the current folder.");
	const given = resolve(path);
	const stats = lookAt(given);
	if (!stats) throw new ProjectProblem(`${path} does not exist.`);
	if (!stats.isFile() && !stats.isDirectory())
		throw new ProjectProblem(`${path} is neither a folder nor a file: deploy the one that your flows are in.`);
	const single = stats.isFile();
	if (single && extname(given) !== ".py" && !isScript(given))
		throw new ProjectProblem(`${path} is no file with flows: deploy a folder, or a file that ends in .py, .ts or .js.`);
	const root = realpathSync(single ? dirname(given) : given);
	const yaml: ReadYaml = single ? {} : await readYaml(root);
	const pins = Array.isArray(yaml.flows) ? yaml.flows : Object.values(yaml.flows ?? {});
	const describe = async (): Promise<Describing> =>
		startDescribing(
			await findPython(home, root),
			root,
			join(home, "cache", "pycache"),
			pins.filter((pin) => !isScriptEntry(pin)),
		);
	// Begun before the scan, unless the project looks as if it were not Python's.
	const early = single ? !isScript(given) : !existsSync(join(root, "package.json"));
	const describing = early ? describe() : undefined;
	// Whether it is needed the files say.
	describing?.catch(() => {});
	const stop = (): void => void describing?.then((each) => each.stop()).catch(() => {});
	const commit = readCommit(root);
	try {
		const scanned = single ? scanSingle(join(root, basename(given))) : scanFolder(root, yaml);
		const files = yaml.plan ? keepPlan(yaml.plan, scanned, home) : scanned;
		const inPython = files.map((file) => file.path).filter((file) => file.endsWith(".py"));
		const wants = (language: (pin: string) => boolean): boolean => pins.length === 0 || pins.some(language);
		const scripts = wants(isScriptEntry) ? scriptsWithFlows(files) : [];
		checkPackages(files, scripts, single);
		const python =
			(inPython.length > 0 && wants((pin) => !isScriptEntry(pin))) || scripts.length === 0 ? await (describing ?? describe()) : undefined;
		if (!python) stop();
		python?.files(inPython);
		const node = scripts.length > 0 ? describeScripts(root, scripts, pins.filter(isScriptEntry)) : undefined;
		const requirements = readRequirements(root, yaml, files);
		if (python)
			checkRequirements(
				requirements,
				Array.isArray(yaml.requirements) ? "tidegate.yaml: requirements, entry" : `${nameOfRequirements(yaml.requirements)}, line`,
			);
		const requiresPython = yaml.python ?? requiresPythonOf(files);
		const checked = checkPlaces(yaml, root, files, home);
		const described = Promise.all([python?.result, node, commit, checked]).then(([inPython, inNode, git]) => {
			const flows = nameFlows([...(inPython?.flows ?? []), ...(inNode?.flows ?? [])], yaml, path);
			return {
				flows,
				python: inPython === undefined ? null : minor(inPython.python),
				node: inNode && minor(inNode.node),
				commit: git,
				notes: checkAsked(yaml, flows),
			};
		});
		// Whoever waits for it gets the error; what fails before must not leave it unhandled.
		described.catch(() => {});
		return { root, files, requirements, requiresPython, described };
	} catch (error) {
		stop();
		throw error;
	}
}

/** Throws ProjectProblem where a step names a file or function that the project does not have. */
async function checkPlaces({ plan, told }: ReadYaml, root: string, files: ScannedFile[], home: string): Promise<void> {
	if (!plan) return;
	const paths = files.map(({ path }) => path);
	try {
		await checkSteps(plan, root, paths, () => findPython(home, root));
	} catch (error) {
		throw placed(error, told);
	}
}

/** @returns what may be wrong with the flows that steps ask for. Throws ProjectProblem where parameters do not fit one of this project. */
function checkAsked({ plan, told }: ReadYaml, flows: DescribedFlow[]): string[] {
	if (!plan || !told) return [];
	try {
		return checkChildren(plan, flows).map((doubt) => told(doubt).message);
	} catch (error) {
		throw placed(error, told);
	}
}

/** What is wrong with a step, with its line and column in tidegate.yaml. */
const placed = (error: unknown, told: ReadYaml["told"]): unknown => (error instanceof StepProblem && told ? told(error) : error);

/** `3.11` of `3.11.7` */
const minor = (version: string): string => version.split(".").slice(0, 2).join(".");

export async function readYaml(root: string): Promise<ReadYaml> {
	let text: string;
	// One that is a pipe would be waited for without end.
	if (lookAt(join(root, "tidegate.yaml"))?.isFIFO()) throw new ProjectProblem(`${join(root, "tidegate.yaml")} is a pipe, and no file.`);
	try {
		text = readFileSync(join(root, "tidegate.yaml"), "utf8");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw unreadable(join(root, "tidegate.yaml"), error);
		if (statSync(join(root, "tidegate.yml"), { throwIfNoEntry: false })) throw new ProjectProblem("tidegate.yml is not read: call it tidegate.yaml.");
		return {};
	}
	return (await import("./yaml.ts")).parseProjectYaml(text);
}

/** The flows under the names that the YAML gives them, every name one that can be deployed. */
function nameFlows(found: DescribedFlow[], yaml: ReadYaml, path: string): DescribedFlow[] {
	if (yaml.plan) return [stepsFlow(yaml.plan, yaml.description), ...named(found, { ...yaml, name: undefined }, yaml.plan)];
	if (found.length === 0)
		throw new ProjectProblem(
			`no flow in ${path}: put @flow (from tidegate import flow) on a function, export a flow() in TypeScript, or write steps in tidegate.yaml.`,
		);
	return named(found, yaml);
}

function named(found: DescribedFlow[], yaml: ReadYaml, plan?: Plan): DescribedFlow[] {
	if (yaml.name !== undefined && found.length > 1) {
		throw new ProjectProblem(
			`tidegate.yaml gives one name, but the project has ${found.length} flows (${found.map((flow) => flow.name).join(", ")}): name them under flows, or take name away.`,
		);
	}
	const names = new Map(yaml.flows && !Array.isArray(yaml.flows) ? Object.entries(yaml.flows).map(([name, entry]) => [entry, name]) : []);
	const places = new Map<string, string>();
	return found.map((flow) => {
		const name = names.get(flow.entry) ?? yaml.name ?? flow.name;
		const fits = Name.safeParse(name);
		if (!fits.success)
			throw new ProjectProblem(
				`the flow at ${flow.entry} is called ${JSON.stringify(name)}: ${fits.error.issues[0]?.message}. Rename it: ${isScriptEntry(flow.entry) ? 'flow({ name: "…" }, …)' : '@flow(name="…")'}`,
			);
		if (name === plan?.flow)
			throw new ProjectProblem(`the steps in tidegate.yaml and the flow at ${flow.entry} are both called ${name}: rename one.`);
		const other = places.get(name);
		if (other !== undefined) throw new ProjectProblem(`the flows at ${other} and ${flow.entry} are both called ${name}: rename one.`);
		places.set(name, flow.entry);
		return { ...flow, name };
	});
}

const nameOfRequirements = (said = "requirements.txt"): string => said.replace(/^\.\//, "");

function readRequirements(root: string, yaml: ReadYaml, files: ScannedFile[]): string {
	if (Array.isArray(yaml.requirements)) return yaml.requirements.map((line) => `${line}\n`).join("");
	const name = nameOfRequirements(yaml.requirements);
	const file = files.find((each) => each.path === name);
	if (file) return readText(file);
	if (yaml.requirements === undefined) return "";
	const ignored = statSync(join(root, name), { throwIfNoEntry: false }) !== undefined;
	throw new ProjectProblem(`tidegate.yaml: requirements: ${name} ${ignored ? "is left out by an ignore file" : "does not exist in the project"}.`);
}

/** `requires-python` of pyproject.toml. One line of it, so no TOML reader is carried along. */
function requiresPythonOf(files: ScannedFile[]): string | null {
	const file = files.find((each) => each.path === "pyproject.toml");
	if (!file) return null;
	return /^\s*requires-python\s*=\s*(["'])(.+?)\1/m.exec(readText(file))?.[2] ?? null;
}

function readText(file: ScannedFile): string {
	try {
		return readFileSync(file.source, "utf8");
	} catch (error) {
		throw unreadable(file.source, error);
	}
}
