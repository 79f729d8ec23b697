// One long-lived child process of ours: leashed, logged to a file, and known by pid and start time.
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { binDir, root } from "./config.mjs";
import { type Identity, identify } from "./identity.mjs";
import { end } from "./processes.ts";

export type Part = {
	name: string;
	who: Identity;
	log: string;
	/** Settles with how it ended, in words: "exit code 1", "signal SIGKILL". */
	exited: Promise<string>;
	/** Settles once it says that it is ready (`process.send("ready")`); some never do. */
	ready: Promise<void>;
	/** SIGTERM, and SIGKILL after `graceMs`. */
	stop(graceMs?: number): Promise<void>;
};

export type PartOptions = {
	/** As people read it, and the name of its files. */
	name: string;
	/** Relative to the checkout, run by Node 24. */
	script: string;
	args?: string[];
	env: NodeJS.ProcessEnv;
	log: string;
	/** Where its identity is noted, so that the next start finds what this one left. */
	note?: string;
};

const leash = pathToFileURL(path.join(root, "infra", "start", "leash.mjs")).href;
const KEEP = 10 * 1024 * 1024;

/** Opens a log to append to; one that has grown large is put aside first, once. */
function openLog(file: string): number {
	fs.mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
	if (fs.existsSync(file) && fs.statSync(file).size > KEEP) fs.renameSync(file, `${file}.1`);
	return fs.openSync(file, "a", 0o600);
}

export function startPart(options: PartOptions): Part {
	const out = openLog(options.log);
	const args = ["--import", leash, path.join(root, options.script), ...(options.args ?? [])];
	// A session of its own: Ctrl-C reaches only the starter, which ends the parts in order.
	const child = spawn(path.join(binDir, "node"), args, {
		cwd: root,
		env: options.env,
		detached: true,
		stdio: ["ignore", out, out, "ipc"],
	});
	fs.closeSync(out);
	const exited = new Promise<string>((resolve) => {
		child.once("error", (error) => resolve(error.message));
		child.once("exit", (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
	});
	const ready = new Promise<void>((resolve) => child.on("message", (said) => said === "ready" && resolve()));
	const who = identify(child.pid ?? 0) ?? { pid: child.pid ?? 0, started: "never" };
	if (options.note) {
		fs.mkdirSync(path.dirname(options.note), { recursive: true, mode: 0o700 });
		fs.writeFileSync(options.note, JSON.stringify(who), { mode: 0o600 });
	}
	return {
		name: options.name,
		who,
		log: options.log,
		exited,
		ready,
		stop: async (graceMs = 10_000) => {
			await end(who, ["SIGTERM"], graceMs);
			await exited;
			if (options.note) fs.rmSync(options.note, { force: true });
		},
	};
}

/** Ends the process noted in a file by an earlier start, if it is still that very process. */
export async function endNoted(note: string): Promise<boolean> {
	let who: Identity;
	try {
		who = JSON.parse(fs.readFileSync(note, "utf8"));
	} catch {
		return false;
	}
	const found = identify(who.pid)?.started === who.started;
	if (found) await end(who, ["SIGTERM"], 5000);
	fs.rmSync(note, { force: true });
	return found;
}
