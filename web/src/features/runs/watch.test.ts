import { spawn } from "node:child_process";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { type ControlPlane, clientOf, cutConnections, fill, reasonOf, startControlPlane, type World } from "../../fixture.ts";
import { bus } from "../../server/pubsub.ts";
import { type Agent, asker, finish, item, makeAgent, queueRun, report, segment } from "./fixture.ts";
import { claim } from "./lifecycle/claim.ts";
import type { Watched } from "./watch.ts";

let at: ControlPlane;
let world: World;
let agent: Agent;
beforeAll(async () => {
	at = await startControlPlane(inject("databaseUrl"));
	world = await fill(at, at.a);
	agent = await makeAgent(world.place);
});
afterAll(() => at.end());

/** Follows a run as a client does; everything that it was told, in order. */
function follow(run: string, lastEventId?: string) {
	const client = clientOf(at.url, at.a.key);
	const told: Watched[] = [];
	let stop = (): void => undefined;
	const ended = new Promise<void>((resolve, reject) => {
		const subscription = client.api.runs.watch.subscribe(
			{ id: run, lastEventId },
			{ onData: (message: { id: string; data: Watched }) => void told.push(message.data), onComplete: resolve, onError: reject },
		);
		stop = () => subscription.unsubscribe();
	});
	ended.catch(() => undefined);
	return { told, ended, stop: () => stop(), ...client };
}

const moduleAt = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);
/** @returns the exit code of another process that runs `script`. */
const runNode = (script: string): Promise<number | null> =>
	new Promise((resolve) =>
		spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["ignore", "ignore", "inherit"] }).once("exit", resolve),
	);

const kinds = (told: Watched[]) => told.map(({ event, segment: log }) => event?.type ?? log?.stream);
const seqs = (told: Watched[]) => told.map(({ seq }) => seq);
const upTo = (last: number) => Array.from({ length: last }, (_, i) => i + 1);

/** Claims the run and reports `lines` segments, one at a time, with `each` between them; then finishes it. */
async function work(run: string, lines: number, each: (line: number) => Promise<void> | void = () => undefined): Promise<void> {
	const claimed = (await claim(world.place.poolId, [asker(agent, 24)])).find((one) => one.run === run);
	if (!claimed) throw new Error("the run was not claimed");
	for (let line = 0; line < lines; line++) {
		await report(world.place, agent, [item(claimed, { segments: [segment({ stream: "out", start: line * 10, end: line * 10 + 10, part: 0 })] })]);
		await each(line);
	}
	await report(world.place, agent, [item(claimed, { finish: finish("succeeded") })]);
}

describe("a watch", () => {
	test("tells all that there was, then all that comes, in order, and ends with the run", async () => {
		const run = await queueRun(world.place);
		const watch = follow(run);
		await expect.poll(() => watch.told.length).toBe(1);
		await work(run, 3);
		await watch.ended;
		expect(kinds(watch.told)).toEqual(["queued", "claimed", "started", "out", "out", "out", "finished", "ended"]);
		expect(seqs(watch.told)).toEqual(upTo(8));
		expect(watch.told.at(-1)?.event?.data).toMatchObject({ state: "succeeded" });
		await watch.end();
	});
	test("of a run that has ended replays it and ends; after the last position there is nothing left", async () => {
		const all = follow(world.run.id);
		await all.ended;
		const last = all.told.at(-1)?.seq as number;
		expect(seqs(all.told)).toEqual(upTo(last));
		const rest = follow(world.run.id, String(last - 2));
		await rest.ended;
		expect(seqs(rest.told)).toEqual([last - 1, last]);
		const nothing = follow(world.run.id, String(last));
		await nothing.ended;
		expect(nothing.told).toEqual([]);
		await Promise.all([all.end(), rest.end(), nothing.end()]);
	});
	test("of a long run goes through all its pages", async () => {
		const run = await queueRun(world.place);
		const many = Array.from({ length: 450 }, (_, i) => segment({ stream: "out", start: i * 10, end: i * 10 + 10, part: 0 }));
		const claimed = (await claim(world.place.poolId, [asker(agent, 24)])).find((one) => one.run === run);
		if (!claimed) throw new Error("the run was not claimed");
		await report(world.place, agent, [item(claimed, { segments: many, finish: finish("succeeded") })]);
		const watch = follow(run);
		await watch.ended;
		expect(seqs(watch.told)).toEqual(upTo(455));
		await watch.end();
	});
	test("whose connection is cut again and again misses nothing and repeats nothing", async () => {
		const run = await queueRun(world.place);
		const watch = follow(run);
		await expect.poll(() => watch.told.length).toBe(1);
		let cuts = 0;
		await work(run, 12, async (line) => {
			const socket = (watch.socket.connection as { ws?: WebSocket } | null)?.ws;
			if (line % 3 === 0 && socket?.readyState === WebSocket.OPEN) {
				socket.close();
				cuts += 1;
			}
			await new Promise((resolve) => setTimeout(resolve, 30));
		});
		await watch.ended;
		expect(seqs(watch.told)).toEqual(upTo(17));
		expect(cuts).toBeGreaterThan(1);
		await watch.end();
	});
	test("hears of what another server committed without being told: the slow path alone is right", async () => {
		const run = await queueRun(world.place);
		const watch = follow(run);
		await expect.poll(() => watch.told.length).toBe(1);
		// A process that works on the same database and has not joined the bus: its signals end in itself.
		const script = `
			import { connect } from ${moduleAt("../../server/connect.ts")};
			import { claimOne, finish, item, report, segment } from ${moduleAt("./fixture.ts")};
			const pools = connect(${JSON.stringify(at.databaseUrl)});
			const [place, agent] = ${JSON.stringify([world.place, agent])};
			const claimed = await claimOne(place, agent);
			await report(place, agent, [item(claimed, { segments: [segment({ stream: "out", part: 0 })] })]);
			await report(place, agent, [item(claimed, { finish: finish("succeeded") })]);
			await pools.close();`;
		expect(await runNode(script)).toBe(0);
		await watch.ended;
		expect(seqs(watch.told)).toEqual(upTo(6));
		await watch.end();
	});
	test("of a run that is not there is refused", async () => {
		const watch = follow(uuidv7());
		expect(await reasonOf(watch.ended)).toBe("unknown_run");
		await watch.end();
	});
	test("ends within seconds after its key was revoked", async () => {
		const { api } = clientOf(at.url, at.a.key);
		const made = await api.keys.create.mutate({ name: "watcher" });
		const client = clientOf(at.url, made.key);
		const run = await queueRun(world.place);
		const reason = new Promise((resolve) =>
			client.api.runs.watch.subscribe(
				{ id: run },
				{ onData: () => void api.keys.revoke.mutate({ id: made.id }), onError: (error) => resolve(error.data?.reason) },
			),
		);
		expect(await reason).toBe("revoked");
		await client.end();
	});
});

