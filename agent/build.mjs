/** Bundles what users run, for Node ≥ 20: dist/cli.mjs (with one part per command) and dist/client.mjs (Node and browsers). */
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = fileURLToPath(new URL(".", import.meta.url));
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
	format: "esm",
	target: ["node20", "es2022"],
	legalComments: "none",
	plugins: [englishOnly],
	logLevel: "warning",
};

rmSync(new URL("dist", import.meta.url), { recursive: true, force: true });
await Promise.all([
	build({
		...common,
		entryPoints: { cli: "src/cli/main.ts" },
		outdir: "dist",
		outExtension: { ".js": ".mjs" },
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
		outdir: "dist",
		outExtension: { ".js": ".mjs" },
		platform: "neutral",
		mainFields: ["module", "main"],
		conditions: ["import"],
		external: ["ws"],
	}),
]);
