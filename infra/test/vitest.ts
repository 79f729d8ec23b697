import fs from "node:fs";
import path from "node:path";
import { run } from "../command.ts";
import { binDir, childEnv } from "../config.mjs";
import type { Counts } from "./counts.ts";
import { pathToPython } from "./python.ts";

/** As vitest's JSON reporter writes it. */
type Report = {
	numPassedTests: number;
	numFailedTests: number;
	numPendingTests: number;
	numTodoTests: number;
	testResults: Array<{ name: string; status: string; assertionResults: unknown[] }>;
};

type Options = { filters: string[]; dir: string; databaseUrl: string; note: (text: string) => void };

/** Runs the test files, all or those whose path holds a filter. */
export async function vitest({ filters, dir, databaseUrl, note }: Options): Promise<Counts> {
	const file = path.join(dir, "tests.json");
	const args = [
		...["run", "--config", "infra/test/vitest.config.ts", "--passWithNoTests", "--no-color"],
		...["--reporter=default", "--reporter=json", `--outputFile.json=${file}`],
		...filters,
	];
	let files = 0;
	let tests = 0;
	const line = (text: string) => {
		const ended = text.match(/^ [✓❯] .*\((\d+) tests?/);
		if (!ended) return;
		files += 1;
		tests += Number(ended[1]);
		note(`${tests} tests in ${files} files`);
	};
	const found = await pathToPython();
	const env = childEnv({ TEST_DATABASE_URL: databaseUrl, TMPDIR: path.join(dir, "tmp"), NO_COLOR: "1", ...(found ? { PATH: found } : {}) });
	const { code, output } = await run(path.join(binDir, "vitest"), args, env, { line });
	let report: Report;
	try {
		report = JSON.parse(fs.readFileSync(file, "utf8"));
	} catch {
		return { passed: 0, failed: 1, skipped: 0, said: output.slice(-10_000) };
	}
	// A file that cannot be loaded has no tests to count, and counts as one that failed.
	const broken = report.testResults.filter((one) => one.status === "failed" && one.assertionResults.length === 0).length;
	// Errors outside of any test (an unhandled rejection) fail the run alone.
	const outside = code !== 0 && report.numFailedTests + broken === 0 ? 1 : 0;
	const failed = report.numFailedTests + broken + outside;
	note(`${report.numPassedTests} tests in ${report.testResults.length} files`);
	const start = output.search(/⎯ (Failed|Unhandled)/);
	return {
		passed: report.numPassedTests,
		failed,
		skipped: report.numPendingTests + report.numTodoTests,
		...(failed > 0 ? { said: start >= 0 ? output.slice(start) : output.slice(-10_000) } : {}),
	};
}
