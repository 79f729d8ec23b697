import path from "node:path";
import { alone } from "./alone.mjs";
import { run } from "./command.ts";
import { binDir, childEnv } from "./config.mjs";
import { Advice } from "./progress.mjs";

const escapes = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*[A-Za-z]`, "g");

/** Builds what changed. Resolves to what turbo says of its cache, like "2 of 3 from cache". */
export async function build(note: (text: string) => void, tasks: string[] = ["build"]): Promise<string> {
	return alone(
		"build",
		async (share) => {
			note("");
			const line = (text: string) => {
				const task = text.match(/^(?:@tidegate\/)?([\w/]+):(\w+): /);
				if (task) note(task[1] === "//" ? (task[2] ?? "") : (task[1] ?? ""));
			};
			const args = ["run", ...tasks, "--output-logs=new-only", "--no-color"];
			const { code, output } = await run(path.join(binDir, "turbo"), args, childEnv({ TURBO_NO_UPDATE_NOTIFIER: "1" }), { line, started: share });
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
