// The table of conformance cases (agent/conformance/cases.yaml) through an agent: both languages on one stack, all runs at once.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Case, casesFor, LANGUAGES, type Language, nameOf, writeProject } from "../../../agent/conformance/cases.ts";
import type { Happening, RunHandle } from "../../../agent/src/client/index.ts";
import { root } from "../../config.mjs";
import { type Stack, startStack } from "../stack.ts";
import { detail, waitFor } from "./runs.ts";

/** A machine that is busy is no failure. Milliseconds. */
const PATIENCE = 200_000;

interface Told {
	state: string;
	result: unknown;
	described: boolean;
	error: { type: string; message: string } | null;
	lines: string[];
	tasks: string[];
	edges: string[];
	executions: number;
	artifacts: string[];
	hook: string[] | null;
}

let stack: Stack;
let told: Record<Language, Map<string, Promise<Told>>>;
const folder = (): string => path.join(stack.dir, "cases");

/** zod as npm packs it, so that nothing is downloaded; what is deployed reads it from the folder, the agent installs it by the lock. */
function addZod(project: string): void {
	const packed = spawnSync("tar", [
		"-czhf",
		path.join(project, "zod.tgz"),
		"--transform",
		"s,^zod,package,",
		"-C",
		path.join(root, "node_modules"),
		"zod",
	]);
	expect(packed.status, String(packed.stderr)).toBe(0);
	const dependencies = { zod: "file:zod.tgz", tidegate: "*" };
	const { version } = JSON.parse(fs.readFileSync(path.join(root, "node_modules/zod/package.json"), "utf8"));
	const packages = { "": { dependencies }, "node_modules/zod": { version, resolved: "file:zod.tgz" } };
	fs.writeFileSync(path.join(project, "package.json"), JSON.stringify({ type: "module", dependencies }));
	fs.writeFileSync(path.join(project, "package-lock.json"), JSON.stringify({ lockfileVersion: 3, requires: true, packages }));
	fs.mkdirSync(path.join(project, "node_modules"));
	fs.symlinkSync(path.join(root, "node_modules/zod"), path.join(project, "node_modules/zod"));
}

beforeAll(async () => {
	stack = await startStack({ agents: 0, pages: false });
	const url = "pg://me@x:{CONFORMANCE}@[::1]:5433/a/b?c=d%20e&f=";
	const given = { TIDEGATE_VARIABLE_CONFORMANCE: '{"of": [1, null]}', TIDEGATE_CONNECTION_CONFORMANCE: url };
	await stack.addAgent({ slots: 10, env: { TIDEGATE_SECRET_CONFORMANCE: "sixteen-letters!", ...given } });
	const cases = (language: Language): Case[] => casesFor("agent", language, folder());
	const deployed = LANGUAGES.map(async (language) => {
		const project = writeProject(cases(language), language, path.join(stack.dir, `project-${language}`));
		if (language === "typescript") addZod(project);
		expect(await stack.cli(["deploy", project]), language).toMatchObject({ code: 0, stderr: "" });
	});
	await Promise.all(deployed);
	const all = (language: Language): Map<string, Promise<Told>> =>
		new Map(
			cases(language).map((one) => {
				const run = doing(one, language);
				// Each is awaited in its own test.
				run.catch(() => undefined);
				return [one.name, run];
			}),
		);
	told = { python: all("python"), typescript: all("typescript") };
}, PATIENCE);
afterAll(() => stack?.stop());

