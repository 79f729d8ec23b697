/** Real containers, where a docker daemon answers (DOCKER_HOST, or the host's own); skipped where none does. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dockerEnvironment } from "../config.ts";
import { FlowOptions } from "../protocol/manifest.ts";
import { nameOf } from "./folder.ts";
import type { RunRecord } from "./testing/deployed.ts";
import { finished, until, World } from "./testing/world.ts";

const env = dockerEnvironment();
const docker = (...given: string[]): string => execFileSync("docker", given, { env, encoding: "utf8" }).trim();
const answers = existsSync("/usr/bin/python3") && spawnSync("docker", ["version"], { env, timeout: 10_000 }).status === 0;
const IMAGE = "tidegate-test/python:1";

/** This host's own Python and what it links, since no registry may be reachable. */
const MADE = `set -e
python=$(readlink -f /usr/bin/python3); lib=$(/usr/bin/python3 -c 'import os; print(os.path.dirname(os.__file__))')
# Of threads' ends: it is opened by its name alone.
gcc=$(/sbin/ldconfig -p | grep -o '/.*libgcc_s.so.1$' | head -1)
needs=$( (echo $gcc; for file in $python $lib/lib-dynload/*.so; do ldd $file || true; done) 2>/dev/null | grep -o '/[^ )]*' | sort -u | sed 's|^/||')
tar -c -h --hard-dereference -C / --exclude=dist-packages --exclude=test usr/bin/python3 $lib $needs 2>/dev/null | docker import - ${IMAGE}`;

const CODE = (image: string): string => `import os, time
from tidegate import flow, task

@task(image="${image}")
def part(what="ok"):
    print("inside", not os.path.exists("/bin/sh"), flush=True)
    if what == "fail":
        raise ValueError("from inside")
    if what == "wait":
        time.sleep(3)
    if what == "long":
        time.sleep(600)
    if what == "take":
        x = b"x" * 300_000_000
        time.sleep(600)
    return {"got": what}

@flow
def flow():
    return part()
`;

const asked = async (world: World, what: string, image = IMAGE): Promise<RunRecord> => {
	const version = await world.plane.deploy({ "flow.py": CODE(image) }, { options: FlowOptions.parse({ memory: 128 * 2 ** 20 }) });
	const task = { file: "flow.py", name: "part", image };
	return world.plane.trigger(version, { task, arguments: { what } }, ({ assignment }) => {
		assignment.step = "part";
	});
};
const said = async (world: World, run: RunRecord): Promise<string> => (await world.plane.messages(run)).join("\n");
const left = (run: RunRecord): string => docker("ps", "--all", "--quiet", "--filter", `label=tidegate.execution=${nameOf(run.assignment)}`);

test.skipIf(!answers)(
	"a task in an image returns, fails, is cancelled, adopted and bounded as a process is, and leaves no container",
	{ timeout: 180_000 },
	async () => {
		if (spawnSync("docker", ["image", "inspect", IMAGE], { env }).status !== 0)
			execFileSync("/bin/sh", ["-c", MADE], { env, stdio: ["ignore", "ignore", "inherit"] });
		await using world = await World.make();
		const first = world.agent(8);

		const [good, bad, missing] = await Promise.all([asked(world, "ok"), asked(world, "fail"), asked(world, "ok", "tidegate.invalid/none:1")]);
		await until("three ends", () => good.finish && bad.finish && missing.finish, 60_000);
		expect(good.finish, await said(world, good)).toMatchObject({ outcome: "succeeded", code: 0 });
		expect(await world.plane.result(good)).toEqual({ got: "ok" });
		expect(await said(world, good)).toContain("inside True");
		expect(bad.finish).toMatchObject({ outcome: "failed", code: 1 });
		expect((await world.plane.error(bad))?.traceback).toContain("from inside");
		expect(missing.finish).toMatchObject({ outcome: "failed", code: 125 });
		expect((await world.plane.error(missing))?.message).toMatch(
			/no container of the image tidegate.invalid\/none:1 began: Error response from daemon/,
		);

		const cancelled = await asked(world, "long");
		await until("it is inside", async () => (await said(world, cancelled)).includes("inside"), 30_000);
		world.plane.cancel(cancelled);
		await until("it is cancelled", () => cancelled.finish, 30_000);
		expect(cancelled.finish).toMatchObject({ outcome: "cancelled" });

		const taking = await asked(world, "take");
		await until("it is ended", () => taking.finish, 60_000);
		expect(taking.finish).toMatchObject({ outcome: "failed" });
		// Where the daemon hears of the kernel's deed too late, the signal is all that is known.
		expect((await world.plane.finish(taking)).note).toMatch(/^killed: memory|out of memory/);

		const adopted = await asked(world, "wait");
		await until("it is inside", async () => (await said(world, adopted)).includes("inside"), 30_000);
		await first.stop();
		// What a killed agent and a killed parent leave: a container that no run directory knows.
		const stray = docker(
			"run",
			"-d",
			"--label",
			`tidegate.agent=${JSON.parse(readFileSync(join(world.home, "identity.json"), "utf8")).agent}`,
			"--label",
			"tidegate.execution=gone.1",
			IMAGE,
			"python3",
			"-c",
			"import time; time.sleep(600)",
		);
		world.agent(8);
		await finished(adopted);
		expect(adopted.finish).toMatchObject({ outcome: "succeeded" });
		await until("the stray is gone", () => !docker("ps", "--all", "--quiet", "--no-trunc").includes(stray));
		for (const run of [good, bad, missing, cancelled, taking, adopted]) expect(left(run)).toBe("");
	},
);
