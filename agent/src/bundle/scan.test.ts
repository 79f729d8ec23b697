import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MAX_BUNDLE, MAX_FILES } from "../protocol/limits.ts";
import { readProject } from "./project.ts";
import { type ScanOptions, scanFolder, scanSingle, unreadable } from "./scan.ts";

let root: string;

beforeEach(() => {
	root = mkdtempSync(join(tmpdir(), "tidegate scan "));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function files(content: Record<string, string>): void {
	for (const [path, text] of Object.entries(content)) {
		mkdirSync(dirname(join(root, path)), { recursive: true });
		writeFileSync(join(root, path), text);
	}
}
const paths = (options?: ScanOptions): string[] => scanFolder(root, options).map((file) => file.path);

describe("which files belong to a project", () => {
	it("leaves out what tools leave behind, and sorts by code unit", () => {
		files({ "b.py": "", "a/x.py": "", "Z.py": "", "a/__pycache__/x.pyc": "", ".venv/lib.py": "", "node_modules/m/i.js": "", ".DS_Store": "" });
		expect(paths()).toEqual(["Z.py", "a/x.py", "b.py"]);
	});

	it("leaves out backups of the workspace key unless they are asked for", () => {
		const backup = "# Tidegate workspace key\ntgk_x\n";
		files({ "flow.py": "", "tidegate-default.key": backup, "sub/tidegate-a-b.key": "tgk_y", "sub/tidegate-tls.key": "-----BEGIN" });
		expect(paths()).toEqual(["flow.py", "sub/tidegate-tls.key"]);
		expect(paths({ include: ["sub/*.key"] })).toEqual(["flow.py", "sub/tidegate-a-b.key", "sub/tidegate-tls.key"]);
		files({ ".tidegateignore": "!tidegate-default.key\n" });
		expect(paths()).toContain("tidegate-default.key");
	});

	it("takes names with newlines and other odd characters as they are, and refuses a name that is no text by its name", () => {
		files({ "a\nb.py": "", "c\u2028 d\r.csv": "" });
		expect(paths()).toEqual(["a\nb.py", "c\u2028 d\r.csv"]);
		if (process.platform !== "linux") return;
		writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.from([0xe9]), Buffer.from(".csv")]), "");
		expect(() => paths()).toThrow(/^the name of "caf\ufffd.csv" is no UTF-8: rename the file/);
	});

	it("honours .gitignore and .tidegateignore in every folder, the deepest word winning", () => {
		files({
			".gitignore": "*.log\n/data/\nout/\n",
			".tidegateignore": "notes.md\n!keep.log\n",
			"flow.py": "",
			"a.log": "",
			"keep.log": "",
			"notes.md": "",
			"data/big.csv": "",
			"sub/data/small.csv": "",
			"sub/.gitignore": "!b.log\nlocal.txt\n!out/\n",
			"sub/b.log": "",
			"sub/local.txt": "",
			"sub/out/kept.txt": "",
			"other/local.txt": "",
			"other/out/gone.txt": "",
		});
		expect(paths()).toEqual([
			".gitignore",
			".tidegateignore",
			"flow.py",
			"keep.log",
			"other/local.txt",
			"sub/.gitignore",
			"sub/b.log",
			"sub/data/small.csv",
			"sub/out/kept.txt",
		]);
	});

	it("lets .tidegateignore take back a folder of .gitignore and a default", () => {
		files({ ".gitignore": "build/\n", ".tidegateignore": "!build/\n!venv/\n", "build/x.py": "", "venv/y.py": "" });
		expect(paths()).toEqual([".gitignore", ".tidegateignore", "build/x.py", "venv/y.py"]);
	});

	it("leaves out what exclude says, and brings back what include says from ignored folders", () => {
		files({
			".gitignore": "data/\nmodels/\n",
			"flow.py": "",
			"data/a.csv": "",
			"data/deep/b.csv": "",
			"data/c.txt": "",
			"models/m.bin": "",
			"test/t.py": "",
		});
		expect(paths({ include: ["data/**/*.csv"], exclude: ["test/", ".gitignore"] })).toEqual(["data/a.csv", "data/deep/b.csv", "flow.py"]);
	});

	it("never takes Tidegate's own folder or Git's, even when they are included", () => {
		files({ "flow.py": "", ".tidegate/cli/device.json": "secret", ".git/config": "", "sub/.tidegate/x": "" });
		expect(paths({ include: [".tidegate/**", ".git/**", "**"] })).toEqual(["flow.py"]);
	});

	it("takes a single file alone", () => {
		files({ "one.py": "x", "two.py": "", "requirements.txt": "numpy" });
		expect(scanSingle(join(root, "one.py")).map(({ path, size }) => [path, size])).toEqual([["one.py", 1]]);
	});

	it("keeps of the mode only whether its owner may execute it", () => {
		files({ "run.sh": "", "flow.py": "" });
		chmodSync(join(root, "run.sh"), 0o711);
		chmodSync(join(root, "flow.py"), 0o600);
		expect(scanFolder(root).map((file) => file.mode)).toEqual([0o644, 0o755]);
	});
});

