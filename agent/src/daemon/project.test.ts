import { existsSync, lstatSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nameOf } from "./folder.ts";
import { finished, until, World } from "./testing/world.ts";

const READS = `from pathlib import Path
from tidegate import flow
import package.module
@flow
def flow():
    here = Path(__file__).parent
    (here / "own.txt").write_text("written by the run")
    return [package.module.name, (here / "data.bin").stat().st_size]
`;

const FILES = { "flow.py": READS, "package/__init__.py": "", "package/module.py": "name = __name__\n" };

test("a small project is the run's own copy, which another run of the version does not see changed", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const version = await plane.deploy({ ...FILES, "data.bin": Buffer.alloc(3_000_000, 7) });
	for (const run of [await plane.trigger(version), await plane.trigger(version)]) {
		await finished(run);
		expect(await plane.result(run)).toEqual(["package.module", 3_000_000]);
		const project = join(world.home, "runs", nameOf(run.assignment), "project");
		expect(lstatSync(join(project, "data.bin")).isFile()).toBe(true);
		expect(statSync(join(project, "flow.py")).mode & 0o777).toBe(0o644);
	}
	expect(plane.requests.filter(({ path }) => path === "chunks")).toHaveLength(1);
});

test("a large project is links into one read-only tree, beside which a run writes files of its own", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const version = await plane.deploy({ ...FILES, "data.bin": Buffer.alloc(21 * 1024 * 1024, 7) });
	const run = await plane.trigger(version);
	await finished(run);
	expect(await plane.result(run)).toEqual(["package.module", 21 * 1024 * 1024]);
	const project = join(world.home, "runs", nameOf(run.assignment), "project");
	const tree = join(world.home, "trees", version.address);
	expect(lstatSync(join(project, "data.bin")).isSymbolicLink()).toBe(true);
	expect(statSync(join(tree, "data.bin")).mode & 0o777).toBe(0o444);
	expect(existsSync(join(tree, "own.txt"))).toBe(false);
	expect(readFileSync(join(project, "own.txt"), "utf8")).toBe("written by the run");
});

test("of a second deploy only the changed file is fetched", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`module${n}.py`, `n = ${n}\n`]));
	const files = { ...many, "flow.py": "from tidegate import flow\n@flow\ndef flow():\n    return 1\n" };
	const first = await plane.trigger(await plane.deploy(files));
	await finished(first);
	const changed = { ...files, "flow.py": files["flow.py"].replace("1", "2") };
	const second = await plane.trigger(await plane.deploy(changed));
	await finished(second);
	expect(await plane.result(second)).toBe(2);
	const asked = plane.requests.filter(({ path }) => path === "chunks").map(({ body }) => body.toString().match(/[0-9a-f]{64}/g)?.length);
	expect(asked).toEqual([201, 1]);
});

test("a requirement that cannot be installed fails the run with the installer's words on top", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const run = await plane.trigger(await plane.deploy(FILES, { requirements: "-r no-such-file.txt\n" }));
	await until("its finish", () => run.finish, 60_000);
	expect(run.finish).toMatchObject({ outcome: "failed", code: null });
	expect(await plane.error(run)).toMatchObject({ type: "RequirementsError", traceback: expect.stringMatching(/no-such-file\.txt/) });
	expect((await plane.messages(run, true)).join("\n")).toMatch(/resolving requirements\.txt/);
}, 90_000);

test("a Python that is not here is refused by what the flow needs and what there is", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const run = await plane.trigger(await plane.deploy(FILES, { requiresPython: ">=3.99" }));
	await finished(run);
	expect(run.finish?.outcome).toBe("refused");
	expect((await plane.finish(run)).note).toMatch(/the flow needs Python >=3\.99; this host has 3\./);
});

test("a run that writes into its own source file changes it for no later run", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const source = `from pathlib import Path
from tidegate import flow
import settings
@flow
def flow():
    with open(settings.__file__, "a") as file:
        file.write("value = 'changed'\\n")
    return settings.value
`;
	const version = await plane.deploy({ "flow.py": source, "settings.py": "value = 'deployed'\n" });
	for (let times = 0; times < 2; times++) {
		const run = await plane.trigger(version);
		await finished(run);
		expect(await plane.result(run)).toBe("deployed");
	}
});
