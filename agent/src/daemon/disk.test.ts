import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskStatus, FLOOR } from "./disk.ts";
import { agentStatus } from "./status.ts";
import type { ControlPlane } from "./testing/control-plane.ts";
import type { RunRecord } from "./testing/deployed.ts";
import { finished, until, World } from "./testing/world.ts";

const shell = (command: string, ...given: string[]): boolean => spawnSync("/bin/sh", ["-c", command, "sh", ...given]).status === 0;
const mount = (options: string, folder: string): boolean => shell('mount -t tmpfs -o "$1" none "$2"', options, folder);
const unmount = (folder: string): boolean => shell('umount -l "$1"', folder);

/** Only root may mount a disk of its own, and not in every container. */
const mayMount = ((): boolean => {
	const folder = mkdtempSync(join(tmpdir(), "tidegate-mount-"));
	const may = mount("size=1m", folder);
	if (may) unmount(folder);
	rmSync(folder, { recursive: true });
	return may;
})();

test("a disk is low below the floor, and never where the system does not tell", () => {
	expect(diskStatus(tmpdir(), Number.POSITIVE_INFINITY).low).toBe(true);
	expect(diskStatus(tmpdir(), 0)).toMatchObject({ free: expect.any(Number), low: false });
	expect(diskStatus(join(tmpdir(), "there is none"))).toEqual({ free: null, floor: FLOOR, low: false });
});

/** An enrolled agent with its home on a disk of its own. */
async function onDisk(size: string, then: (world: World) => Promise<void>): Promise<void> {
	await using world = await World.make();
	const { home } = world;
	cpSync(home, `${home}.enrolled`, { recursive: true });
	expect(mount(`size=${size},mode=0700`, home)).toBe(true);
	try {
		cpSync(`${home}.enrolled`, home, { recursive: true });
		const agent = world.agent();
		try {
			await then(world);
		} finally {
			await agent.stop();
		}
	} finally {
		unmount(home);
	}
}

test.skipIf(!mayMount)(
	"an agent takes no run while its disk is nearly full, says so, and takes it by itself once there is room (mounts a small disk)",
	() =>
		onDisk("32m", async (world) => {
			const { plane, home } = world;
			const run = await plane.trigger(await plane.deploy({ "flow.py": "from tidegate import flow\n@flow\ndef flow():\n    return 1\n" }));
			await until("its word", () =>
				world.lines.some((line) => /only [\d.]+ MiB are free on the disk of .*: below 64.0 MiB it takes no new runs/.test(line)),
			);
			await until("a poll", () => plane.requests.some(({ path }) => path.endsWith("poll")));
			expect(agentStatus(home).disk).toMatchObject({ low: true, floor: FLOOR });
			expect(run.poll).toBeNull();
			expect(mount("remount,size=256m", home)).toBe(true);
			await finished(run);
			expect(run.finish).toMatchObject({ outcome: "succeeded" });
			expect(world.lines.some((line) => line.endsWith("it takes new runs again"))).toBe(true);
		}),
);

const FILLS = `import os
from tidegate import flow

def fill():
    with open("filler", "wb", buffering=0) as file:
        for size in (2 ** 20, 4096, 1):
            try:
                while True: file.write(bytes(size))
            except OSError:
                pass

@flow
def flow(stays: bool = False):
    print("before")
    fill()
    for index in range(1000): print(index, "x" * 200)
    if stays: return "y" * 100_000
    os.remove("filler")
    print("after")
    return 2
`;

const FILLS_IN_NODE = `import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { flow } from "tidegate";
function fill(): void {
	const file = openSync("filler", "w");
	for (const size of [2 ** 20, 4096, 1]) {
		try {
			for (;;) writeSync(file, Buffer.alloc(size));
		} catch {}
	}
	closeSync(file);
}
export const flow1 = flow({}, async function flow1() {
	console.log("before");
	fill();
	for (let index = 0; index < 1000; index++) console.log(index, "x".repeat(200));
	rmSync("filler");
	console.log("after");
});
`;

/** Level and text of the lines of a run, of the agent's own or of its process's; what a full disk has cut is none. */
async function lines(plane: ControlPlane, run: RunRecord, own: boolean): Promise<[string, string][]> {
	const names = [...new Set(run.pieces.map(({ stream }) => stream))].filter((name) => name.startsWith("log."));
	const texts = await Promise.all(names.filter((name) => /^log\.(agent|0)$/.test(name) === own).map((name) => plane.stream(run, name)));
	return texts
		.flatMap((text) => text.split("\n"))
		.flatMap((line) => {
			try {
				const { l, m } = JSON.parse(line);
				return [[l, m]];
			} catch {
				return [];
			}
		});
}

test.skipIf(!mayMount)(
	"a run on a full disk says in its log from where on lines are lost and how many, and succeeds only where its result was written (mounts a small disk)",
	() =>
		onDisk("96m", async ({ plane }) => {
			const deployed = await plane.deploy({ "flow.py": FILLS });
			const passing = await plane.trigger(deployed, {});
			await finished(passing);
			expect(passing.finish).toMatchObject({ outcome: "succeeded", code: 0 });
			expect(await plane.result(passing)).toBe(2);
			const lost = /^\d+ lines of its log \(\d+ KiB\) were lost: the agent's disk was full$/;
			expect((await plane.finish(passing)).note).toMatch(lost);
			const said = await lines(plane, passing, false);
			expect(said.at(-1)).toEqual(["info", "after"]);
			expect(said.find(([, text]) => /^\d+ lines of this log are lost here \([\d,]+ bytes\): the agent's disk was full$/.test(text))?.[0]).toBe(
				"error",
			);
			const own = await lines(plane, passing, true);
			expect(own).toEqual([
				["error", "the agent's disk is full: lines of this log are lost from here on, until there is room again"],
				["error", expect.stringMatching(lost)],
			]);

			const node = await plane.trigger(await plane.deploy({ "flow.ts": FILLS_IN_NODE }, { entry: "flow.ts:flow1", python: null, node: "24.21" }), {});
			await finished(node);
			expect(node.finish).toMatchObject({ outcome: "succeeded", code: 0 });
			expect((await plane.finish(node)).note).toMatch(lost);
			const told = await lines(plane, node, false);
			expect(told.at(-1)).toEqual(["info", "after"]);
			expect(told.find(([, text]) => /^\d+ lines of this log are lost here \([\d,]+ bytes\): the agent's disk was full$/.test(text))?.[0]).toBe(
				"error",
			);

			const full = await plane.trigger(deployed, { stays: true });
			await finished(full);
			expect(full.finish).toMatchObject({ outcome: "failed", code: 0 });
			expect((await plane.finish(full)).note).toMatch(
				/^the process ended with exit code 0, and could not write what the flow came to; \d+ lines of its log .* and 1 record of tasks and results were lost: /,
			);
			expect((await lines(plane, full, true)).map(([, text]) => text)).toEqual([
				expect.stringContaining("from here on"),
				expect.stringContaining("and 1 record"),
			]);
		}),
);
