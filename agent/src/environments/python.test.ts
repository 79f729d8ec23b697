import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment } from "../config.ts";
import { readPipConfig, uvSettings } from "./installers.ts";
import { Interpreters } from "./interpreters.ts";
import { PythonEnvironments, type Wanted } from "./python.ts";
import { Resolutions } from "./resolutions.ts";
import { ToolError } from "./tools.ts";

const folder = mkdtempSync(join(tmpdir(), "tidegate env "));
// pip takes a list of folders here, divided by spaces.
const wheels = mkdtempSync(join(tmpdir(), "tidegate-wheels-"));
/** A company's own package folder, and no network. */
const own = { ...environment(), PIP_NO_INDEX: "1", PIP_FIND_LINKS: wheels, PIP_CONFIG_FILE: "/dev/null", PIP_RETRIES: "0" };

beforeAll(() => {
	for (const version of ["1.0", "1.1"]) makeWheel("tidepool", version);
});
afterAll(() => {
	for (const each of [folder, wheels]) rmSync(each, { recursive: true });
});

/** A wheel is a zip of a module and what says its name. */
function makeWheel(name: string, version: string): void {
	const script = `import sys, zipfile
name, version, out = sys.argv[1:]
info = f"{name}-{version}.dist-info"
with zipfile.ZipFile(f"{out}/{name}-{version}-py3-none-any.whl", "w") as wheel:
    wheel.writestr(f"{name}.py", f"version = {version!r}\\n")
    wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\\nName: {name}\\nVersion: {version}\\n")
    wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(f"{info}/RECORD", "")
`;
	execFileSync("python3", ["-c", script, name, version, wheels]);
}

/** A bare python3 has neither: then there is nothing to install with, which the agent says (installers.ts). */
const canInstall = ["import pip", "import ensurepip"].some((line) => spawnSync("python3", ["-c", line]).status === 0);

let homes = 0;
function environments(env: NodeJS.ProcessEnv = own): { made: PythonEnvironments; folder: string } {
	const each = join(folder, `home${homes++}`);
	mkdirSync(each);
	return { made: new PythonEnvironments(each, new Interpreters(env), env), folder: each };
}

const wanted = (requirements: string, more: Partial<Wanted> = {}): Wanted => ({
	requirements,
	lock: null,
	python: "3.11",
	requiresPython: null,
	settle: async (lock) => lock,
	onLine: () => undefined,
	...more,
});
const versionIn = (python: string): string => execFileSync(python, ["-c", "import tidepool; print(tidepool.version)"], { encoding: "utf8" }).trim();
const builds = (home: string): string[] => readdirSync(home).filter((name) => name.startsWith("build-"));

test("no requirements need no environment: the interpreter itself runs", async () => {
	const { made, folder: home } = environments();
	expect(await made.provide(wanted("\n# nothing\n"))).toMatch(/python3/);
	expect(readdirSync(home)).toEqual([]);
});

test.skipIf(!canInstall)(
	"runs that want the same environment at once share one build, and hear of it",
	async () => {
		const { made, folder: home } = environments();
		const heard: string[][] = [[], []];
		const pythons = await Promise.all(heard.map((lines) => made.provide(wanted("tidepool<1.1", { onLine: (line) => lines.push(line) }))));
		expect(new Set(pythons).size).toBe(1);
		expect(versionIn(pythons[0] as string)).toBe("1.0");
		expect(builds(home)).toHaveLength(1);
		for (const lines of heard) expect(lines.join("\n")).toMatch(/environment ready/);
		await made.provide(wanted("tidepool<1.1", { lock: "tidepool==1.0\n" }));
		expect(builds(home)).toHaveLength(1);
	},
	60_000,
);

test.skipIf(!canInstall)(
	"a new version with the same requirements takes what an earlier one came to: nothing is built, and no installer runs, after a restart either",
	async () => {
		const { made, folder: home } = environments();
		const first = await made.provide(wanted("tidepool<1.1\n"));
		// No program that could install is found any more, and no folder of packages.
		const offline = { ...own, PATH: "/nowhere" };
		const interpreters = new Interpreters(own);
		await interpreters.choose("3.11", null);
		const restarted = new PythonEnvironments(home, interpreters, offline);
		await restarted.clean();
		const offered: string[] = [];
		const said: string[] = [];
		const settle = async (lock: string): Promise<string> => {
			offered.push(lock.trim());
			return lock;
		};
		for (const requirements of ["tidepool<1.1\n", "# why this one\n\ntidepool<1.1  # and no newer one\n"])
			expect(await restarted.provide(wanted(requirements, { settle, onLine: (line) => said.push(line) }))).toBe(first);
		expect(offered).toEqual(["tidepool==1.0", "tidepool==1.0"]);
		expect(said).toEqual([]);
		expect(builds(home)).toHaveLength(1);
	},
	60_000,
);

const folders = (environment().PATH ?? "").split(delimiter);
const withoutUv = folders.filter((each) => !existsSync(join(each, "uv")));
const hasUv = withoutUv.length < folders.length;
/** All other tests take uv where it is, and pip has its turn only with uv hidden; a python3 that lies beside uv is hidden with it. */
const hasPip = hasUv && canInstall && withoutUv.some((each) => existsSync(join(each, "python3")));

