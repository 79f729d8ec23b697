// Where the files of test runs lie: databases, stacks, environments. They make and remove some hundred thousand of them, which on a disk's file system
// took a fifth of all processor time, and as many seconds again wherever a file had just been removed.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { localDir, root } from "../config.mjs";

const MEMORY = "/dev/shm";
/** What a whole run needs at most, twice. Bytes. */
const ROOM = 6 * 1024 ** 3;

/** A file system in memory may be small (64 MiB in a container), belong to others, or run no programs. */
function isFit(home: string): boolean {
	try {
		const { bavail, bsize } = fs.statfsSync(MEMORY);
		if (bavail * bsize < ROOM || process.availableMemory() < 2 * ROOM) return false;
		fs.mkdirSync(home, { recursive: true, mode: 0o700 });
		const made = fs.lstatSync(home);
		if (!made.isDirectory() || made.uid !== process.getuid?.() || (made.mode & 0o077) !== 0) return false;
		const program = path.join(home, `runs-${process.pid}`);
		fs.writeFileSync(program, "#!/bin/sh\nexit 0\n", { mode: 0o700 });
		const { status } = spawnSync(program);
		fs.rmSync(program);
		return status === 0;
	} catch {
		return false;
	}
}

/** In the checkout. */
export const disk = path.join(localDir, "test", "runs");

/** In memory where there is plenty, else in the checkout. A folder of this user's and this checkout's alone. */
export function homeOfRuns(): string {
	const home = path.join(MEMORY, `tidegate-test-${process.getuid?.() ?? 0}-${createHash("sha256").update(root).digest("hex").slice(0, 8)}`);
	return process.platform === "linux" && isFit(home) ? home : disk;
}
