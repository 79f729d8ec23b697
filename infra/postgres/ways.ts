// Postgres refuses to run as root. A "way" is how a command is started so that it does not: the first whose
// probe works is taken and written beside the data, because each leaves files with another owner.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { childEnv } from "../config.mjs";
import { binaries } from "./binaries.ts";

export type Way = {
	/** Stands beside the data; a later start tries it first. */
	name: "plain" | "owner" | "namespace" | "capability" | "copy";
	/** Goes before the command. */
	prefix: string[];
	/** Who must own the data, or undefined where it stays the caller's. */
	owner?: { uid: number; gid: number };
	/** Directory of initdb and postgres. */
	bin: string;
	/** Where the cluster must lie if not beside the other files. */
	elsewhere?: string;
};

const NOBODY = 65_534;
// A fast shutdown when whoever started it is killed, so that nothing is left behind.
const leash = ["--pdeathsig", "INT"];

function has(command: string, ...args: string[]): boolean {
	return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** True if `way` gets as far as looking for the data, past the check for root. */
function works(way: Way): boolean {
	const [command = "", ...args] = [...way.prefix, path.join(way.bin, "postgres"), "--single", "-D", "/nonexistent"];
	const probe = spawnSync(command, args, { encoding: "utf8", env: childEnv({ LC_ALL: "C" }) });
	return (probe.stderr ?? "").includes("could not access directory");
}

function candidates(dir: string): Array<() => Way | undefined> {
	const { bin, home } = binaries();
	const found = fs.statSync(bin);
	const asUser = (uid: number, gid: number) => ["setpriv", `--reuid=${uid}`, `--regid=${gid}`, "--clear-groups"];
	return [
		() =>
			found.uid === 0
				? undefined
				: { name: "owner", prefix: [...asUser(found.uid, found.gid), ...leash, "--"], owner: { uid: found.uid, gid: found.gid }, bin },
		() => ({
			name: "namespace",
			prefix: ["unshare", "--user", "--map-user=1000", "--map-group=1000", "--", "setpriv", ...leash, "--"],
			bin,
		}),
		() => ({
			name: "capability",
			prefix: [
				...asUser(NOBODY, NOBODY),
				"--inh-caps=-all,+dac_override",
				"--ambient-caps=-all,+dac_override",
				"--securebits=+no_setuid_fixup",
				...leash,
				"--",
			],
			owner: { uid: NOBODY, gid: NOBODY },
			bin,
		}),
		() => {
			// Last: a copy that user `nobody` can reach, whatever the permissions above the checkout.
			const elsewhere = elsewhereOf(dir);
			copyBinaries(home, elsewhere);
			const prefix = has("setpriv", "--version")
				? [...asUser(NOBODY, NOBODY), ...leash, "--"]
				: ["su", "nobody", "-s", "/bin/sh", "-c", 'exec "$0" "$@"', "--"];
			return { name: "copy", prefix, owner: { uid: NOBODY, gid: NOBODY }, bin: path.join(elsewhere, "native", "bin"), elsewhere };
		},
	];
}

/** Where the cluster of `dir` lies when it cannot lie in `dir`. */
export function elsewhereOf(dir: string): string {
	return path.join("/var/tmp", `tidegate-${createHash("sha256").update(dir).digest("hex").slice(0, 16)}`);
}

function copyBinaries(home: string, elsewhere: string): void {
	fs.mkdirSync(elsewhere, { recursive: true, mode: 0o755 });
	const made = fs.lstatSync(elsewhere);
	if (!made.isDirectory() || made.uid !== 0) {
		throw new Error(`${elsewhere} exists and is not a directory of root's: remove it, then start again`);
	}
	const target = path.join(elsewhere, "native");
	if (fs.existsSync(path.join(target, "bin", "postgres"))) return;
	fs.cpSync(home, `${target}.new`, { recursive: true, verbatimSymlinks: true });
	execFileSync("chmod", ["-R", "a+rX", `${target}.new`]);
	fs.renameSync(`${target}.new`, target);
}

/** The way to run Postgres with files in `dir`; throws, with what to do, where there is none. */
export function findWay(dir: string): Way {
	const { bin } = binaries();
	if (process.getuid?.() !== 0) {
		// macOS has no setpriv; there the next start ends what a kill left.
		const leashed = process.platform === "linux" && has("setpriv", ...leash, "--", "true");
		return { name: "plain", prefix: leashed ? ["setpriv", ...leash, "--"] : [], bin };
	}
	const note = path.join(dir, "way");
	const before = fs.existsSync(note) ? fs.readFileSync(note, "utf8").trim() : "";
	const ways = candidates(dir);
	const order = ["owner", "namespace", "capability", "copy"];
	const remembered = ways[order.indexOf(before)];
	for (const candidate of remembered ? [remembered, ...ways] : ways) {
		const way = candidate();
		if (way && works(way)) return way;
	}
	throw new Error(
		"Postgres refuses to run as root, and no way to drop root works here (tried setpriv and unshare from util-linux). " +
			"Run this as an ordinary user, install util-linux, or set DATABASE_URL to a Postgres of yours.",
	);
}
