import { spawn } from "node:child_process";
import { root } from "./config.mjs";

export type Done = { code: number; output: string };

/** Every command that runs now, so that Ctrl-C can end them all. */
const running = new Set<ReturnType<typeof spawn>>();

/** Runs a command to its end, keeping all it says; `line` is told each line as it comes. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv, line?: (text: string) => void): Promise<Done> {
	const child = spawn(command, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
	running.add(child);
	let output = "";
	let rest = "";
	const take = (chunk: Buffer) => {
		output += chunk;
		const lines = (rest + chunk).split("\n");
		rest = lines.pop() ?? "";
		for (const text of lines) line?.(text);
	};
	child.stdout?.on("data", take);
	child.stderr?.on("data", take);
	return new Promise((resolve) => {
		const done = (code: number) => {
			running.delete(child);
			resolve({ code, output });
		};
		child.once("error", (error) => {
			output += error.message;
			done(1);
		});
		child.once("close", (code) => done(code ?? 1));
	});
}

export function endAll(name: NodeJS.Signals): void {
	for (const child of running) child.kill(name);
}
