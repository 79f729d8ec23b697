import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { childEnvironment, packageFolder } from "../src/config.ts";
import { type Case, casesFor, LANGUAGES, type Language, writeProject } from "./cases.ts";

interface Told {
	result?: unknown;
	error?: { type: string; message: string };
	lines: string;
}

const root = mkdtempSync(join(tmpdir(), "tidegate conformance "));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** All of a language in one process, as `python flow.py` and `node flow.ts` do them under `testing()`. */
function run(language: Language, cases: Case[]): Told[] {
	const folder = writeProject(cases, language, join(root, `${language} project`));
	writeFileSync(join(folder, "cases.json"), JSON.stringify(cases));
	const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
	let command: [string, string];
	if (language === "python") command = ["python3", here("local.py")];
	else {
		mkdirSync(join(folder, "node_modules"));
		symlinkSync(packageFolder, join(folder, "node_modules/tidegate"));
		symlinkSync(join(dirname(packageFolder), "node_modules/zod"), join(folder, "node_modules/zod"));
		writeFileSync(join(folder, "package.json"), '{"type":"module"}');
		writeFileSync(join(folder, "sdk.ts"), 'export { testing } from "tidegate";\n');
		command = [process.execPath, here("local.mjs")];
	}
	const env = { ...childEnvironment(), PYTHONPATH: join(packageFolder, "python") };
	const done = spawnSync(command[0], [command[1], folder], { cwd: folder, env, encoding: "utf8", timeout: 60_000 });
	if (done.status !== 0) throw new Error(`${language} ended with ${done.status ?? done.signal}:\n${done.stderr}`);
	return JSON.parse(done.stdout);
}

const TASK = /^\d\d:\d\d:\d\d (start|done|fail|stop|skip) +(\S+)/;
const STATES: Record<string, string> = { done: "succeeded", fail: "failed", stop: "cancelled", skip: "skipped" };

/** What the terminal said of the tasks, as the table has it: a key's last part, without its number. */
function tasksIn(lines: string, flow: string): string[] {
	const tasks = new Map<string, { state: string; attempt: number }>();
	const ended: string[] = [];
	for (const line of lines.split("\n")) {
		const [, mark = "", label = ""] = TASK.exec(line) ?? [];
		if (mark === "" || label.startsWith(flow) || /^(sleep|approval|event|run|wait_until|pause)\b/.test(label)) continue;
		const one = tasks.get(label) ?? { state: "", attempt: 0 };
		if (mark === "start" && one.state !== "" && one.state !== "failed") ended.push(...said(label, one));
		if (mark === "start") tasks.set(label, { state: "", attempt: one.state === "failed" || one.state === "" ? one.attempt + 1 : 1 });
		else tasks.set(label, { ...one, state: STATES[mark] as string, attempt: Math.max(one.attempt, 1) });
	}
	return [...ended, ...[...tasks].flatMap(([label, one]) => said(label, one))].sort();
}

const said = (label: string, { state, attempt }: { state: string; attempt: number }): string[] => [
	`${label.replace(/#\d+/, "")} ${state} ${attempt}`,
];

describe.each(LANGUAGES)("%s, in a local run", (language) => {
	const cases = casesFor("local", language, root);
	let told: Told[];
	beforeAll(() => {
		told = run(language, cases);
	}, 90_000);

	test.each(cases.map((one, at) => [one.name, one, at] as const))("%s", (name, one, at) => {
		const { lines, ...end } = told[at] as Told;
		if (one.error) expect(end, lines).toMatchObject({ error: one.error });
		else expect(end, lines).toEqual({ result: one.result });
		let from = 0;
		for (const line of [...(one.log ?? []), ...(one.hook === undefined ? [] : [one.hook])]) {
			const found = lines.indexOf(line, from);
			expect(found, `"${line}" in\n${lines}`).toBeGreaterThanOrEqual(0);
			from = found;
		}
		if (one.tasks) expect(tasksIn(lines, `${name}-`), lines).toEqual([...one.tasks].sort());
	});
});
