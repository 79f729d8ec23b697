// Projects that proofs deploy: files in a folder outside the checkout, as a user has them.
import fs from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { Said, Stack } from "../stack.ts";

export type Files = Record<string, string | Buffer>;

export function writeProject(folder: string, files: Files): string {
	for (const [name, content] of Object.entries(files)) {
		const file = path.join(folder, name);
		fs.mkdirSync(path.dirname(file), { recursive: true });
		fs.writeFileSync(file, content);
	}
	return folder;
}

/** A flow of one file: its imports are there, `body` is what stands in the function. */
export function flowFile(name: string, body: string, parameters = ""): string {
	const lines = body
		.trim()
		.split("\n")
		.map((line) => `    ${line}`);
	return [
		"import os, sys, time",
		"from tidegate import artifact, flow, log, task, current_run",
		"",
		"@flow",
		`def ${name}(${parameters}):`,
		...lines,
		"",
	].join("\n");
}

/** Deploys by the CLI from a folder of its own in the stack; a second call with the same name is its next version. */
export async function deploy(stack: Stack, name: string, files: Files, env: Record<string, string> = {}): Promise<Said> {
	const folder = writeProject(path.join(stack.dir, "projects", name), files);
	const said = await stack.cli(["deploy", folder], { env });
	expect(said, "deploy").toMatchObject({ code: 0, stderr: "" });
	return said;
}

/** Deploys a flow of one file, whose name is `name` with underscores. */
export async function deployFlow(stack: Stack, name: string, body: string, parameters = ""): Promise<void> {
	await deploy(stack, name, { "flow.py": flowFile(name, body, parameters) });
}
