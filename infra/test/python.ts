// The SDK's tests, on every Python that is here, since the SDK promises 3.9 to 3.14.
import { execFile } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { promisify } from "node:util";
import { run } from "../command.ts";
import { childEnv, root } from "../config.mjs";
import type { Counts } from "./counts.ts";

const names = ["python3", "python3.9", "python3.10", "python3.11", "python3.12", "python3.13", "python3.14"];
const library = path.join(root, "agent", "python");
const tests = path.join(library, "tests");

type Python = { version: string; executable: string };

/** The interpreters on PATH, one for each version; a version manager's stand-in that runs nothing is none. */
async function pythons(): Promise<Python[]> {
	const ask = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)";
	const found = await Promise.all(
		names.map(async (name) => {
			try {
				const { stdout } = await promisify(execFile)(name, ["-c", ask], { env: childEnv(), timeout: 20_000 });
				const [version = "", executable = ""] = stdout.trim().split("\n");
				return { version, executable };
			} catch {
				return undefined;
			}
		}),
	);
	const byVersion = new Map(found.flatMap((one) => (one ? [[one.version, one]] : [])));
	return [...byVersion.values()];
}

async function runOne({ version, executable }: Python): Promise<Counts> {
	// No bytecode is left in the checkout: the next test run would find stale names in it.
	const env = childEnv({
		PYTHONDONTWRITEBYTECODE: "1",
		PYTHONPATH: library,
		PYTHONWARNINGS: "error::DeprecationWarning:tidegate",
	});
	const { code, output } = await run(executable, ["-m", "unittest", "discover", "-s", tests, "-t", library], env);
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

export async function python(note: (text: string) => void): Promise<Counts[]> {
	if (!fs.existsSync(tests)) return [{ passed: 0, failed: 1, skipped: 0, said: `${tests} is missing` }];
	const all = await pythons();
	const counts: Counts[] = [];
	const done: string[] = [];
	const waiting = [...all];
	// Two at a time: they wait for each other's processes more than they compute.
	const worker = async () => {
		for (let next = waiting.shift(); next; next = waiting.shift()) {
			counts.push(await runOne(next));
			done.push(next.version);
			note(`Python ${done.join(", ")}`);
		}
	};
	await Promise.all([worker(), worker()]);
	return counts;
}
