/** The files of a project, checked against what a deploy takes, before a byte of them is sent. */
import { type BigIntStats, lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { diskWords } from "../disk-words.ts";
import { MAX_BUNDLE, MAX_FILES } from "../protocol/limits.ts";
import { ProjectPath } from "../protocol/manifest.ts";
import { ProjectProblem, size } from "./problem.ts";
import { Rules } from "./rules.ts";

export interface ScannedFile {
	/** From the root, '/' between parts. */
	path: string;
	/** Where its bytes are, symlinks followed. */
	source: string;
	size: number;
	mode: 0o644 | 0o755;
	/** Changes whenever the content may have. */
	mark: string;
	/** Milliseconds since 1970. */
	modifiedAt: number;
}

export interface ScanOptions {
	include?: readonly string[];
	exclude?: readonly string[];
}

/** @returns the files of the folder `root`, sorted by path. Throws ProjectProblem. */
export function scanFolder(root: string, options: ScanOptions = {}): ScannedFile[] {
	const real = realpathSync(root);
	const rules = new Rules(root, options.include, options.exclude);
	const files: ScannedFile[] = [];

	const walk = (folder: string, inIgnored: boolean): void => {
		const entries = attempt(join(root, folder), () => readdirSync(join(root, folder), { withFileTypes: true }));
		attempt(join(root, folder), () => rules.enter(folder, new Set(entries.filter((entry) => entry.isFile()).map((entry) => entry.name))));
		for (const entry of entries) {
			const path = folder + entry.name;
			if (entry.isDirectory()) {
				const has = rules.hasFolder(path, inIgnored);
				if (has !== "no") walk(`${path}/`, has === "ignored");
			} else if (entry.isFile() || entry.isSymbolicLink()) {
				if (rules.hasFile(path, inIgnored)) files.push(entry.isFile() ? scanFile(root, path) : followLink(real, root, path));
			}
			// Sockets, pipes and devices hold nothing to deploy.
		}
		rules.leave(folder);
	};
	walk("", false);
	// By code unit, not by locale: two machines must make the same list.
	files.sort((a, b) => (a.path < b.path ? -1 : 1));
	checkLimits(files);
	return files;
}

/** A project of one file: it alone is deployed. */
export function scanSingle(file: string): ScannedFile[] {
	const source = realpathSync(file);
	const name = file.slice(file.lastIndexOf(sep) + 1);
	const files = [
		scanned(
			name,
			source,
			attempt(file, () => statSync(source, { bigint: true })),
		),
	];
	checkLimits(files);
	return files;
}

function scanFile(root: string, path: string): ScannedFile {
	// Node puts this character in the place of bytes that are no text, and then finds no such file.
	if (path.includes("\ufffd") && !lstatSync(join(root, path), { throwIfNoEntry: false }))
		throw new ProjectProblem(`the name of ${JSON.stringify(path)} is no UTF-8: rename the file, or leave its folder out in .tidegateignore.`);
	const source = join(root, path);
	return scanned(
		path,
		source,
		attempt(source, () => lstatSync(source, { bigint: true })),
	);
}

function followLink(realRoot: string, root: string, path: string): ScannedFile {
	const link = join(root, path);
	let source: string;
	try {
		source = realpathSync(link);
	} catch {
		throw new ProjectProblem(`${path} is a symlink to nothing: remove it, or leave it out in .tidegateignore.`);
	}
	const inside = relative(realRoot, source);
	if (inside === ".." || inside.startsWith(`..${sep}`)) {
		throw new ProjectProblem(
			`${path} is a symlink that leaves the project (to ${source}): copy the file in, or leave the link out in .tidegateignore.`,
		);
	}
	const stats = attempt(link, () => statSync(source, { bigint: true }));
	if (stats.isDirectory())
		throw new ProjectProblem(
			`${path} is a symlink to a folder (${inside || "the project itself"}): a deploy follows links to files only. Leave it out in .tidegateignore.`,
		);
	return scanned(path, source, stats);
}

function scanned(path: string, source: string, stats: BigIntStats): ScannedFile {
	const fits = ProjectPath.safeParse(path);
	if (!fits.success) throw new ProjectProblem(`${JSON.stringify(path)} cannot be deployed: a path has at most 1024 characters and no backslash.`);
	return {
		path,
		source,
		size: Number(stats.size),
		mode: stats.mode & 0o100n ? 0o755 : 0o644,
		mark: `${stats.size} ${stats.mtimeNs} ${stats.ctimeNs} ${stats.ino}`,
		modifiedAt: Math.max(Number(stats.mtimeMs), Number(stats.ctimeMs)),
	};
}

function attempt<T>(path: string, look: () => T): T {
	try {
		return look();
	} catch (error) {
		throw unreadable(path, error);
	}
}

export function unreadable(path: string, error: unknown): Error {
	const code = (error as NodeJS.ErrnoException).code;
	if (!code) return error as Error;
	return new ProjectProblem(`cannot read ${path}: ${code === "ENOENT" ? "it disappeared while it was read" : diskWords(error)}.`);
}

/** What lies there, followed through symlinks; undefined where nothing does. Throws ProjectProblem. */
export function lookAt(path: string): Stats | undefined {
	try {
		return statSync(path, { throwIfNoEntry: false });
	} catch (error) {
		// A Node before 22 throws for what lies below a file.
		if ((error as NodeJS.ErrnoException).code === "ENOTDIR") return undefined;
		throw unreadable(path, error);
	}
}

function checkLimits(files: ScannedFile[]): void {
	if (files.length === 0) throw new ProjectProblem("nothing to deploy: the folder has no file that is not ignored.");
	if (files.length > MAX_FILES) {
		throw new ProjectProblem(
			`the project has ${files.length} files, at most ${MAX_FILES} are taken.\nMost are in: ${fullest(files)}\nLeave them out in .tidegateignore, or deploy a smaller folder.`,
		);
	}
	const total = files.reduce((sum, file) => sum + file.size, 0);
	if (total > MAX_BUNDLE) {
		const biggest = [...files].sort((a, b) => b.size - a.size).slice(0, 5);
		const list = biggest.map((file) => `  ${size(file.size).padStart(9)}  ${file.path}`).join("\n");
		throw new ProjectProblem(
			`the project has ${size(total)}, at most ${size(MAX_BUNDLE)} are taken. The biggest files:\n${list}\nLeave them out in .tidegateignore, and read them from where they are kept.`,
		);
	}
}

function fullest(files: ScannedFile[]): string {
	const counts = new Map<string, number>();
	for (const { path } of files) {
		const folder = path.includes("/") ? path.slice(0, path.lastIndexOf("/")) : ".";
		counts.set(folder, (counts.get(folder) ?? 0) + 1);
	}
	const top = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 5);
	return top.map(([folder, count]) => `${folder} (${count})`).join(", ");
}
