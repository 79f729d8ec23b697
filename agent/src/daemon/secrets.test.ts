import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MASK, MASK_FILLER } from "../protocol/lines.ts";
import { nameOf } from "./folder.ts";
import { removeSecret, setSecret } from "./secrets/settings.ts";
import { finished, until, World } from "./testing/world.ts";

const SECRET = "correct-horse-battery";

/** Shows the secret in every way that a flow has, each in another place. */
const LOUD = `import base64, os, sys, urllib.parse
import logging
from tidegate import artifact, flow, log, secret, task

@task
def show(value: str) -> str:
    print("printed", value)
    log.info("logged " + value)
    logging.getLogger("x").warning("logging %s", base64.b64encode(("user:" + value).encode()).decode())
    print("https://host/?p=" + urllib.parse.quote(value))
    print("\\x1b[31m" + value[:6] + "\\x1b[0m" + value[6:])
    print("half " + value[:10])
    print(value[10:] + " half")
    os.write(1, b"raw " + value.encode() + b"\\n")
    os.write(2, b"raw " + value[:8].encode())
    os.write(2, value[8:].encode() + b"\\n")
    artifact.markdown("# " + value, name=value)
    artifact.table([{"password": value}], name="table")
    return value

@flow
def flow(fail: bool = False):
    assert not os.path.exists(os.path.join(os.environ["TIDEGATE_RUN_DIR"], "secrets.json"))
    value = secret("TOKEN")
    shown = show(value)
    if fail:
        raise ValueError("refused with " + value)
    return {"token": shown, "size": len(value)}
`;

/** Everything of a run that people could open. */
async function opened(world: World, run: Awaited<ReturnType<World["plane"]["trigger"]>>): Promise<string> {
	const names = [...new Set(run.pieces.map(({ stream }) => stream))];
	const streams = await Promise.all(names.map((name) => world.plane.stream(run, name)));
	const events = await Promise.all(run.events.map(({ event, sealed }) => world.plane.content(run, event, sealed)));
	return [...streams, ...events.map((event) => JSON.stringify(event)), JSON.stringify(await world.plane.finish(run))].join("\n");
}

test("a flow gets a secret by its name, and what it shows of it leaves hidden: log, raw output, tasks, artifacts, result", async () => {
	await using world = await World.make();
	const { plane } = world;
	setSecret(world.home, "TOKEN", { value: `${SECRET}\n` });
	world.agent();
	const version = await plane.deploy({ "flow.py": LOUD });
	const run = await plane.trigger(version);
	await finished(run);
	expect(run.finish, await opened(world, run)).toMatchObject({ outcome: "succeeded" });
	expect(await plane.result(run)).toEqual({ token: MASK, size: SECRET.length });
	const all = await opened(world, run);
	expect(all).not.toMatch(/correct|horse|battery/);
	expect(all).not.toContain(Buffer.from(`user:${SECRET}`).toString("base64").slice(8, 24));
	const printed = await plane.messages(run);
	expect(printed.map((line) => line.replaceAll(MASK_FILLER, ""))).toEqual(
		expect.arrayContaining([`printed ${MASK}`, `logged ${MASK}`, expect.stringMatching(/^half [*•]+$/), expect.stringMatching(/^[*•]+ half$/)]),
	);
	const failed = await plane.trigger(version, { fail: true });
	await finished(failed);
	expect(await plane.error(failed)).toMatchObject({ type: "ValueError", message: `refused with ${MASK}` });
	expect(await opened(world, failed)).not.toMatch(/correct|horse|battery/);
	// Neither the values nor what is to be hidden outlives the last report.
	const folder = join(world.home, "runs", nameOf(run.assignment));
	await until("the mark that it was reported", () => existsSync(join(folder, "reported")) && !existsSync(join(folder, "hidden.sealed")));
});

test("an agent that restarts hides what an earlier one gave, though the secret has changed since", async () => {
	await using world = await World.make();
	const { plane } = world;
	setSecret(world.home, "TOKEN", { value: SECRET });
	const agent = world.agent();
	const go = join(world.folder, "go");
	const source = `import os, time
from tidegate import flow, secret
@flow
def flow(go: str):
    value = secret("TOKEN")
    print("ready")
    while not os.path.exists(go):
        time.sleep(0.02)
    print(value)
    return value
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }), { go });
	await until("its first line", async () => (await plane.messages(run)).includes("ready"));
	const folder = join(world.home, "runs", nameOf(run.assignment));
	expect(readFileSync(join(folder, "hidden.sealed"), "utf8")).not.toContain(Buffer.from(SECRET).toString("base64").slice(0, 20));
	await agent.stop();
	removeSecret(world.home, "TOKEN");
	writeFileSync(go, "");
	await until("its end", () => existsSync(join(folder, "exit")));
	world.agent();
	await finished(run);
	expect(await plane.result(run)).toBe(MASK);
	expect(await opened(world, run)).not.toContain(SECRET);
});

test("secrets come from environment, file and command; one that cannot be had, or is another flow's, is told by name", async () => {
	await using world = await World.make();
	const { plane } = world;
	const token = join(world.folder, "token");
	writeFileSync(token, "from a file\n");
	mkdirSync(world.home, { recursive: true });
	setSecret(world.home, "FILE", { file: token });
	setSecret(world.home, "COMMAND", { command: ["/bin/sh", "-c", "echo from a command"], timeout: 10, keep: 60 });
	setSecret(world.home, "SLOW", { command: ["/bin/sleep", "60"], timeout: 0.2, keep: 0 });
	setSecret(world.home, "BROKEN", { command: ["/bin/sh", "-c", "echo sealed vault >&2; exit 3"], timeout: 10, keep: 0 });
	setSecret(world.home, "OTHERS", { file: token, flows: ["other-*"] });
	world.agent();
	const source = `from tidegate import SecretError, flow, secret
@flow
def flow():
    found = {}
    for name in ("FILE", "COMMAND", "SLOW", "BROKEN", "OTHERS", "FIEL"):
        try:
            found[name] = list(secret(name))
        except SecretError as problem:
            found[name] = str(problem)
    return found
`;
	const run = await plane.trigger(await plane.deploy({ "flow.py": source }));
	await finished(run);
	const found = (await plane.result(run)) as Record<string, string | string[]>;
	expect(found.FILE).toEqual([..."from a file"]);
	expect(found.COMMAND).toEqual([..."from a command"]);
	expect(found.SLOW).toMatch(/'SLOW' could not be had: command \/bin\/sleep gave no answer within 0.2 s/);
	expect(found.BROKEN).toMatch(/'BROKEN' could not be had: command \/bin\/sh failed \(3\): sealed vault/);
	expect(found.OTHERS).toMatch(/has no secret 'OTHERS' for this flow.*tidegate agent secret set OTHERS/);
	expect(found.FIEL).toMatch(/did you mean 'FILE'/);
});

test("settings that are wrong fail the run and say where", async () => {
	await using world = await World.make();
	const { plane } = world;
	writeFileSync(join(world.home, "secrets.json"), '{"format":1,"secrets":{"A":{"command":"ls"}}}');
	world.agent();
	const run = await plane.trigger(await plane.deploy({ "flow.py": "from tidegate import flow\n@flow\ndef flow(): pass\n" }));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "failed" });
	expect((await plane.finish(run)).note).toMatch(/secrets\.json: secrets\.A.*\{"command": \[PROGRAM/s);
});
