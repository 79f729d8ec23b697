import { spawn } from "node:child_process";
import { root } from "./config.mjs";

/** `output` is both streams as they came, `code` 1 for a command that could not start or was killed. */
export type Done = { code: number; output: string; stdout: string; stderr: string };
type Options = { cwd?: string; line?: (text: string) => void; started?: (pid: number | undefined) => void };

/** Every command that runs now, so that Ctrl-C can end them all. */
const running = new Set<ReturnType<typeof spawn>>();

/** Runs a command to its end (in the checkout, unless told where), keeping all it says; `line` is told each line as it comes. */
export function run(command: string, args: string[], env: NodeJS.ProcessEnv, { cwd = root, line, started }: Options = {}): Promise<Done> {
	const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
	running.add(child);
	started?.(child.pid);
	const said = { output: "", stdout: "", stderr: "" };
	let rest = "";
	const take = (stream: "stdout" | "stderr") => (text: string) => {
		said.output += text;
		said[stream] += text;
		const lines = (rest + text).split("\n");
		rest = lines.pop() ?? "";
		for (const each of lines) line?.(each);
	};
	child.stdout.setEncoding("utf8").on("data", take("stdout"));
	child.stderr.setEncoding("utf8").on("data", take("stderr"));
	return new Promise((resolve) => {
		const done = (code: number) => {
			running.delete(child);
			resolve({ code, ...said });
		};
		child.once("error", (error) => {
			said.output += error.message;
			said.stderr += error.message;
			done(1);
		});
		child.once("close", (code) => done(code ?? 1));
	});
}

export function endAll(name: NodeJS.Signals): void {
	for (const child of running) child.kill(name);
}
