// The SDK's tests, on every Python that is here, since the SDK promises 3.9 to 3.14.
import { execFile } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { run } from "../command.ts";
import { childEnv, root } from "../config.mjs";
import type { Counts } from "./counts.ts";

/** What the SDK promises. */
const supported = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"];
const library = path.join(root, "agent", "python");
const tests = path.join(library, "tests");

type Python = { version: string; executable: string };

/** Where pyenv keeps interpreters, which it puts on nobody's PATH. */
const pyenv = (): string => path.join(childEnv().PYENV_ROOT ?? path.join(os.homedir(), ".pyenv"), "versions");

/** The newest release of each version first. */
function kept(versions: string): string[] {
	if (!fs.existsSync(versions)) return [];
	const names = fs.readdirSync(versions).filter((name) => /^3\.\d+\.\d+$/.test(name));
	names.sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
	return names.map((name) => path.join(versions, name, "bin", "python3"));
}

const ASK = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)";

async function ask(name: string): Promise<Python | undefined> {
	try {
		const { stdout } = await promisify(execFile)(name, ["-c", ASK], { env: childEnv(), timeout: 20_000 });
		const [version = "", executable = ""] = stdout.trim().split("\n");
		return { version, executable };
	} catch {
		return undefined;
	}
}

/**
 * A PATH on which python3 is the interpreter itself: a version manager's stand-in is a shell script that looks for it at each start, which costs more
 * than the start does. Undefined where it is one already.
 */
export async function pathToPython(): Promise<string | undefined> {
	const found = await ask("python3");
	const [ours = "", ...rest] = (childEnv().PATH ?? "").split(path.delimiter);
	const folder = path.dirname(found?.executable ?? "");
	return !found || rest.includes(folder) ? undefined : [ours, folder, ...rest].join(path.delimiter);
}

/** One interpreter for each supported version, `python3` first; a version manager's stand-in that runs nothing is none. */
export async function pythons(versions = pyenv()): Promise<Python[]> {
	const found = await Promise.all(["python3", ...supported.map((version) => `python${version}`), ...kept(versions)].map(ask));
	const byVersion = new Map<string, Python>();
	for (const one of found) if (one && supported.includes(one.version) && !byVersion.has(one.version)) byVersion.set(one.version, one);
	return [...byVersion.values()];
}

/** What takes longer than all the rest together, and is no other from one version to the next: environments, many processes over one store. */
const slow = ["aio", "apart", "hooks", "memory", "steps", "values", "waits"];

/** What breaks in a version that is neither the oldest nor the newest: that all of the SDK is read, and flows of each kind run. */
const few = ["describe", "examples", "local", "schema"];

/**
 * Of one version. @param which `whole`: the one that people have; `oldest`: in whose pip and venv a packaging most easily breaks; `newest`: in which
 * something may be gone; `between`: what holds in both of these
 */
type Which = "whole" | "oldest" | "newest" | "between";
function modules(which: Which): string[] {
	const names = fs.readdirSync(tests).flatMap((file) => /^test_(.*)\.py$/.exec(file)?.[1] ?? []);
	const kept = {
		whole: () => true,
		oldest: (name: string) => !slow.includes(name),
		newest: (name: string) => !slow.includes(name) && name !== "install",
		between: (name: string) => few.includes(name),
	};
	return names.filter(kept[which]).map((name) => `tests.test_${name}`);
}

async function runOne({ version, executable }: Python, which: Which, dir: string): Promise<Counts> {
	// No bytecode is left in the checkout: the next test run would find stale names in it. Without any, each of the many processes would compile the SDK.
	const env = childEnv({
		TMPDIR: path.join(dir, "tmp"),
		PYTHONDONTWRITEBYTECODE: "",
		PYTHONPYCACHEPREFIX: path.join(dir, "bytecode"),
		PYTHONPATH: library,
		PYTHONWARNINGS: "error::DeprecationWarning:tidegate",
	});
	const { code, output } = await run(executable, ["-m", "unittest", ...modules(which)], env);
	const ran = Number(output.match(/^Ran (\d+) tests? in/m)?.[1] ?? 0);
	const count = (kind: string) => Number(output.match(new RegExp(`^(?:OK|FAILED) \\(.*\\b${kind}=(\\d+)`, "m"))?.[1] ?? 0);
	const skipped = count("skipped");
	const found = count("failures") + count("errors") + count("unexpected successes");
	const failed = code === 0 ? found : Math.max(found, 1);
	return {
		passed: Math.max(0, ran - found - skipped),
		failed,
		skipped,
		...(failed > 0 ? { said: `Python ${version}:\n${output.slice(-10_000)}` } : {}),
	};
}

/** @param dir what of the test run is in `tmp` there goes with it */
export async function python(note: (text: string) => void, dir: string): Promise<Counts[]> {
	if (!fs.existsSync(tests)) return [{ passed: 0, failed: 1, skipped: 0, said: `${tests} is missing` }];
	const all = await pythons();
	// A run of no tests at all would pass.
	if (all.length === 0) return [{ passed: 0, failed: 1, skipped: 0, said: `no Python of ${supported.join(", ")} was found` }];
	const counts: Counts[] = [];
	const byAge = supported.flatMap((version) => all.filter((one) => one.version === version));
	const which = (one: Python): Which => (one === all[0] ? "whole" : one === byAge[0] ? "oldest" : one === byAge.at(-1) ? "newest" : "between");
	const seen: string[] = [];
	const inTurn = async (some: Python[]): Promise<void> => {
		for (const one of some) {
			counts.push(await runOne(one, which(one), dir));
			seen.push(one.version);
			note(`Python ${seen.join(", ")}`);
		}
	};
	// The one that does all of it takes as long as the others together.
	await Promise.all([inTurn(all.slice(0, 1)), inTurn(all.slice(1))]);
	return counts;
}
