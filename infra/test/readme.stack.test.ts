// The README's own words, run as they stand there: whoever types them gets what it says.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../command.ts";
import { binDir, childEnv, root } from "../config.mjs";
import { CLI } from "../start/stages/agent.ts";
import { type Stack, startStack } from "./stack.ts";

const readme = fs.readFileSync(path.join(root, "README.md"), "utf8");

/** The first code block of a language that holds `words`. */
function block(language: string, words: string): string {
	for (const [, code] of readme.matchAll(new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, "gs"))) if (code?.includes(words)) return code;
	throw new Error(`the README has no ${language} block with ${words}`);
}

let stack: Stack;
let folder: string;
const flow = () => path.join(folder, "flow.py");

beforeAll(async () => {
	stack = await startStack({ pages: false });
	folder = path.join(stack.dir, "an empty folder");
	fs.mkdirSync(folder);
	fs.writeFileSync(flow(), block("python", "@flow"));
	const deployed = await stack.cli(["deploy", folder]);
	expect(deployed).toMatchObject({ code: 0 });
});
afterAll(() => stack?.stop());

async function ended(id: string): Promise<string> {
	for (;;) {
		const { run } = await stack.client.api.runs.get.query({ id });
		if (["succeeded", "failed", "cancelled"].includes(run.state)) return run.state;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

test("the five-line flow is five lines, runs, is edited, deployed again and shows its new line", async () => {
	const lines = fs.readFileSync(flow(), "utf8").trimEnd().split("\n");
	expect(lines).toHaveLength(5);
	const command = /npx tidegate (run hello .*)/.exec(block("sh", "tidegate deploy"))?.[1]?.split(" ") ?? [];
	const first = await stack.cli(command);
	expect(first).toMatchObject({ code: 0 });
	expect(first.stdout).toContain("Hello, Ada!");
	fs.writeFileSync(flow(), lines.join("\n").replace("Hello", "Good tide"));
	expect(await stack.cli(["deploy", folder])).toMatchObject({ code: 0, stdout: expect.stringContaining("v2") });
	expect((await stack.cli(command)).stdout).toContain("Good tide, Ada!");
});

test("the curl line triggers a run that finishes", async () => {
	const script = block("sh", "curl").replaceAll("http://localhost:7411", stack.url).replace("tg_…", stack.workspace.apiKey);
	// What follows in the same shell has what it exports.
	const next = /export TIDEGATE_WORKSPACE_KEY=\$\(npx tidegate ([a-z ]+)\)/.exec(readme)?.[1];
	const follows = `"${path.join(binDir, "node")}" "${path.join(root, CLI)}" ${next}`;
	const { code, output } = await run("bash", ["-ec", `${script}\n${follows}`], childEnv({ TIDEGATE_HOME: stack.cliHome }));
	expect(code, output).toBe(0);
	expect(output).toContain(stack.workspace.workspaceKey);
	const answer = /\{"result".*\}/.exec(output)?.[0] ?? output;
	expect(await ended(JSON.parse(answer).result.data.id)).toBe("succeeded");
});

test("the typed client's lines trigger a run and print its result", async () => {
	const script = path.join(root, "agent", `readme-${process.pid}.mjs`);
	fs.writeFileSync(script, block("ts", "createClient").replaceAll("http://localhost:7411", stack.url));
	try {
		const env = childEnv({ TIDEGATE_API_KEY: stack.workspace.apiKey, TIDEGATE_WORKSPACE_KEY: stack.workspace.workspaceKey });
		const { code, output } = await run(path.join(binDir, "node"), [script], env);
		expect({ code, output: output.trim() }).toEqual({ code: 0, output: "null" });
	} finally {
		fs.rmSync(script);
	}
});
