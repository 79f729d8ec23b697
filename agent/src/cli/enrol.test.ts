import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { environment } from "../config.ts";
import { ControlPlane } from "../daemon/testing/control-plane.ts";
import { newKey, printKey } from "../protocol/seal.ts";

let plane: ControlPlane;
let folder: string;

beforeAll(async () => {
	plane = await ControlPlane.start();
	folder = mkdtempSync(join(tmpdir(), "tidegate second machine "));
});
afterAll(async () => {
	await plane.away();
	rmSync(folder, { recursive: true, force: true });
});

/** The CLI on a machine where nobody ever signed in. */
async function cli(args: string[], input = "", more: Record<string, string> = {}): Promise<{ code: number | null; stdout: string; stderr: string }> {
	const own = Object.fromEntries(Object.entries(environment()).filter(([name]) => !name.startsWith("TIDEGATE_")));
	const env = { ...own, NODE_ENV: "test" as const, HOME: folder, TIDEGATE_HOME: join(folder, "no-cli"), NO_COLOR: "1", ...more };
	const child = spawn(process.execPath, [join(import.meta.dirname, "main.ts"), ...args], { env, cwd: folder });
	child.stdin.end(input);
	const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
	const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
	return { code, stdout, stderr };
}

const enrol = (home: string, ...more: string[]): string[] => [
	"agent",
	"enrol",
	"tge_test",
	"--url",
	plane.url,
	"--home",
	join(folder, home),
	...more,
];
const stored = (home: string): unknown => JSON.parse(readFileSync(join(folder, home, "keys", `${plane.workspace}.json`), "utf8"));

test("an agent gets its key with the enrolment: from a pipe, a backup file in it, or the environment", async () => {
	const key = printKey(plane.raw);
	expect(await cli(enrol("piped", "--key"), `# Tidegate workspace key\n${key}\n`)).toMatchObject({ code: 0, stderr: "" });
	expect(stored("piped")).toMatchObject({ kid: plane.key.kid });
	expect(await cli(enrol("environment"), "", { TIDEGATE_WORKSPACE_KEY: key })).toMatchObject({ code: 0, stderr: "" });
	expect(stored("environment")).toMatchObject({ kid: plane.key.kid });
});

test("what is no key is refused before the token is used up", async () => {
	const asked = plane.requests.length;
	expect(await cli(enrol("none", "--key"), "tgk_short\n")).toMatchObject({ code: 2, stderr: expect.stringContaining("this is no workspace key") });
	expect(plane.requests).toHaveLength(asked);
	expect(existsSync(join(folder, "none"))).toBe(false);
});

/** Types the key on a terminal of its own as soon as it is asked for, and prints what the terminal showed. */
const TYPES = `import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b""
while True:
    try:
        piece = os.read(terminal, 4096)
    except OSError:
        break
    if not piece:
        break
    if b"Enter: " in shown + piece and b"Enter: " not in shown:
        os.write(terminal, sys.argv[1].encode() + b"\\r")
    shown += piece
sys.stdout.write(shown.decode())
`;

test("a key that is typed is not shown", async () => {
	const key = printKey(plane.raw);
	await cli(enrol("typed"));
	const command = [process.execPath, join(import.meta.dirname, "main.ts"), "key", "import", "--agent", join(folder, "typed")];
	const shown = execFileSync("python3", ["-c", TYPES, key, ...command], { encoding: "utf8", cwd: folder });
	expect(shown).toMatch(/Paste the workspace key .*Enter: [\s\S]*is kept in/);
	expect(shown).not.toContain(key.slice(4));
	expect(stored("typed")).toMatchObject({ kid: plane.key.kid });
});

test("an agent without a key says the command that gives it one, and that command needs no sign-in", async () => {
	expect(await cli(enrol("bare"))).toMatchObject({ code: 0, stderr: expect.stringContaining("tidegate key import --agent") });
	const refused = await cli(["agent", "start", "--home", join(folder, "bare")]);
	// 3 would say that it was revoked.
	expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/agent .* has no key for workspace test/) });
	const [, command = ""] = /key: tidegate (key import --agent) '.*'/.exec(refused.stderr) ?? [];
	const given = [...command.split(" "), join(folder, "bare")];
	expect(await cli(given, printKey(newKey()))).toMatchObject({ code: 1, stderr: expect.stringContaining(`has id ${plane.key.kid}`) });
	expect(await cli(given, printKey(plane.raw))).toMatchObject({ code: 0, stderr: "" });
	expect(stored("bare")).toMatchObject({ kid: plane.key.kid });
	expect(await cli(["key", "import", "--agent", join(folder, "nobody")], printKey(plane.raw))).toMatchObject({
		code: 1,
		stderr: expect.stringContaining("no enrolled agent"),
	});
});
