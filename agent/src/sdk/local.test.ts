import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environment, packageFolder } from "../config.ts";

let folder: string;
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "tidegate sdk "));
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(packageFolder, join(folder, "node_modules/tidegate"));
	symlinkSync(join(dirname(packageFolder), "node_modules/zod"), join(folder, "node_modules/zod"));
	writeFileSync(join(folder, "package.json"), '{"type": "module"}');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(source: string): void {
	writeFileSync(
		join(folder, "flow.ts"),
		`import { approval, artifact, currentRun, flow, log, runFlow, sleep, task, waitFor, waitUntil } from "tidegate";\nimport { z } from "zod";\n${source}`,
	);
}

/** `node flow.ts`, as a user does. `log` has no times of day and no durations. */
function run(source: string, ...args: string[]) {
	write(source);
	const { FORCE_COLOR: _, ...env } = environment();
	const done = spawnSync(process.execPath, ["flow.ts", ...args], { cwd: folder, env, encoding: "utf8" });
	const log = done.stderr.split("\n").map((line) =>
		line
			.replace(/^\d\d:\d\d:\d\d /, "")
			.replace(/[\d.]+ m?s\b/, "N ms")
			.replace(/ +/g, " ")
			.trim(),
	);
	return { code: done.status, out: done.stdout, log };
}

const NUMBERS = `
const double = task(async function double(n: number) { log.info("has", n); return 2 * n; });
const numbers = flow({ parameters: z.object({ n: z.int().default(3) }) }, async function numbers({ n }) { return await double.map([1, n]); });
`;

