import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { pythons } from "./python.ts";

test("the SDK is tested on one interpreter of each supported version, those that only pyenv knows among them", async () => {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate pyenv "));
	try {
		// A stand-in that says the version of its folder, as the real ones do.
		for (const name of ["3.14.0", "3.14.10", "3.14.9", "3.8.18", "2.7.18", "3.12-dev"]) {
			fs.mkdirSync(path.join(dir, name, "bin"), { recursive: true });
			const version = name.split(".").slice(0, 2).join(".");
			fs.writeFileSync(path.join(dir, name, "bin", "python3"), `#!/bin/sh\necho ${version}; echo "$0"\n`, { mode: 0o755 });
		}
		const found = await pythons(dir);
		const versions = found.map(({ version }) => version);
		expect(new Set(versions).size).toBe(versions.length);
		expect(versions).toContain("3.14");
		expect(versions.filter((version) => !/^3\.(9|1[0-4])$/.test(version))).toEqual([]);
		const ours = found.filter(({ executable }) => executable.startsWith(dir)).map(({ executable }) => executable);
		expect([[], [path.join(dir, "3.14.10", "bin", "python3")]]).toContainEqual(ours);
	} finally {
		fs.rmSync(dir, { recursive: true });
	}
});
