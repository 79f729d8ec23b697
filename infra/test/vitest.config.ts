import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { root } from "../config.mjs";

/** What takes longer than its length says, which is all that is known of it on a fresh clone: begun late, it would be waited for alone. */
const LONG =
	/\/((docs|outlive|chaos|environment|run|days|hostile|first-day)\.(stack|browser)|bootstrap|discovery|postgres|renew|standing)\.test\.ts$/;

class LongFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		const late = ({ moduleId }: TestSpecification): number => (LONG.test(moduleId) ? 0 : 1);
		return sorted.sort((a, b) => late(a) - late(b));
	}
}

// *.test.ts: units and parts on a real Postgres. *.stack.test.ts: whole stacks of child processes.
// *.browser.test.ts: the same, driven through Chromium.
export default defineConfig({
	root,
	test: {
		include: ["{web,agent,prisma,infra}/**/*.test.{ts,tsx}"],
		// Node, not Vite, decides what a package exports: tests load what the product loads.
		exclude: ["**/node_modules/**", "**/.next/**", "**/dist/**", "**/.tidegate/**", "**/python/**"],
		sequence: { sequencer: LongFirst },
		pool: "forks",
		// Most wait for half of their time: for a lock, for a lease, for a server that is away, for a page. More at a time would only make each other wait.
		maxWorkers: 5,
		// A file takes over the process of the one before, and what that has loaded: a fifth of the time of units was spent in loading it anew. So each file
		// ends what it began, and state of a module that must not outlive a file has something that closes it.
		isolate: false,
		unstubEnvs: true,
		// A machine that is busy is no failure: what is waited for may take its time.
		testTimeout: 120_000,
		hookTimeout: 120_000,
		expect: { poll: { timeout: 15_000 } },
		globalSetup: ["infra/test/setup.ts"],
		env: { NODE_ENV: "test" },
	},
});