describe("symlinks", () => {
	it("inside the project are followed as the file's content", () => {
		files({ "real.py": "12345" });
		symlinkSync("real.py", join(root, "link.py"));
		expect(scanFolder(root).map(({ path, size }) => [path, size])).toEqual([
			["link.py", 5],
			["real.py", 5],
		]);
	});

	it.each(["/etc/passwd", "../outside.txt"])("that leave the project are refused with their path (%s)", (target) => {
		files({ "flow.py": "" });
		mkdirSync(join(root, "project"));
		writeFileSync(join(root, "outside.txt"), "secret");
		symlinkSync(target, join(root, "project", "evil.txt"));
		expect(() => scanFolder(join(root, "project"))).toThrow(/^evil\.txt is a symlink that leaves the project/);
	});

	it("to folders, to nothing and in a circle are refused with their path", () => {
		files({ "a/flow.py": "" });
		symlinkSync(".", join(root, "a/here"));
		expect(() => scanFolder(join(root, "a"))).toThrow(/^here is a symlink to a folder/);
		rmSync(join(root, "a/here"));
		symlinkSync("gone", join(root, "a/dangling"));
		expect(() => scanFolder(join(root, "a"))).toThrow(/^dangling is a symlink to nothing/);
	});

	it("that are ignored harm nobody", () => {
		files({ ".gitignore": "evil\n", "flow.py": "" });
		symlinkSync("/etc", join(root, "evil"));
		expect(paths()).toEqual([".gitignore", "flow.py"]);
	});
});

describe("limits", () => {
	it("names the biggest files of a project over the size limit", () => {
		files({ "flow.py": "", "data/huge.bin": "" });
		truncateSync(join(root, "data/huge.bin"), MAX_BUNDLE + 1);
		expect(() => scanFolder(root)).toThrow(/at most 200 MiB are taken[\s\S]*200 MiB {2}data\/huge\.bin/);
	});

	it("takes a project of exactly the size limit", () => {
		files({ "data/huge.bin": "" });
		truncateSync(join(root, "data/huge.bin"), MAX_BUNDLE);
		expect(paths()).toEqual(["data/huge.bin"]);
	});

	it("names the fullest folder of a project with too many files", () => {
		files({ "flow.py": "", "many/0": "" });
		for (let i = 1; i <= MAX_FILES; i++) writeFileSync(join(root, `many/${i}`), "");
		expect(() => scanFolder(root)).toThrow(new RegExp(`has ${MAX_FILES + 2} files, at most ${MAX_FILES} [\\s\\S]*many \\(${MAX_FILES + 1}\\)`));
	});

	it("says so when nothing is left to deploy, and when a path leads to nothing that could be", async () => {
		files({ ".git/config": "", "flow.py": "" });
		expect(() => scanFolder(join(root, ".git"), { exclude: ["config"] })).toThrow(/nothing to deploy/);
		await expect(readProject("", root)).rejects.toThrow("the path is empty: name a folder or a file; . is the current folder.");
		await expect(readProject("/dev/null", root)).rejects.toThrow("/dev/null is neither a folder nor a file");
		for (const path of ["nowhere", "flow.py/x"]) await expect(readProject(join(root, path), root)).rejects.toThrow(`${path} does not exist.`);
		execFileSync("sh", ["-c", "mkfifo tidegate.yaml"], { cwd: root });
		await expect(readProject(root, root)).rejects.toThrow("tidegate.yaml is a pipe, and no file.");
		expect(unreadable("flow.py/x", Object.assign(new Error(), { code: "ENOTDIR" })).message).toBe(
			"cannot read flow.py/x: a part of the path is a file, not a folder.",
		);
	});

	it("names a path that no manifest can carry", () => {
		files({ "bad\\name.py": "" });
		expect(() => scanFolder(root)).toThrow(/"bad\\\\name\.py" cannot be deployed/);
	});
});
