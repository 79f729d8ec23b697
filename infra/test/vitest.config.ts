import os from "node:os";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import { root } from "../config.mjs";

/** What takes longer than its length says, which is all that is known of it on a fresh clone: begun late, it would be waited for alone. */
const LONG =
	/\/((docs|outlive|chaos|environment|run|days|hostile|first-day)\.(stack|browser)|bootstrap|discovery|postgres|renew|standing)\.test\.ts$/;

class LongFirst extends BaseSequencer {
	override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
		const sorted = await super.sort(files);
		const kind = ({ project }: TestSpecification): number => project.config.sequence.groupOrder;
		const late = ({ moduleId }: TestSpecification): number => (LONG.test(moduleId) ? 0 : 1);
		return sorted.sort((a, b) => kind(a) - kind(b) || late(a) - late(b));
	}
}

const shared = {
	root,
	// Node, not Vite, decides what a package exports: tests load what the product loads.
	exclude: ["**/node_modules/**", "**/.next/**", "**/dist/**", "**/.tidegate/**", "**/python/**"],
	pool: "forks" as const,
	// A file takes over the process of the one before, and what that has loaded: a fifth of the time of units was spent in loading it anew. So each file
	// ends what it began, and state of a module that must not outlive a file has something that closes it.
	isolate: false,
	unstubEnvs: true,
	// A machine that is busy is no failure: what is waited for may take its time.
	testTimeout: 60_000,
	hookTimeout: 60_000,
	expect: { poll: { timeout: 15_000 } },
	globalSetup: ["infra/test/setup.ts"],
	env: { NODE_ENV: "test" as const },
};

// *.test.ts: units and parts on a real Postgres. *.stack.test.ts: whole stacks of child processes.
// *.browser.test.ts: the same, driven through Chromium.
export default defineConfig({
	test: {
		sequence: { sequencer: LongFirst },
		projects: [
			{
				test: {
					...shared,
					name: "unit",
					// One kind after the other where several are asked for: each has its own number of workers.
					sequence: { groupOrder: 0 },
					include: ["{web,agent,prisma,infra}/**/*.test.{ts,tsx}"],
					exclude: [...shared.exclude, "**/*.stack.test.ts", "**/*.browser.test.ts"],
					// Some of them wait: for a lock, for a poll, for a process.
					maxWorkers: Math.max(3, Math.min(4, os.availableParallelism())),
				},
			},
			{
				test: {
					...shared,
					name: "stack",
					sequence: { groupOrder: 1 },
					include: ["{web,agent,prisma,infra}/**/*.{stack,browser}.test.ts"],
					// They wait for half of their time: for a lease, for a server that is away, for a page. More at a time would only make each other wait.
					maxWorkers: 5,
					testTimeout: 120_000,
					hookTimeout: 120_000,
				},
			},
		],
	},
});
