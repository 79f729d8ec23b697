// The first thing that `npm start`, `npm test`, `npm run bench` and `npm run chaos` run, on whatever Node the user has and
// before anything is installed: plain JavaScript, no dependencies.
import { spawn, spawnSync } from "node:child_process";
import path from "node:path";
import { binDir, mainEnv, root } from "../config.mjs";
import { Advice, red } from "../progress.mjs";
import { helps } from "./help.mjs";
import { install, interruptInstall } from "./install.mjs";

const mains = { start: "infra/start/main.ts", test: "infra/test/main.ts", bench: "infra/bench/main.ts", chaos: "infra/chaos/main.ts" };

/** @type {NodeJS.Signals[]} */
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

function checkPython() {
	const asked = spawnSync("python3", ["-c", "import sys; print(sys.version_info[0] * 1000 + sys.version_info[1])"], { encoding: "utf8" });
	if (asked.error || asked.status !== 0) {
		throw new Advice("python3 was not found, and flows run in it. Install Python 3.9 or later, so that `python3 --version` answers, then try again");
	}
	const version = Number(asked.stdout.trim());
	if (version < 3009) {
		throw new Advice(
			`python3 is ${Math.floor(version / 1000)}.${version % 1000}, and flows need 3.9 or later. Put a newer one first on PATH, then try again`,
		);
	}
}

/** @param {string} main @param {string[]} args @returns {Promise<number>} */
function run(main, args) {
	const child = spawn(path.join(binDir, "node"), [path.join(root, main), ...args], { cwd: root, env: mainEnv(), stdio: "inherit" });
	for (const name of signals) process.removeAllListeners(name);
	// A terminal sends Ctrl-C to both of us, and a supervisor to us alone: pass on, and let main, which counts
	// signals that come together as one, decide when to end.
	for (const name of signals) process.on(name, () => child.kill(name));
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("exit", (code, signal) => resolve(code ?? (signal === "SIGINT" ? 130 : 1)));
	});
}

async function main() {
	const [command = "", ...args] = process.argv.slice(2);
	const entry = mains[/** @type {keyof typeof mains} */ (command)];
	if (!entry) throw new Advice("usage: node infra/start/bootstrap.mjs start | test | bench | chaos");
	if (args.includes("--help") || args.includes("-h")) {
		console.log(helps[command]);
		return 0;
	}
	if (Number.parseInt(process.versions.node, 10) < 20) {
		throw new Advice(`This is Node ${process.versions.node}, and Tidegate needs 20 or later to install itself (nodejs.org, or your version manager)`);
	}
	checkPython();
	let interrupted = false;
	for (const name of signals) {
		process.on(name, () => {
			interrupted = true;
			interruptInstall(name);
		});
	}
	try {
		await install();
	} catch (error) {
		if (!interrupted) throw error;
	}
	if (interrupted) return 130;
	return run(entry, args);
}

main().then(
	(code) => {
		process.exitCode = code;
	},
	(error) => {
		console.error(`${red("error:")} ${error instanceof Advice ? error.message : error.stack}`);
		process.exitCode = 1;
	},
);
