import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { startDescribing } from "./describe.ts";

test("a project that has to be imported sees the caller's environment without our keys", async () => {
	const root = mkdtempSync(join(tmpdir(), "tidegate describe "));
	vi.stubEnv("TIDEGATE_API_KEY", "tg_secret");
	vi.stubEnv("TIDEGATE_WORKSPACE_KEY", "tgk_secret");
	vi.stubEnv("OWN_SETTING", "kept");
	try {
		// A default that only Python knows makes the SDK import the module.
		const source = `import os
from tidegate import flow
with open("seen", "w") as file:
    file.write(repr(dict(os.environ)))
D = {"a": 1}
@flow
def peek(n: int = D["a"]):
    pass
`;
		writeFileSync(join(root, "flow.py"), source);
		const describing = startDescribing("python3", root, join(root, "cache"));
		describing.files(["flow.py"]);
		expect((await describing.result).flows[0]).toMatchObject({ name: "peek", parameters: { properties: { n: { default: 1 } } } });
		const seen = readFileSync(join(root, "seen"), "utf8");
		expect(seen).toContain("kept");
		expect(seen).not.toContain("_secret");
	} finally {
		vi.unstubAllEnvs();
		rmSync(root, { recursive: true });
	}
});

test("files are looked at whatever is in their names", async () => {
	const root = mkdtempSync(join(tmpdir(), "tidegate describe "));
	const names = ["a\nb.py", "c\r.py", "d\u2028.py"];
	try {
		for (const [at, name] of names.entries()) writeFileSync(join(root, name), `from tidegate import flow\n@flow\ndef flow${at}(): ...\n`);
		const describing = startDescribing("python3", root, join(root, "cache"));
		describing.files(names);
		expect((await describing.result).flows.map(({ entry }) => entry)).toEqual(names.map((name, at) => `${name}:flow${at}`));
	} finally {
		rmSync(root, { recursive: true });
	}
});

test("what a flow asks for is told, and a flow that asks for nothing has no options, so that its version stays the same one", async () => {
	const root = mkdtempSync(join(tmpdir(), "tidegate describe "));
	try {
		const source = `from tidegate import flow
@flow(retries=2, retry_delay=5, timeout=60, memory="4 GiB", cpu=2, gpus=1)
def asks(): ...
@flow
def plain(): ...
`;
		writeFileSync(join(root, "flow.py"), source);
		const describing = startDescribing("python3", root, join(root, "cache"));
		describing.files(["flow.py"]);
		const [asks, plain] = (await describing.result).flows;
		const told = { retries: 2, retryDelay: 5, timeout: 60, queueTimeout: null, memory: 4 * 1024 ** 3, cpu: 2, gpus: 1, hooks: [] };
		expect(asks?.options).toEqual(told);
		expect(plain?.options).toBeUndefined();
	} finally {
		rmSync(root, { recursive: true });
	}
});
