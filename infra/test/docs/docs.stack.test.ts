// Every block of the docs that can run, run as it is printed: a page from top to bottom, in a folder of its own, against a real Tidegate.
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { run } from "../../command.ts";
import { binDir, childEnv, root } from "../../config.mjs";
import { CLI } from "../../start/stages/agent.ts";
import { answersIndex } from "../packageIndex.ts";
import { type Stack, startStack } from "../stack.ts";
import { type Block, blocksOf, isUsed, pages } from "./blocks.ts";

let stack: Stack;
let shims: string;

/** What a reader has on the PATH: `npx tidegate` of the checkout, `tidegate` where it is installed, a Python with the SDK. */
function writeShims(): void {
	shims = path.join(stack.dir, "bin");
	fs.mkdirSync(shims);
	const node = path.join(binDir, "node");
	const shim = (name: string, command: string) => fs.writeFileSync(path.join(shims, name), `#!/bin/sh\n${command}\n`, { mode: 0o755 });
	shim("tidegate", `exec "${node}" "${path.join(root, CLI)}" "$@"`);
	shim("npx", 'shift; exec tidegate "$@"');
	// What `npm install` of the package leaves beside a flow.
	const installed = path.join(stack.dir, "pages", "node_modules");
	fs.mkdirSync(installed, { recursive: true });
	fs.symlinkSync(path.join(root, "agent"), path.join(installed, "tidegate"));
	shim("node", `exec "${node}" "$@"`);
	shim("python", `PYTHONPATH="${path.join(root, "agent", "python")}" exec python3 "$@"`);
}

beforeAll(async () => {
	stack = await startStack({ pages: false });
	writeShims();
});
afterAll(() => stack?.stop());

const here = (text: string): string => text.replaceAll("http://localhost:7411", stack.url);

async function shell(code: string, cwd: string): Promise<{ code: number; output: string }> {
	const env = childEnv({
		TIDEGATE_HOME: stack.cliHome,
		TIDEGATE_AGENT_HOME: stack.agents[0]?.home,
		NO_COLOR: "1",
		TIDEGATE_API_KEY: /\bcurl\b/.test(code) ? stack.workspace.apiKey : undefined,
	});
	return run("bash", ["-euc", here(code)], { ...env, PATH: `${shims}:${env.PATH}` }, { cwd });
}

/** In the folder of the package, where a program finds `tidegate/client` as one that depends on it does. */
async function script(code: string): Promise<{ code: number; output: string }> {
	const file = path.join(root, "agent", `docs-${process.pid}.mts`);
	fs.writeFileSync(file, here(code));
	try {
		const { apiKey, workspaceKey } = stack.workspace;
		return await run(path.join(binDir, "node"), [file], childEnv({ TIDEGATE_API_KEY: apiKey, TIDEGATE_WORKSPACE_KEY: workspaceKey }));
	} finally {
		fs.rmSync(file);
	}
}

async function use(block: Block, cwd: string): Promise<void> {
	if (block.noRun !== undefined) return;
	if (block.file !== undefined) {
		const file = path.join(cwd, block.file);
		fs.mkdirSync(path.dirname(file), { recursive: true });
		fs.writeFileSync(file, here(block.code));
		return;
	}
	const said = block.language === "sh" ? await shell(block.code, cwd) : await script(block.code);
	expect(said.code, `${block.at} ended with\n${said.output}`).toBe(block.exit);
	if (block.says) expect(said.output, block.at).toContain(block.says);
}

test("every block runs, or says why it does not", () => {
	for (const block of pages().flatMap(blocksOf).filter(isUsed)) {
		if (block.noRun !== undefined) expect(block.noRun.length, `${block.at}: no-run needs a reason`).toBeGreaterThan(9);
		else if (block.language === "python") expect(block.file, `${block.at}: a Python block needs file=NAME`).toBeDefined();
	}
});

const followed = pages().filter((page) => blocksOf(page).some((block) => isUsed(block) && block.noRun === undefined));

test.for(followed)("%s does what it says, from top to bottom", async (page, context) => {
	const cwd = path.join(stack.dir, "pages", page);
	fs.mkdirSync(cwd, { recursive: true });
	for (const block of blocksOf(page).filter(isUsed)) {
		// Counted as skipped, not as passed; what stands above it has run.
		if (block.online && !(await answersIndex())) context.skip(`${block.at} installs packages, and the package index does not answer here`);
		await use(block, cwd);
	}
});