for (const { installer, there, path } of [
	{ installer: "uv", there: hasUv, path: folders },
	{ installer: "pip", there: hasPip, path: withoutUv },
]) {
	test.skipIf(!there)(
		`${installer} comes to a lock from a company's own folder, installs exactly a lock, and says what it cannot`,
		async () => {
			const env = { ...own, PATH: path.join(delimiter) };
			const said: string[] = [];
			const locks: string[] = [];
			const onLine = (line: string): void => void said.push(line);
			const settle = async (lock: string): Promise<string> => {
				locks.push(lock.trim());
				return lock;
			};
			expect(versionIn(await environments(env).made.provide(wanted("tidepool<1.1", { onLine, settle })))).toBe("1.0");
			expect(locks).toEqual(["tidepool==1.0"]);
			expect(versionIn(await environments(env).made.provide(wanted("tidepool", { onLine, lock: "tidepool==1.0\n" })))).toBe("1.0");
			expect(said.filter((line) => line.includes(` with ${installer} for Python `))).toHaveLength(2);
			const { made, folder: home } = environments(env);
			const failure = await made.provide(wanted("tidepool>=9")).catch((error: unknown) => error);
			expect(failure).toMatchObject({
				message: `${installer} could not install what requirements.txt asks for`,
				said: expect.stringMatching(/tidepool/),
			});
			expect(readdirSync(home)).toEqual([]);
		},
		120_000,
	);
}

test("only what an installer resolves alike shares a resolution", () => {
	const home = join(folder, "pip home");
	const python = { path: "/usr/bin/python3", minor: "3.11", version: "3.11.7" };
	const name = (requirements: string, more: Record<string, string> = {}, interpreter = python): string =>
		new Resolutions(folder, { NODE_ENV: "test", HOME: home, ...more }).name(requirements, interpreter);
	const bare = name("a==1\nb");
	expect(name("# first\r\na==1 # one\r\n\r\nb")).toBe(bare);
	expect(name("a==1\nb", { PIP_CACHE_DIR: "/tmp/x", PIP_RETRIES: "0" })).toBe(bare);
	mkdirSync(join(home, ".config/pip"), { recursive: true });
	writeFileSync(join(home, ".config/pip/pip.conf"), "[global]\nindex-url = https://mirror.example/simple\n");
	const others = [
		name("a==1\nb"),
		name("a==2\nb"),
		name("a==1#one\nb"),
		name("a==1\nb", { PIP_INDEX_URL: "https://x" }),
		name("a==1\nb", {}, { ...python, minor: "3.12" }),
	];
	expect(new Set([bare, ...others]).size).toBe(6);
});

test.skipIf(!canInstall)(
	"versions that are resolved together are each settled",
	async () => {
		const { made } = environments();
		const offered: string[] = [];
		const version = (name: string): Promise<string> =>
			made.provide(
				wanted("tidepool<1.1", {
					settle: async (lock) => {
						offered.push(name);
						return lock;
					},
				}),
			);
		await Promise.all([version("one"), version("two")]);
		expect(offered.sort()).toEqual(["one", "two"]);
	},
	60_000,
);

test.skipIf(!canInstall)(
	"the lock that the control plane answers is what is installed, whatever was resolved here",
	async () => {
		const { made } = environments();
		const offered: string[] = [];
		const python = await made.provide(
			wanted("tidepool", {
				settle: async (lock) => {
					offered.push(lock.trim());
					return "tidepool==1.0\n";
				},
			}),
		);
		expect(offered).toEqual(["tidepool==1.1"]);
		expect(versionIn(python)).toBe("1.0");
	},
	120_000,
);

test.skipIf(!canInstall)(
	"a requirement that cannot be installed fails with the installer's own words, and leaves nothing behind",
	async () => {
		const { made, folder: home } = environments();
		const failure = await made.provide(wanted("no-such-package-anywhere==9")).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(ToolError);
		expect((failure as ToolError).said).toMatch(/no-such-package-anywhere/);
		expect(readdirSync(home)).toEqual([]);
	},
	60_000,
);

test.skipIf(!canInstall)(
	"what a killed build left is removed by the next start, and a finished environment stays",
	async () => {
		const { made, folder: home } = environments();
		const python = await made.provide(wanted("tidepool", { lock: "tidepool==1.1\n" }));
		mkdirSync(join(home, "build-killed/bin"), { recursive: true });
		writeFileSync(join(home, "build-killed/bin/python"), "half");
		await made.clean();
		expect(existsSync(join(home, "build-killed"))).toBe(false);
		expect(versionIn(python)).toBe("1.1");
	},
	60_000,
);

test.skipIf(!canInstall)(
	"a build that nobody waits for any more is given up",
	async () => {
		const { made, folder: home } = environments();
		const controller = new AbortController();
		const asked = made.provide(wanted("tidepool", { signal: controller.signal, onLine: () => controller.abort(new Error("cancelled")) }));
		await expect(asked).rejects.toThrow("cancelled");
		for (let waited = 0; waited < 200 && readdirSync(home).length > 0; waited++) await new Promise((resolve) => setTimeout(resolve, 25));
		expect(readdirSync(home)).toEqual([]);
	},
	60_000,
);

test("pip's settings reach uv in its own words", () => {
	const config = readPipConfig(
		`:env:.find-links='${wheels}\\n/nowhere'\nglobal.index-url='https://mirror.example/simple'\nglobal.cert='/etc/ca.pem'\ninstall.no-index='true'\nfreeze.timeout='10'\n`,
	);
	expect(uvSettings(config)).toEqual({
		environment: { UV_DEFAULT_INDEX: "https://mirror.example/simple", UV_FIND_LINKS: wheels, SSL_CERT_FILE: "/etc/ca.pem" },
		flags: ["--no-index"],
	});
});
