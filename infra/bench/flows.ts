// The small projects that benchmarks deploy.
import fs from "node:fs";
import path from "node:path";
import { type Stack, startStack } from "../test/stack.ts";

/** Writes a project below the stack's folder. @returns its folder */
export function project(stack: Stack, name: string, files: Record<string, string>): string {
	const folder = path.join(stack.dir, "projects", name);
	for (const [file, content] of Object.entries(files)) {
		const at = path.join(folder, file);
		fs.mkdirSync(path.dirname(at), { recursive: true });
		fs.writeFileSync(at, content);
	}
	return folder;
}

export async function deploy(stack: Stack, folder: string): Promise<void> {
	const said = await stack.cli(["deploy", folder, "--json"]);
	if (said.code !== 0) throw new Error(`deploy failed: ${said.stderr}${said.stdout}`);
}

/** A stack of its own with durability on, gone afterwards. */
export async function withStack(slots: number, work: (stack: Stack) => Promise<void>): Promise<void> {
	const stack = await startStack({ ownPostgres: true, pages: false, slots });
	try {
		await work(stack);
	} finally {
		await stack.stop();
	}
}
