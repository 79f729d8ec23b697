import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { environment, packageFolder } from "../config.ts";

const root = dirname(packageFolder);
let folder: string;

/** What a user installs: the packed package and its dependencies, and nothing else of the house. */
beforeAll(() => {
	folder = mkdtempSync(join(tmpdir(), "tidegate types "));
	execFileSync("npm", ["pack", packageFolder, "--pack-destination", folder, "--silent"], { cwd: root, env: environment(), stdio: "pipe" });
	const [tarball] = readdirSync(folder);
	const own = join(folder, "node_modules/tidegate");
	mkdirSync(own, { recursive: true });
	execFileSync("tar", ["-xzf", join(folder, tarball as string), "-C", own, "--strip-components=1"]);
	const { dependencies } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as { dependencies: Record<string, string> };
	for (const name of [...Object.keys(dependencies), "@types/node", "undici-types"]) {
		mkdirSync(dirname(join(folder, "node_modules", name)), { recursive: true });
		symlinkSync(join(root, "node_modules", name), join(folder, "node_modules", name));
	}
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Compiles one file as a strict project would, every declaration of the packages included. @returns what tsc has to say. */
function compile(name: string, source: string, options: Record<string, unknown>): string {
	const at = join(folder, name);
	mkdirSync(at);
	writeFileSync(join(at, "main.ts"), source);
	const strict = { strict: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false, noEmit: true };
	// A link's target lies in the house, where more is installed than here.
	const compilerOptions = { ...strict, preserveSymlinks: true, typeRoots: ["../node_modules/@types"], target: "es2022", ...options };
	writeFileSync(join(at, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
	writeFileSync(join(at, "package.json"), '{"type": "module"}');
	const done = spawnSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", at], { encoding: "utf8" });
	return done.stdout + done.stderr;
}

const USE = `import { createClient, KeyError, ParameterError, RunFailed, SealError } from "tidegate/client";
declare const key: string | undefined;
const tidegate = createClient({ url: "http://localhost:7411", apiKey: key, workspaceKey: key });
const run = await tidegate.trigger("train", { folds: 5 }, { labels: { team: "birds" } });
const { sum } = await run.result<{ sum: number }>();
const anything: unknown = await run.result();
for await (const happening of run.watch()) if (happening.type === "lines") happening.lines.map(({ m, t }) => [m.length, t + sum]);
const { flows } = await tidegate.api.flows.list.query();
const state: "running" | "failed" | string = flows[0]?.recent[0]?.state ?? "none";
const me: string = (await tidegate.api.whoami.query()).workspace.name;
const made: { key: string } = await tidegate.api.keys.create.mutate({ name: "ci" }, { signal: AbortSignal.timeout(1000) });
const watching = tidegate.api.runs.watch.subscribe({ id: run.id }, { onData: ({ id, data }) => [id.length, data.seq + (data.event?.at.length ?? 0)] });
watching.unsubscribe();
const { runs, next } = await tidegate.runs({ flow: "train", limit: 3 });
export const error = (failure: unknown): string | null => (failure instanceof RunFailed ? failure.traceback : null);
export const mine = (failure: unknown): boolean => failure instanceof KeyError || failure instanceof ParameterError || failure instanceof SealError;
export { anything, made, me, next, runs, state };
`;

describe("the packed client's types", () => {
	it("hold in a strict project for Node, and in one for browsers", () => {
		expect(compile("node", USE, { module: "nodenext", lib: ["es2023"], types: ["node"] })).toBe("");
		expect(compile("browser", USE, { module: "esnext", moduleResolution: "bundler", lib: ["es2023", "dom", "dom.iterable"], types: [] })).toBe("");
	}, 120_000);

	it("are the API's own: a procedure or a field that is not there is an error", () => {
		const wrong = `import { createClient } from "tidegate/client";
const { api, runs } = createClient({ url: "x", apiKey: "tg_x" });
api.flows.lists.query();
runs({ limit: "3" });
(await api.whoami.query()).workspace.kidd;
`;
		const said = compile("wrong", wrong, { module: "nodenext", lib: ["es2023"], types: ["node"] });
		expect(said.match(/main\.ts\((\d),\d+\): error/g)?.map((each) => each[8])).toEqual(["3", "4", "5"]);
	}, 60_000);

	it("take a key that may not be there, which the client then refuses by its name", () => {
		const use = 'import { createClient } from "tidegate/client"; createClient({ url: "http://localhost:7411", apiKey: process.env.NO_SUCH_KEY });';
		const done = spawnSync(process.execPath, ["--input-type=module", "-e", use], { cwd: folder, encoding: "utf8" });
		expect(done.stderr).toMatch(/TypeError: createClient: apiKey is missing\. .*Is TIDEGATE_API_KEY set\?/);
	});

	it("name nothing of the server", () => {
		const types = join(folder, "node_modules/tidegate/dist/types");
		const files = readdirSync(types, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
		const sources = files.flatMap((file) =>
			[...readFileSync(join(types, file), "utf8").matchAll(/(?:from |import\()"([^"]+)"/g)].map((match) => match[1]),
		);
		expect([...new Set(sources.filter((source) => !source?.startsWith(".")))].sort()).toEqual(["tidegate/client", "zod"]);
	});
});
