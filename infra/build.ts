import { spawn } from "node:child_process";
import path from "node:path";
import { alone } from "./alone.mjs";
import { binDir, childEnv, root } from "./config.mjs";
import { Advice } from "./progress.mjs";

const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");

/** Builds what changed. Resolves to what turbo says of its cache, like "2 of 3 from cache". */
export async function build(note: (text: string) => void, tasks: string[] = ["build"]): Promise<string> {
	return alone(
		"build",
		async () => {
			note("");
			const child = spawn(path.join(binDir, "turbo"), ["run", ...tasks, "--output-logs=new-only", "--no-color"], {
				cwd: root,
				env: childEnv({ TURBO_NO_UPDATE_NOTIFIER: "1" }),
				stdio: ["ignore", "pipe", "pipe"],
			});
			let output = "";
			const keep = (chunk: Buffer) => {
				output = (output + chunk.toString()).slice(-100_000);
				const task = [...output.matchAll(/^(?:@tidegate\/)?([\w/]+):(\w+): /gm)].at(-1);
				if (task) note(task[1] === "//" ? (task[2] ?? "") : `${task[1]}`);
			};
			child.stdout.on("data", keep);
			child.stderr.on("data", keep);
			const code = await new Promise<number>((resolve, reject) => {
				child.once("error", reject);
				child.once("close", (status) => resolve(status ?? 1));
			});
			const text = output.replace(escapes, "");
			if (code !== 0) {
				const said = text.split("\n").filter((line) => /^\S+:\w+: /.test(line) && !/cache (hit|miss)/.test(line));
				throw new Advice(`The build failed:\n${(said.length ? said : text.trimEnd().split("\n")).slice(-40).join("\n")}`);
			}
			const cached = text.match(/Cached:\s+(\d+) cached, (\d+) total/);
			return cached ? (cached[1] === cached[2] ? "nothing changed" : `${Number(cached[2]) - Number(cached[1])} of ${cached[2]} built`) : "";
		},
		() => note("waiting for another build of this checkout"),
	);
}
