// Whether packages can be had: what builds an environment from the package index is left out where it does not answer.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { run } from "../command.ts";
import { childEnv } from "../config.mjs";

let answer: Promise<boolean> | undefined;

/** Asks pip, whose settings say where the index is, for one small package; once for each test file. */
export function answersIndex(): Promise<boolean> {
	answer ??= (async () => {
		const folder = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-index-"));
		try {
			const args = ["-m", "pip", "download", "-q", "--no-deps", "--retries", "1", "--timeout", "10", "-d", folder, "nbclient"];
			return (await run("python3", args, childEnv(), { cwd: folder })).code === 0;
		} finally {
			fs.rmSync(folder, { recursive: true, force: true });
		}
	})();
	return answer;
}
