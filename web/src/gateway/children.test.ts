import { randomBytes, randomUUID } from "node:crypto";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { AnswersAnswer } from "tidegate/protocol/wire.ts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from "vitest";
import { claimOne, connectFresh, item, makePlace, type Place, queueRun, rows, sealed, segment } from "../features/runs/fixture.ts";
import { pauseRun } from "../features/runs/lifecycle/control.ts";
import { answerRun } from "../features/runs/lifecycle/waiting.ts";
import { system, tenant } from "../server/db.ts";
import { childRequest, type Gate, Knocker, openGate } from "./fixture.ts";

let database: Awaited<ReturnType<typeof connectFresh>>;
let gate: Gate;
let place: Place;
let agent: Knocker;
beforeAll(async () => {
	database = await connectFresh(inject("databaseUrl"));
	gate = await openGate();
});
afterAll(async () => {
	await gate.close();
	await database.end();
});
beforeEach(async () => {
	place = await makePlace(randomUUID());
	agent = await Knocker.enrol(gate, place);
});

describe("a run that goes on", () => {
	const claimed = async () => {
		await queueRun(place);
		return claimOne(place, { id: agent.id, session: agent.session, boot: "boot-1" });
	};
	test("makes a child once by its task, with parameters that were sealed for the version it was told", async () => {
		await rows("UPDATE flow SET live_version_id = $2 WHERE id = $1", [place.flowId, place.versionId]);
		const one = await claimed();
		const { header, parts } = await agent.knock<{ version: string; number: number; manifest: number }>("target", { flow: "penguins" });
		expect(header).toMatchObject({ version: place.versionId, number: 1 });
		expect(Buffer.from(parts[header.manifest] as Uint8Array).toString()).toBe("sealed");
		const asked = childRequest(one, { version: header.version, parameters: 0, labels: { team: "red" } });
		const made = await agent.knock("child", asked, { parts: [sealed] });
		expect(made).toMatchObject({ status: 200, header: { id: asked.id, flow: "penguins", number: 1, depth: 1 } });
		expect(await agent.knock("child", { ...asked, id: uuidv7() }, { parts: [sealed] })).toMatchObject({ status: 200, header: { id: asked.id } });
		expect(await rows("SELECT labels, depth, created_by FROM run WHERE parent_id = $1", [one.run])).toEqual([
			{ labels: { team: "red" }, depth: 1, created_by: "test" },
		]);
		for (const [given, status] of [
			[{ flow: "walrus" }, 404],
			[{ pool: "arctic" }, 404],
			[{ version: uuidv7() }, 404],
			[{ parameters: 0 }, 400],
			[{ token: "0".repeat(32) }, 409],
		] as const)
			expect([given, (await agent.knock("child", childRequest(one, given), { parts: [sealed] })).status]).toEqual([given, status]);
	});
	test("fetches its answers past a number, each with the wait that it answers", async () => {
		const one = await claimed();
		const waits = [1, 2].map(() => ({
			...{ type: "wait" as const, at: new Date().toISOString(), task: randomBytes(16).toString("hex"), kind: "approval" as const },
			...{ due: null, event: null, child: null, sealed: 0 },
		}));
		await agent.report([item(one, { segments: [segment({ stream: "events.1", events: waits })] })], [sealed]);
		for (const { task } of waits)
			await system.transaction((tx) => answerRun(tx, { workspace: { id: place.workspaceId }, actor: "ada", run: one.run, task, answer: sealed }));
		const ask = (after: number) => agent.knock<AnswersAnswer>("answers", { run: one.run, execution: one.execution, token: one.token, after });
		const all = await ask(0);
		expect(all.header).toMatchObject({
			more: false,
			marks: [],
			answers: waits.map(({ task }) => ({ task, kind: "approval", state: "answered", by: "ada" })),
		});
		expect(all.parts.map((part) => Buffer.from(part))).toEqual([sealed, sealed, sealed, sealed]);
		expect((await ask(all.header.after - 1)).header.answers).toMatchObject([{ task: waits[1]?.task }]);
		expect((await ask(all.header.after)).header).toMatchObject({ answers: [], after: all.header.after });
		// Its poll tells at once that there are answers, unless it heard of them.
		const holding = [{ run: one.run, execution: one.execution }];
		const news = [{ ...holding[0], answered: all.header.after, paused: false }];
		expect((await agent.poll({ holding })).header.news).toEqual(news);
		const heard = agent.poll({ holding: holding.map((ref) => ({ ...ref, answered: all.header.after })) });
		await new Promise((resolve) => setTimeout(resolve, 300));
		await tenant(place).transaction((tx) => pauseRun(tx, { workspace: { id: place.workspaceId }, actor: "ada" }, one.run));
		expect((await heard).header.news).toEqual([{ ...news[0], paused: true }]);
	});
});
