import path from "node:path";
import type { NextConfig } from "next";

const config: NextConfig = {
	// A server may have its pages elsewhere than where the next build puts its own.
	distDir: path.relative(import.meta.dirname, process.env.TIDEGATE_PAGES_DIR ?? path.join(import.meta.dirname, ".next")),
	poweredByHeader: false,
	reactStrictMode: true,
	devIndicators: false,
	// npm test checks all types at once, tests and other packages included; a build that did it again would only be slower.
	typescript: { ignoreBuildErrors: true },
	// The house is a workspace: pages import the protocol from the agent's package beside this one.
	turbopack: {
		root: path.join(import.meta.dirname, ".."),
		rules: { "*.md": { loaders: [path.join(import.meta.dirname, "markdown-loader.mjs")], as: "*.js" } },
	},
	outputFileTracingRoot: path.join(import.meta.dirname, ".."),
};

export default config;
