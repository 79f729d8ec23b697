import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fingerprint, openDevice, openWorkspaceKey, readWorkspaceKey, saveWorkspaceKey } from "./keys.ts";
import { hex } from "./protocol/bytes.ts";
import { KeyError } from "./protocol/key-error.ts";
import { newKey, printKey, SealError } from "./protocol/seal.ts";

const workspace = "01980000-0000-7000-8000-000000000001";
let home: string;

beforeEach(() => {
	home = mkdtempSync(join(tmpdir(), "tidegate keys "));
	vi.stubEnv("TIDEGATE_WORKSPACE_KEY", "");
});
afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(home, { recursive: true, force: true });
});

describe("a workspace key in a home", () => {
	it("comes back as it was, from files that nobody else reads and that do not hold it in the clear", async () => {
		const raw = newKey();
		const saved = await saveWorkspaceKey(home, workspace, raw, null);
		expect(hex(await readWorkspaceKey(home, workspace))).toBe(hex(raw));
		expect((await openWorkspaceKey(home, workspace)).kid).toBe(saved.kid);
		const files = ["device.json", `keys/${workspace}.json`].map((name) => join(home, name));
		for (const file of files) {
			expect(statSync(file).mode & 0o777).toBe(0o600);
			expect(readFileSync(file, "utf8")).not.toContain(printKey(raw).slice(4));
		}
		expect(readdirSync(home).sort()).toEqual(["device.json", "keys"]);
	});

	it("other than the workspace's is refused by both ids, and nothing is written", async () => {
		await expect(saveWorkspaceKey(home, workspace, newKey(), "0011223344556677")).rejects.toThrow(
			/wrong workspace key: this one has id [0-9a-f]{16}, the workspace's key has id 0011223344556677/,
		);
		expect(readdirSync(home)).toEqual([]);
	});

	it("does not open from a copy without the device, nor for another workspace", async () => {
		await saveWorkspaceKey(home, workspace, newKey(), null);
		const copy = join(home, "copy");
		cpSync(join(home, "keys"), join(copy, "keys"), { recursive: true });
		await expect(readWorkspaceKey(copy, workspace)).rejects.toThrow(SealError);
		const other = "01980000-0000-7000-8000-000000000002";
		cpSync(join(home, "keys", `${workspace}.json`), join(home, "keys", `${other}.json`));
		await expect(readWorkspaceKey(home, other)).rejects.toThrow(SealError);
	});

	it("from the environment needs no file", async () => {
		const raw = newKey();
		vi.stubEnv("TIDEGATE_WORKSPACE_KEY", ` ${printKey(raw)}\n`);
		expect(hex(await readWorkspaceKey(join(home, "none"), workspace))).toBe(hex(raw));
		expect(existsSync(join(home, "none"))).toBe(false);
	});

	it("that is missing is said with where it was looked for and how to import it", async () => {
		const failure = await readWorkspaceKey(home, workspace).catch((error: unknown) => error);
		expect(failure).toBeInstanceOf(KeyError);
		expect((failure as KeyError).message).toMatch(/no key for workspace 01980000.* in .*keys\.\nImport it with tidegate key import/);
	});
});

describe("a device", () => {
	it("has a fingerprint of its public key that is the same every time, and another for another key", async () => {
		const { publicHex } = await openDevice(home);
		expect(await fingerprint(publicHex)).toMatch(/^([0-9a-f]{4}-){4}[0-9a-f]{4}$/);
		expect(await fingerprint(publicHex)).toBe(await fingerprint(publicHex));
		expect(await fingerprint("1f".repeat(32))).toBe("bd70-6ed1-4485-e080-f660");
	});

	it("is one, even when several processes make it at once", async () => {
		const devices = await Promise.all(Array.from({ length: 8 }, () => openDevice(home)));
		expect(new Set(devices.map((device) => device.publicHex)).size).toBe(1);
		expect(devices[0]?.publicHex).toMatch(/^[0-9a-f]{64}$/);
		expect(readdirSync(home)).toEqual(["device.json"]);
	});
});
