/**
 * Which files belong to a project: default excludes, then each folder's .gitignore and .tidegateignore from the root down, then the
 * YAML's `exclude`; the last rule that speaks of a path wins, as in Git. The YAML's `include` brings back what those leave out.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import ignore, { type Ignore } from "ignore";

const newRules = (...patterns: string[]): Ignore => ignore({ ignorecase: false }).add(patterns);

/** Never part of a project, whatever anybody includes: keys and databases of Tidegate's own, and Git's. */
const NEVER = [".git", ".tidegate"];
/** What tools leave behind; `!name` in .tidegateignore brings one back. */
const DEFAULTS = [
	...[
		".venv/",
		"venv/",
		"__pycache__/",
		"node_modules/",
		".mypy_cache/",
		".pytest_cache/",
		".ruff_cache/",
		".tox/",
		".nox/",
		".ipynb_checkpoints/",
		"*.egg-info/",
		".hg/",
		".svn/",
		".idea/",
		".vscode/",
	],
	...["*.pyc", "*.pyo", ".DS_Store", "Thumbs.db", "*.swp", "*~"],
];
/** As `tidegate key backup` names it: the key would lie in every version. Taken back like a default. */
const BACKUP = /(^|\/)tidegate-[^/]*\.key$/;
const FILES = [".gitignore", ".tidegateignore"];

/** Rules with the folder that they are relative to: "" or "sub/folder/". */
interface Layer {
	base: string;
	rules: Ignore;
}

export class Rules {
	#root: string;
	#layers: Layer[];
	#exclude: Ignore;
	#include: Ignore | null;
	/** The fixed beginnings of the include patterns: only below them is an ignored folder looked into. */
	#beginnings: string[];

	constructor(root: string, include: readonly string[] = [], exclude: readonly string[] = []) {
		this.#root = root;
		this.#layers = [{ base: "", rules: newRules(...DEFAULTS) }];
		this.#exclude = newRules(...exclude);
		this.#include = include.length > 0 ? newRules(...include) : null;
		this.#beginnings = include.map((pattern) => (/^[^*?[\\!]*/.exec(pattern.replace(/^\/+/, "")) ?? [""])[0]);
	}

	/** Reads the ignore files of a folder ("" or "sub/folder/") before its entries are asked about. */
	enter(folder: string, names: ReadonlySet<string>): void {
		const texts = FILES.filter((name) => names.has(name)).map((name) => readFileSync(join(this.#root, folder, name), "utf8"));
		if (texts.length === 0) return;
		// One set of rules per folder: a later file of the same folder can take back what an earlier one said of a parent.
		if (folder === "") this.#layers[0]?.rules.add(texts.join("\n"));
		else this.#layers.push({ base: folder, rules: newRules().add(texts.join("\n")) });
	}

	/** Forgets the rules of `folder` once it was walked. */
	leave(folder: string): void {
		if (folder !== "" && this.#layers.at(-1)?.base === folder) this.#layers.pop();
	}

	/** @param path a file's path from the root. @param inIgnored its folder is left out, so only `include` can bring it back. */
	hasFile(path: string, inIgnored: boolean): boolean {
		if (this.#never(path)) return false;
		if (this.#include?.ignores(path)) return true;
		return !inIgnored && !this.#ignored(path);
	}

	/** @returns "no": not walked; "ignored": walked only for what `include` may bring back. */
	hasFolder(path: string, inIgnored: boolean): "yes" | "ignored" | "no" {
		if (this.#never(path)) return "no";
		if (!inIgnored && !this.#ignored(`${path}/`)) return "yes";
		if (!this.#include) return "no";
		const reachable = this.#beginnings.some(
			(start) => start !== "" && (`${path}/`.startsWith(start) || start.startsWith(`${path}/`) || start === path),
		);
		return reachable || this.#include.ignores(`${path}/`) ? "ignored" : "no";
	}

	#never(path: string): boolean {
		return NEVER.includes(path.slice(path.lastIndexOf("/") + 1));
	}

	#ignored(path: string): boolean {
		let ignored = BACKUP.test(path) && holdsKey(join(this.#root, path));
		for (const { base, rules } of this.#layers) {
			const own = path.slice(base.length);
			const verdict = rules.test(own);
			if (verdict.ignored) ignored ||= !inherited(rules, own);
			else if (verdict.unignored) ignored = false;
		}
		return ignored || this.#exclude.ignores(path);
	}
}

/** The folder around `path` is what these rules ignore. It is walked all the same, so deeper rules took that back. */
function inherited(rules: Ignore, path: string): boolean {
	const end = path.lastIndexOf("/", path.length - 2);
	return end > 0 && rules.ignores(path.slice(0, end + 1));
}

/** What can't be read is for the scan to say. */
function holdsKey(file: string): boolean {
	try {
		const stats = statSync(file);
		return stats.isFile() && stats.size < 65_536 && /^tgk_/m.test(readFileSync(file, "utf8"));
	} catch {
		return false;
	}
}
