import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { environment, packageFolder } from "../config.ts";
import { readProject } from "./project.ts";

test("the example in TypeScript runs here, takes from the cache what it did before, and can be deployed", { timeout: 60_000 }, async () => {
	const folder = mkdtempSync(join(tmpdir(), "tidegate example "));
	onTestFinished(() => rmSync(folder, { recursive: true }));
	const project = join(folder, "project");
	cpSync(join(packageFolder, "examples/penguins-ts"), project, { recursive: true, filter: (path) => !path.endsWith(".tidegate") });
	mkdirSync(join(folder, "node_modules"));
	symlinkSync(packageFolder, join(folder, "node_modules/tidegate"));
	const run = () => spawnSync(process.execPath, ["flow.ts"], { cwd: project, env: environment(), encoding: "utf8" });

	const first = run();
	expect(first.status, first.stderr).toBe(0);
	expect(first.stderr).toMatch(/→ \{ neighbours: 9, accuracy: 0\.9\d+, birds: 342 \}/);
	expect(first.stderr).not.toContain("cached from");
	expect(run().stderr.match(/done +score\[\d\] +cached from run/g)).toHaveLength(8);

	const { flows } = await (await readProject(project, join(folder, "cache"))).described;
	expect(flows).toMatchObject([
		{ name: "neighbours", entry: "flow.ts:neighbours", tasks: ["load", "clean", "split", "report", "score", "evaluate"], options: { timeout: 600 } },
	]);
	expect(Object.keys(flows[0]?.parameters.properties ?? {})).toEqual(["most", "folds", "every"]);
});
