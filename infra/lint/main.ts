// `node infra/lint/main.ts`: the house, Biome, knip and types. What `npm test` runs, and of use alone before a commit.

import { root } from "../config.mjs";
import { checks } from "./checks.ts";

let failed = false;
for (const check of checks) {
	const said = await check.run(root);
	if (said) {
		failed = true;
		console.log(`${check.name}:\n${said}\n`);
	}
}
process.exitCode = failed ? 1 : 0;
