import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { manifestAddress, sealChunk, sealManifest, sealParameters } from "../protocol/open.ts";
import { newKey, WorkspaceKey } from "../protocol/seal.ts";
import type { ControlPlane } from "./testing/control-plane.ts";
import type { Deployed, RunRecord } from "./testing/deployed.ts";
import { finished, until, World } from "./testing/world.ts";

const FLOW = "from tidegate import flow\n@flow\ndef flow(n: int = 1):\n    return n\n";

/** Runs what a lying control plane sends. @returns the sealed note of the refusal. */
async function refusal(lie: (plane: ControlPlane, version: Deployed) => Promise<RunRecord>): Promise<string> {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const run = await lie(plane, await plane.deploy({ "flow.py": FLOW }));
	await finished(run);
	expect(run.finish).toMatchObject({ outcome: "refused", code: null });
	expect(run.started).toBeNull();
	await until("the agent's own line", () => world.lines.some((line) => line.includes("refused:")));
	// The note must open where the run's people read it: under the run's true place.
	return (await plane.finish(run)).note ?? "";
}

test("another flow's manifest in the place of the one asked for is refused", async () => {
	const note = await refusal(async (plane, version) => {
		const other = await plane.deploy({ "flow.py": `${FLOW}# other\n` }, { flow: "other" });
		plane.versions.set(version.id, { ...version, manifest: other.manifest });
		return plane.trigger(version);
	});
	expect(note).toMatch(/manifest was altered, or belongs to another place than version \S+ flow 1/);
});

test("an old version under a new number is refused", async () => {
	const note = await refusal(async (plane, old) => {
		plane.versions.set(old.id, { ...old, number: 7 });
		return plane.trigger({ ...old, number: 7 });
	});
	expect(note).toMatch(/manifest was altered, or belongs to another place than version \S+ flow 7/);
});

test("an answer for another version than the assignment's is refused by its number", async () => {
	const note = await refusal(async (plane, version) => {
		const second = await plane.deploy({ "flow.py": `${FLOW}# second\n` });
		return plane.trigger(version, undefined, (record) => {
			record.assignment.version = second.id;
		});
	});
	expect(note).toBe("refused: the run is of version 1 of flow, but version 2 of flow was sent for it");
});

test("an address that is not the manifest's own is refused", async () => {
	const note = await refusal(async (plane, version) => {
		const address = "ab".repeat(32);
		plane.versions.set(version.id, { ...version, address });
		return plane.trigger({ ...version, address });
	});
	expect(note).toMatch(/has address [0-9a-f]{64}, but the control plane said (ab)+/);
});

test("a chunk with another's content is refused, though it opens under its own name", async () => {
	const note = await refusal(async (plane, version) => {
		const id = version.clear.files.flatMap((file) => file.chunks)[0] as string;
		plane.chunks.set(id, await sealChunk(plane.key, id, new Uint8Array(Buffer.from("print('evil')"))));
		return plane.trigger(version);
	});
	expect(note).toMatch(/chunk [0-9a-f]{64} opens to a content of another name/);
});

test("a chunk that the control plane does not have is refused by its name", async () => {
	const note = await refusal(async (plane, version) => {
		plane.chunks.clear();
		return plane.trigger(version);
	});
	expect(note).toMatch(/chunk [0-9a-f]{64} is not at the control plane/);
});

test("parameters of another run are refused", async () => {
	const note = await refusal(async (plane, version) => {
		const elsewhere = { workspace: plane.workspace, flow: "flow", number: 1, run: randomUUID() };
		const parameters = await sealParameters(plane.key, elsewhere, { n: 666 });
		return plane.trigger(version, {}, (record) => {
			record.parameters = parameters;
		});
	});
	expect(note).toMatch(/parameters was altered, or belongs to another place than run/);
});

test("what was sealed with another key is refused by both key ids", async () => {
	const note = await refusal(async (plane, version) => {
		const foreign = await WorkspaceKey.open(newKey(), plane.workspace);
		const address = await manifestAddress(foreign, version.clear);
		plane.versions.set(version.id, { ...version, address, manifest: await sealManifest(foreign, version.clear) });
		return plane.trigger({ ...version, address });
	});
	expect(note).toMatch(/sealed with workspace key [0-9a-f]{16}, but the key here is [0-9a-f]{16}/);
});

test("a manifest that has a file where it has a folder is refused, and the agent goes on", async () => {
	await using world = await World.make();
	const { plane } = world;
	world.agent();
	const clash = await plane.trigger(await plane.deploy({ "flow.py": FLOW, a: "1", "a/b": "2" }));
	await finished(clash);
	expect(clash.finish?.outcome).toBe("refused");
	const next = await plane.trigger(await plane.deploy({ "flow.py": FLOW }, { flow: "next" }), { n: 5 });
	await finished(next);
	expect(await plane.result(next)).toBe(5);
});
