/** Running a helper program (python, pip, uv) to its end: what it says goes to a listener line by line, its last lines into the error. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/** Lines kept for the error: pip's own words stand at its end. */
const KEPT_LINES = 40;

export class ToolError extends Error {
	override readonly name = "ToolError";
	/** The last lines of what it said. */
	readonly said: string;
	constructor(message: string, said: string) {
		super(message);
		this.said = said;
	}
}

export interface Tool {
	command: readonly [string, ...string[]];
	environment: NodeJS.ProcessEnv;
	cwd?: string;
	signal?: AbortSignal;
	/** Each line of its standard error, and of its standard output where `collect` is absent. */
	onLine?(line: string): void;
	/** Lines that say nothing of a failure: listened to, and not kept for the error. */
	isNoise?(line: string): boolean;
	/** Return standard output instead of listening to it. */
	collect?: boolean;
}

/** @returns standard output where `collect`, else an empty text. Throws ToolError; the reason of `signal` where that ended it. */
export async function runTool(tool: Tool): Promise<string> {
	const [program, ...args] = tool.command;
	const child = spawn(program, args, { cwd: tool.cwd, env: tool.environment, stdio: ["ignore", "pipe", "pipe"], detached: true });
	const last: string[] = [];
	const listen = (line: string): void => {
		if (!tool.isNoise?.(line)) last.push(line);
		if (last.length > KEPT_LINES) last.shift();
		tool.onLine?.(line);
	};
	// The whole group: pip and uv start compilers.
	const stop = (): void => {
		try {
			if (child.pid) process.kill(-child.pid, "SIGKILL");
		} catch {
			// It ended by itself in the same moment.
		}
	};
	if (tool.signal?.aborted) stop();
	tool.signal?.addEventListener("abort", stop, { once: true });
	let out = "";
	createInterface({ input: child.stderr }).on("line", listen);
	if (tool.collect) child.stdout.setEncoding("utf8").on("data", (piece: string) => (out += piece));
	else createInterface({ input: child.stdout }).on("line", listen);
	try {
		const ended = await new Promise<{ code: number | null; signal: string | null }>((resolve, reject) => {
			child.once("error", reject);
			child.once("close", (code, signal) => resolve({ code, signal }));
		});
		tool.signal?.throwIfAborted();
		if (ended.code !== 0) throw new ToolError(`${program} ended with ${ended.signal ?? `exit code ${ended.code}`}`, last.join("\n"));
		return out;
	} catch (error) {
		// A folder on the PATH that this user may not enter hides whether it is there: EACCES.
		if (/^(ENOENT|EACCES|ENOTDIR)$/.test((error as NodeJS.ErrnoException).code ?? "")) throw new ToolError(`${program} is not there`, "");
		throw error;
	} finally {
		tool.signal?.removeEventListener("abort", stop);
	}
}