describe("node flow.ts", { timeout: 60_000 }, () => {
	it("tells tasks, logs and the result, and leaves stdout to the program", () => {
		const { code, out, log } = run(`${NUMBERS}console.log(JSON.stringify(await numbers({ n: 7 })));`);
		expect([code, out]).toEqual([0, "[2,14]\n"]);
		expect(log[0]).toBe("start numbers");
		expect(log).toContain("info double[1] has 7");
		expect(log).toContain("done double[0] N ms");
		expect(log).toContain("done numbers N ms → [ 2, 14 ]");
	});

	it("gives the defaults, and refuses what does not fit before the flow's first line", () => {
		expect(run(`${NUMBERS}console.log(JSON.stringify(await runFlow(numbers)));`).out).toBe("[2,6]\n");
		const { code, log } = run(`${NUMBERS}await runFlow(numbers, { n: "x" } as never);`);
		expect(code).toBe(2);
		expect(log.slice(0, 2)).toEqual(["numbers was not run:", expect.stringMatching(/^parameter "n": .*expected/)]);
	});

	it("takes a JSON Schema in the words of the Python SDK", () => {
		const source = `const schema = { type: "object", properties: { n: { type: "integer", default: 4 } } } as const;
			const one = flow({ parameters: schema }, ({ n }) => n);`;
		expect(run(source).log.join("")).toContain("needs a function with a name");
		const named = source.replace("({ n }) => n", "function one({ n }) { return n; }");
		expect(run(`${named}console.log(await runFlow(one));`).out).toBe("4\n");
		expect(run(`${named}await runFlow(one, { n: "x" });`)).toMatchObject({ code: 2, log: ["one was not run:", expect.stringContaining('"n"'), ""] });
	});

	it("prints an error with the user's own lines alone, and begins no further item of the map", () => {
		const { code, log } = run(`
			const half = task(async function half(n: number) { if (n % 2) throw new RangeError(n + " is odd"); return n / 2; });
			await runFlow(flow(async function halves() { return await half.map([2, 3, 4], { concurrency: 1 }); }));`);
		expect(code).toBe(1);
		expect(log).toContain("fail half[1] N ms RangeError: 3 is odd");
		expect(log).toContain("RangeError: 3 is odd");
		expect(log).toContain("the item was 3: half[1], one of 3 items");
		expect(log.filter((line) => line.includes("half[2]"))).toEqual(["stop half[2] cancelled"]);
		expect(log.filter((line) => line.startsWith("at ")).every((line) => line.includes("flow.ts"))).toBe(true);
	});

	it("keys nested and repeated tasks by their caller, and waits at its end for what nobody awaited", () => {
		const { code, out } = run(`
			const wait = () => new Promise((done) => setTimeout(done, 30));
			const inner = task(async function inner() { await wait(); console.log(currentRun().task); });
			const outer = task(async function outer() { await inner(); await inner(); });
			await runFlow(flow(async function all() { void outer(); void outer(); }));
			console.log("end");`);
		expect([code, out.trim().split("\n").sort()]).toEqual([0, ["end", "outer#0/inner#0", "outer#0/inner#1", "outer#1/inner#0", "outer#1/inner#1"]]);
		expect(out.endsWith("end\n")).toBe(true);
	});

	it("keeps artifacts as files in the form of the Python SDK", () => {
		const { code } = run(`await runFlow(flow(function show() {
			artifact.table([{ a: 1, b: Number.NaN }, { a: "<b>" }], undefined, "../rows");
			artifact.metrics({ accuracy: 0.9 }, 2);
		}));`);
		expect(code).toBe(0);
		const local = join(folder, ".tidegate/local");
		const [kept] = readdirSync(local).filter((name) => name.startsWith("show-"));
		const read = (name: string) => JSON.parse(readFileSync(join(local, kept as string, name), "utf8"));
		expect(read("---rows.json")).toEqual({
			columns: ["a", "b"],
			rows: [
				[1, null],
				["<b>", null],
			],
		});
		expect(read("metrics.json")).toEqual({ metrics: { accuracy: 0.9 }, step: 2 });
	});

	it("says of what is given to a table, to progress and to once what they take", () => {
		const { out } = run(`import { once, progress } from "tidegate";
			await runFlow(flow(async function odd() {
				for (const wrong of [() => artifact.table(7 as never), () => artifact.table([null] as never), () => progress(7 as never), () => once(null as never)])
					try { await wrong(); } catch (problem) { console.log((problem as Error).message); }
			}));`);
		expect(out.trim().split("\n")).toEqual([
			"artifact.table takes a list of objects, not 7",
			"artifact.table takes a list of objects, not null",
			"progress takes a list, or what else gives one item after the other, not 7",
			"once takes a function that makes the value, not null",
		]);
	});

	it("goes on from the last run that failed, takes cached results, and skips what lets time pass", () => {
		const source = `
			const load = task(async function load() { log.info("loads"); return { at: new Date(0), big: 10n }; });
			const same = task({ cache: true }, async function same(n: number) { log.info("counts"); return n; });
			await runFlow(flow(async function going() {
				const loaded = await load();
				await sleep({ days: 3 });
				if (process.argv.includes("--fail")) throw new Error("asked to");
				return [loaded.at instanceof Date, typeof loaded.big, await same(4)];
			}));`;
		const failed = run(source, "--fast", "--fail");
		expect(failed.code).toBe(1);
		expect(failed.log).toContain("info load loads");
		const resumed = run(source, "--fast", "--resume");
		expect(resumed.log).toEqual(
			expect.arrayContaining([
				expect.stringMatching(/^done load remembered from run/),
				"info same counts",
				"done going N ms → [ true, 'bigint', 4 ]",
			]),
		);
		expect(resumed.log).not.toContain("info load loads");
		expect(run(source, "--fast").log).toContainEqual(expect.stringMatching(/^done same cached from run/));
		expect(run(source, "--fast", "--refresh").log).toContain("info same counts");
		const nothing = run(source, "--resume");
		expect([nothing.code, nothing.log[0]]).toEqual([
			2,
			"flow.ts: there is no failed run of going to resume in .tidegate/local/store: leave --resume out",
		]);
	});

	it("refuses an unknown word, gives help, and leaves a program alone that reads arguments itself", () => {
		const { code, out, log } = run(`${NUMBERS}await runFlow(numbers);`, "--resum");
		expect([code, out, log[0]]).toEqual([
			2,
			"",
			'flow.ts: unknown argument "--resum"; did you mean --resume? (known: --resume, --resume=RUN, --refresh, --fast, --help)',
		]);
		expect(run(`${NUMBERS}await runFlow(numbers);`, "--n=3").log[0]).toContain(
			"parameters stand in the call in the file: await runFlow(numbers, { … })",
		);
		const help = run(`${NUMBERS}await runFlow(numbers, { n: "x" } as never);`, "--help");
		expect([help.code, help.log]).toEqual([0, [""]]);
		expect(help.out).toContain("example: node flow.ts --resume\n");
		writeFileSync(join(folder, "words.ts"), 'import { parseArgs } from "node:util";\nparseArgs({ strict: false });\n');
		expect(run(`import "./words.ts";\n${NUMBERS}await runFlow(numbers);`, "--resum").code).toBe(0);
		const failing = `await runFlow(flow(async function failing() { throw new Error("no"); }));`;
		run(failing);
		const wrong = run(failing, "--resume=abc");
		expect([wrong.code, wrong.log[0]]).toEqual([
			2,
			expect.stringMatching(/^flow\.ts: there is no failed run "abc" of failing to resume in \S+; the last are \S+$/),
		]);
	});

	it("asks in the terminal for a form as JSON or field by field, and again where an answer does not fit", async () => {
		const form = `{ type: "object", properties: { region: { type: "string" }, share: { type: "number", default: 0.1 } }, required: ["region"] } as const`;
		write(`await runFlow(flow(async function asks() { console.log(JSON.stringify((await approval("Where to?", { form: ${form} })).form)); }));`);
		const child = spawn(process.execPath, ["flow.ts"], { cwd: folder, env: environment() });
		const answers = ['{"region": 7}', "eu", "5", "y", "", "eu west", "much", ""];
		let [out, log] = ["", ""];
		child.stdout.on("data", (data: Buffer) => {
			out += data;
		});
		child.stderr.on("data", (data: Buffer) => {
			if (/(\]|:) $/.test(String(data))) child.stdin.write(`${answers.shift()}\n`);
			log += data;
		});
		expect(await new Promise((done) => child.once("close", done))).toBe(0);
		expect(out).toBe('{"share":0.1,"region":"eu west"}\n');
		expect(log).toContain('Where to? [y/n, or all of it as JSON: {"region": string, "share": number (0.1)}] ');
		for (const part of [
			"  region (string): ",
			"  region takes string, not nothing\n",
			"  share (number, or nothing for 0.1): ",
			"  share takes number, not much\n",
		])
			expect(log).toContain(part);
		expect(log).toContain("answer y or n, or all of it as JSON\n");
		expect(log).toContain('parameter "region": expected');
		expect(log).toContain("the form is filled in as an object, not as 5");
	});

	it("says why an attempt failed, and does not try again where nobody answers", () => {
		const { code, log } = run(`
			let tries = 0;
			await runFlow(flow({ retries: 3, retryDelay: 0.01 }, async function asks() {
				if (++tries === 1) throw new RangeError("flaky");
				await approval("Ship it?");
			}));`);
		expect(code).toBe(1);
		expect(log.filter((line) => /^(fail|wait) asks (failed|attempt)/.test(line))).toEqual([
			"fail asks failed after N ms RangeError: flaky",
			"wait asks attempt 2 in N ms",
			expect.stringMatching(
				/^fail asks failed after N ms NoAnswer: approval#0 asks "Ship it\?", and nobody is at the terminal to answer it: .*\(echo y \| node flow\.ts\)/,
			),
		]);
	});

	it("gives a question up at its deadline, an event too, and asks the next one", async () => {
		write(`
			await runFlow(flow(async function asks() {
				for (const ask of [() => approval("quick?", { timeout: 0.2 }), () => waitFor("e", { timeout: 0.2 })])
					await ask().catch((problem: Error) => console.log(problem.name, problem.message));
				console.log((await approval("then?", { timeout: 60 })).approved);
			}));`);
		const child = spawn(process.execPath, ["flow.ts"], { cwd: folder, env: environment() });
		let out = "";
		child.stdout.on("data", (data: Buffer) => {
			out += data;
		});
		child.stderr.on("data", (data: Buffer) => {
			if (String(data).includes("then?")) child.stdin.write("y\n");
		});
		expect(await new Promise((done) => child.once("close", done))).toBe(0);
		expect(out).toBe("TimedOut approval#0 had no answer before its deadline\nTimedOut event#0 had no answer before its deadline\ntrue\n");
	});

	it("refuses a key that is no text and an option that is none, which would wait for ever; beside no key as well", () => {
		const { code, out } = run(`
			await runFlow(flow(async function asks() {
				const given: any = [7, { timeOut: 1 }, "1"];
				for (const ask of [
					() => waitFor("paid", given[0]), () => waitFor("paid", "7", given[1]), () => waitFor(() => false, given[1]), () => waitFor(() => false, given[2]),
					() => approval("Ship it?", given[1]), () => approval("Ship it?", { form: given[0] }), () => sleep(0, given[1]),
					() => waitFor("paid", undefined, given[1]),
					() => waitUntil(new Date("9999-12-31T23:59:59Z")), () => sleep({ days: 3e6 }),
				])
					await ask().catch((problem: Error) => console.log(problem.name, problem.message));
			}));`);
		expect(code).toBe(0);
		expect(out.trimEnd().split("\n")).toEqual([
			"TypeError waitFor takes the event's key as text, not 7",
			'TypeError waitFor() has no option "timeOut"; did you mean "timeout"? (known: timeout)',
			'TypeError waitFor() has no option "timeOut"; did you mean "timeout"? (known: every, timeout)',
			"TypeError waitFor() takes its options as an object, not '1'",
			'TypeError approval() has no option "timeOut"; did you mean "timeout"? (known: form, timeout, key)',
			"TypeError approval's form is a JSON Schema of an object, or a schema such as zod's, not 7",
			expect.stringContaining('TypeError sleep() has no option "timeOut"'),
			expect.stringContaining('TypeError waitFor() has no option "timeOut"'),
			"RangeError waitUntil(9999-12-31T23:59:59.000Z) comes to a moment past the latest that a wait may have, 3000-01-01 00:00 UTC",
			"TypeError sleep: its time takes less than 1e10 seconds, which are 317 years, not { days: 3000000 }",
		]);
	});

	it("reads TypeScript by the project's esbuild where Node does not, with the file's own lines", () => {
		const source = `import { flow } from "tidegate";
interface Given { n: number }
export const one = flow({ name: "own-name" }, async function one() { const given: Given = { n: 1 }; return given; });
throw new Error("on its line" satisfies string);
`;
		writeFileSync(join(folder, "flow.ts"), source);
		const describe = join(packageFolder, "dist", "describe.mjs");
		const old = () => spawnSync(process.execPath, ["--no-strip-types", describe, folder], { cwd: folder, input: "flow.ts\0", encoding: "utf8" });
		expect(old().stderr).toMatch(/reads no TypeScript: run it with Node 22\.18 or newer, add esbuild/);
		symlinkSync(join(dirname(packageFolder), "node_modules/esbuild"), join(folder, "node_modules/esbuild"));
		expect(old().stderr).toMatch(/^flow\.ts does not import\.\n\nError: on its line\n\s+at .*flow\.ts:4:7\)?\n/);
		writeFileSync(join(folder, "flow.ts"), source.replace(/^throw.*$/m, ""));
		expect(JSON.parse(old().stdout).flows).toMatchObject([{ name: "own-name", entry: "flow.ts:one" }]);
	});
});
