import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diskStatus, FLOOR } from "./disk.ts";
import { agentStatus } from "./status.ts";
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

test.skipIf(!mayMount)(
	"an agent takes no run while its disk is nearly full, says so, and takes it by itself once there is room (mounts a small disk)",
	async () => {
		await using world = await World.make();
		const { plane, home } = world;
		cpSync(home, `${home}.enrolled`, { recursive: true });
		expect(mount("size=32m,mode=0700", home)).toBe(true);
		try {
			cpSync(`${home}.enrolled`, home, { recursive: true });
			const agent = world.agent();
			try {
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
			} finally {
				await agent.stop();
			}
		} finally {
			unmount(home);
		}
	},
);