async function doing(one: Case, language: Language): Promise<Told> {
	let run = await stack.client.trigger(nameOf(one, language), one.parameters);
	const over = new AbortController();
	const answering = one.answers ? answers(run, one.answers, over.signal) : undefined;
	let end = await follow(run, one);
	if (one.relaunch) {
		expect(end.state, "before it is relaunched").toBe("failed");
		run = await run.relaunch();
		end = await follow(run, one);
	}
	over.abort();
	await answering;
	const { tasks, executions, artifacts, kin } = await detail(stack, run.id);
	const own = tasks.filter(({ fn }) => !["sleep", "wait_until", "pause", "approval", "event", "child"].includes(fn));
	const hook = one.hook === undefined ? null : await hookOf(run);
	// One that stays in its process has no wait that says since when it is: its own row does.
	const short = tasks.filter(({ fn, task, from }) => fn === "sleep" && from === null && !kin.waits.some((wait) => wait.task === task));
	expect(short.filter(({ startedAt }) => startedAt === null)).toEqual([]);
	return {
		...end,
		...{ executions: executions.length, artifacts: artifacts.map(({ kind }) => kind), hook },
		edges: tasks.flatMap(({ fn, parents }) => parents.map((parent) => `${tasks.find(({ task }) => task === parent)?.fn} > ${fn}`)).sort(),
		tasks: own.map(({ fn, index, state, attempt }) => `${fn}${index === null ? "" : `[${index}]`} ${state} ${attempt}`).sort(),
	};

	async function hookOf({ id }: RunHandle): Promise<string[]> {
		const child = kin.children.find(({ hook: on }) => on !== null)?.id ?? "";
		expect(child, `the hook of ${id}`).not.toBe("");
		return (await follow(await stack.client.run(child), {})).lines;
	}
}

/** People and programs that answer what the run asks. */
async function answers(run: RunHandle, given: Record<string, unknown>, signal: AbortSignal): Promise<void> {
	const left = new Map(Object.entries(given));
	while (left.size > 0 && !signal.aborted) {
		for (const { key, text } of await run.approvals())
			if (left.has(text)) {
				await run.answer(key, left.get(text));
				left.delete(text);
			}
		for (const [name, value] of left) if (!/\?$/.test(name) && (await stack.client.sendEvent(name, "7", value)) > 0) left.delete(name);
		await sleep(100);
	}
}

async function follow(run: RunHandle, one: Pick<Case, "cancel" | "pause">) {
	const end = { state: "", result: undefined as unknown, described: false, error: null as Told["error"], lines: [] as string[] };
	for await (const happening of run.watch({ signal: AbortSignal.timeout(PATIENCE) })) take(happening);
	if (end.state === "") throw new Error(`run ${run.id} did not end; it said ${JSON.stringify(end.lines)}`);
	return end;

	function take(happening: Happening): void {
		if (happening.type === "result") {
			end.result = happening.content.json;
			end.described = happening.content.json === undefined && happening.content.repr !== undefined;
		} else if (happening.type === "error") end.error = happening.content;
		else if (happening.type === "ended") end.state = happening.state;
		else if (happening.type === "lines")
			for (const { m } of happening.lines) {
				end.lines.push(m);
				if (m === one.cancel) void run.cancel();
				if (m === one.pause) void pause();
			}
	}

	async function pause(): Promise<void> {
		await run.pause();
		await waitFor("it is held", async () => (await detail(stack, run.id)).run.state === "held", PATIENCE);
		await run.resume();
	}
}

describe.each(LANGUAGES)("%s, through an agent", (language) => {
	const names = casesFor("agent", language, path.join(root, ".tidegate/test/conformance")).map(({ name }) => name);

	test.each(names)(
		"%s",
		async (name) => {
			const one = casesFor("agent", language, folder()).find((each) => each.name === name) as Case;
			const end = await (told[language].get(name) as Promise<Told>);
			expect(end, JSON.stringify(end)).toMatchObject({ state: one.state ?? (one.error ? "failed" : "succeeded") });
			if (one.error) expect(end.error).toMatchObject(one.error);
			if (one.described) expect(end.described).toBe(true);
			else if (!one.error && one.state === undefined) expect(end.result).toEqual(one.result);
			let from = -1;
			for (const line of one.log ?? []) {
				const found = end.lines.findIndex((each, at) => at > from && each.includes(line));
				expect(found, `"${line}" after line ${from} of ${JSON.stringify(end.lines)}`).toBeGreaterThan(from);
				from = found;
			}
			if (one.tasks) expect(end.tasks).toEqual([...one.tasks].sort());
			if (one.edges) expect(end.edges).toEqual([...one.edges].sort());
			if (one.artifacts !== undefined) expect(end.artifacts).toEqual(one.artifacts);
			if (one.executions !== undefined) expect(end.executions).toBe(one.executions);
			if (one.hook !== undefined) expect(end.hook).toContain(one.hook);
		},
		PATIENCE + 20_000,
	);
});
