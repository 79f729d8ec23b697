/** What Git knows of a project: written into the version, nothing depends on it. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { childEnvironment } from "../config.ts";

export interface Commit {
	/** Full hash of the commit that is checked out; null outside Git. */
	commit: string | null;
	branch: string | null;
	/** The commit's first line. */
	message: string | null;
}

const NOTHING: Commit = { commit: null, branch: null, message: null };

export async function readCommit(project: string): Promise<Commit> {
	if (!insideGit(project)) return NOTHING;
	return new Promise((resolve) => {
		const args = ["-C", project, "--no-optional-locks", "log", "-1", "--decorate=full", "--format=%H%x00%D%x00%s"];
		execFile("git", args, { env: childEnvironment(), timeout: 5000 }, (error, stdout) => {
			const [commit, names, message] = stdout.trimEnd().split("\0");
			if (error || !commit || !/^[0-9a-f]{40,64}$/.test(commit)) return resolve(NOTHING);
			resolve({ commit, branch: /HEAD -> refs\/heads\/([^,]+)/.exec(names ?? "")?.[1] ?? null, message: message || null });
		});
	});
}

function insideGit(project: string): boolean {
	for (let folder = project; ; folder = dirname(folder)) {
		if (existsSync(join(folder, ".git"))) return true;
		if (dirname(folder) === folder) return false;
	}
}
