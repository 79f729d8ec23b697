/** Bundles what users run, for Node ≥ 20: dist/cli.mjs (with one part per command), dist/client.mjs (Node and browsers), dist/sdk.mjs (flows) and what starts and describes flows. */
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
const dist = join(here, "dist");
const DAY = 24 * 3600 * 1000;

/**
 * zod brings its messages in fifty languages, which nothing here asks for: half a megabyte less to read at each start.
 * @type {import("esbuild").Plugin}
 */
const englishOnly = {
	name: "english-only",
	setup: ({ onLoad }) =>
		onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: "export { default as en } from './en.js';", loader: "js" })),
};

/** @type {import("esbuild").BuildOptions} */
const common = {
	absWorkingDir: here,
	bundle: true,
	write: false,
	format: "esm",
	target: ["node20", "es2022"],
	outdir: "dist",
	outExtension: { ".js": ".mjs" },
	legalComments: "none",
	plugins: [englishOnly],
	logLevel: "warning",
};

const built = await Promise.all([
	build({
		...common,
		entryPoints: { cli: "src/cli/main.ts" },
		platform: "node",
		// A part per lazy import: `tidegate run` does not read the YAML parser.
		splitting: true,
		chunkNames: "parts/[name]-[hash]",
		// CommonJS dependencies ask for Node's own modules by require.
		banner: { js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);' },
	}),
	build({
		...common,
		entryPoints: { client: "src/client/index.ts" },
		platform: "neutral",
		mainFields: ["module", "main"],
		conditions: ["import"],
		external: ["ws"],
	}),
	// A flow and what starts it are to have one SDK: what they share is a part of both.
	build({
		...common,
		entryPoints: { sdk: "src/sdk/index.ts", start: "src/sdk/start.ts", describe: "src/sdk/describe.ts", loader: "src/sdk/loader.ts" },
		platform: "node",
		splitting: true,
		chunkNames: "flow/[name]-[hash]",
	}),
]);

// An agent or a command may run from here now: parts first, each file whole or not at all, and what was there stays for a day.
const files = built.flatMap(({ outputFiles }) => outputFiles ?? []).sort((a, b) => b.path.length - a.path.length);
for (const { path, contents } of files) {
	mkdirSync(dirname(path), { recursive: true });
	writeFileSync(`${path}.${process.pid}`, contents);
	renameSync(`${path}.${process.pid}`, path);
}
const current = new Set(files.map(({ path }) => path));
for (const name of ["parts", "flow"].flatMap((folder) => readdirSync(join(dist, folder)).map((each) => join(folder, each)))) {
	const path = join(dist, name);
	if (!current.has(path) && Date.now() - statSync(path).mtimeMs > DAY) rmSync(path, { force: true });
}