test("reads the log page by page, in order, and an artifact's body", async () => {
	const { api } = clientOf(at.url, at.a.key);
	const run = await queueRun(world.place);
	await work(run, 5);
	const seen: number[] = [];
	let after = 0;
	for (let page = 0; page < 10; page++) {
		const { segments, next } = await api.runs.logs.query({ id: run, after, limit: 2 });
		seen.push(...segments.map(({ start }) => start));
		if (next === null) break;
		after = next;
	}
	expect(seen).toEqual([0, 10, 20, 30, 40]);
	const end = await api.runs.logs.query({ id: run, last: 2 });
	expect([end.segments.map(({ start }) => start), end.next]).toEqual([[30, 40], null]);
	const body = await api.runs.artifact.query({ id: world.run.id, artifact: world.artifact });
	expect(body).toMatchObject({ pieces: [{ start: 0, end: 10 }], next: null });
	expect(await reasonOf(api.runs.artifact.query({ id: world.run.id, artifact: uuidv7() }))).toBe("not_found");
});

test("one connection holds so many subscriptions and no more", async () => {
	const client = clientOf(at.url, at.a.key);
	const refused = new Promise((resolve) => {
		for (let i = 0; i < 51; i++) client.api.runs.changes.subscribe({}, { onError: (error) => resolve(error.data?.reason) });
	});
	expect(await refused).toBe("too_many");
	await client.end();
});

describe("the bus between servers", () => {
	/** The other server: a process that publishes to the same database, as a server does after its commits. */
	const publish = (lines: string) =>
		runNode(
			`import { bus } from ${moduleAt("../../server/pubsub.ts")}; await bus.join(${JSON.stringify(at.databaseUrl)}); ${lines} await bus.leave();`,
		);

	test("wakes who waits on another server, for each of many changes at once", async () => {
		const heard = new Set<string>();
		const offs = Array.from({ length: 500 }, (_, i) => bus.onRun(`run-${i}`, () => void heard.add(`run-${i}`)));
		offs.push(bus.onPool("pool-1", () => void heard.add("pool-1")));
		expect(await publish(`for (let i = 0; i < 500; i++) bus.run({ workspace: "w", flow: "f", run: "run-" + i }); bus.pool("pool-1");`)).toBe(0);
		await expect.poll(() => heard.size).toBe(501);
		for (const off of offs) off();
	});
	test("that lost its connection wakes everybody once it is back, and hears again", async () => {
		let woken = 0;
		const off = bus.onPool("pool-2", () => {
			woken += 1;
		});
		expect(await cutConnections(at.databaseUrl, "tidegate_bus")).toBe(1);
		await expect.poll(() => woken).toBe(1);
		expect(await publish(`bus.pool("pool-2");`)).toBe(0);
		await expect.poll(() => woken).toBe(2);
		off();
	});
});
