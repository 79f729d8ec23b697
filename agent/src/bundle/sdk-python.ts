/** Python with the SDK of this package, for what only Python can say of a project. */
import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { delimiter, join } from "node:path";
import { packageFolder } from "../config.ts";

export interface SdkPython {
	child: ChildProcessWithoutNullStreams;
	out(): string;
	err(): string;
}

/** @param args after `-m`: the module of the SDK and its arguments. @param root of the project, where it is started. */
export function startSdkPython(python: string, args: string[], root: string, env: NodeJS.ProcessEnv): SdkPython {
	const path = [join(packageFolder, "python"), env.PYTHONPATH].filter(Boolean).join(delimiter);
	const child = spawn(python, ["-m", ...args], {
		cwd: root,
		env: { ...env, PYTHONPATH: path, PYTHONIOENCODING: "utf-8", PYTHONUTF8: "1" },
		stdio: ["pipe", "pipe", "pipe"],
	});
	const out: Buffer[] = [];
	const err: Buffer[] = [];
	child.stdout.on("data", (data: Buffer) => out.push(data));
	child.stderr.on("data", (data: Buffer) => err.push(data));
	// It may be gone before it has read all that it is given; its exit code then says why.
	child.stdin.on("error", () => {});
	const text = (parts: Buffer[]) => Buffer.concat(parts).toString("utf8");
	return { child, out: () => text(out), err: () => text(err).trimEnd() };
}
