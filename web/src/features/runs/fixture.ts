/** A database with one workspace, pool, flow and version, for tests and benchmarks of the control plane's inner parts. */
import { randomBytes, randomUUID } from "node:crypto";
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { Finish, ReportAnswer, ReportRequest, Segment } from "tidegate/protocol/wire.ts";
import { freshDatabase } from "../../../../infra/test/database.ts";
import { connect } from "../../server/connect.ts";
import { system, type Tenant, tenant } from "../../server/db.ts";
import { type Asker, type Claimed, claim } from "./lifecycle/claim.ts";
import { takeReport } from "./lifecycle/report.ts";
import { cancelRun, createRun, type NewRun } from "./lifecycle.ts";

export interface Agent {
	id: string;
	session: number;
	boot: string;
}

export interface Place extends Tenant {
	poolId: string;
	flowId: string;
	versionId: string;
}

/** A fresh copy of the template, connected. `end` closes and drops it. */
export async function connectFresh(databaseUrl: string): Promise<{ url: string; end(): Promise<void> }> {
	const database = await freshDatabase(databaseUrl);
	const pools = connect(database.url);
	return {
		url: database.url,
		async end() {
			await pools.close();
			await database.end();
		},
	};
}

export async function makePlace(name = "production", leaseSeconds = 30): Promise<Place> {
	const place: Place = { workspaceId: uuidv7(), organizationId: uuidv7(), poolId: uuidv7(), flowId: uuidv7(), versionId: uuidv7() };
	const bundle = uuidv7();
	await system.transaction(async (tx) => {
		await tx.query("INSERT INTO organization (id, name) VALUES ($1, $2)", [place.organizationId, name]);
		await tx.query("INSERT INTO workspace (id, organization_id, name) VALUES ($1, $2, $3)", [place.workspaceId, place.organizationId, name]);
		await tx.query("INSERT INTO pool (id, workspace_id, name, lease_seconds) VALUES ($1, $2, 'default', $3)", [
			place.poolId,
			place.workspaceId,
			leaseSeconds,
		]);
		await tx.query("INSERT INTO flow (id, workspace_id, name) VALUES ($1, $2, 'penguins')", [place.flowId, place.workspaceId]);
		await tx.query("INSERT INTO bundle (id, workspace_id, chunk_ids, size, files) VALUES ($1, $2, '{}', 0, 0)", [bundle, place.workspaceId]);
		await tx.query(
			`INSERT INTO version (id, workspace_id, flow_id, number, address, kid, bundle_id, manifest, created_by) VALUES ($1, $2, $3, 1, $4, '0123456789abcdef', $5, 'sealed', 'test')`,
			[place.versionId, place.workspaceId, place.flowId, randomBytes(32), bundle],
		);
	});
	return place;
}

/** An agent that was heard just now. */
export async function makeAgent(place: Place, name: string = randomUUID(), signKey: Buffer = randomBytes(32)): Promise<Agent> {
	const agent: Agent = { id: uuidv7(), session: 1, boot: "boot-1" };
	await system.query(
		`INSERT INTO agent (id, workspace_id, pool_id, name, sign_key, device_key, host, version, session, boot, lease_until)
		SELECT $1, $2, p.id, $4, $5, $6, 'host', '0.1.0', 1, $7, tg_now() + make_interval(secs => p.lease_seconds) FROM pool p WHERE p.id = $3`,
		[agent.id, place.workspaceId, place.poolId, name, signKey, randomBytes(32), agent.boot],
	);
	return agent;
}

export const newRun = (place: Place, given: Partial<NewRun> = {}): NewRun => ({
	id: uuidv7(),
	workspaceId: place.workspaceId,
	flowId: place.flowId,
	versionId: place.versionId,
	poolId: place.poolId,
	parameters: null,
	labels: {},
	createdBy: "test",
	...given,
});

export async function queueRun(place: Place, given: Partial<NewRun> = {}): Promise<string> {
	return (await tenant(place).transaction((tx) => createRun(tx, newRun(place, given)))).id;
}

export const cancelled = (place: Place, runId: string) =>
	tenant(place).transaction((tx) => cancelRun(tx, { workspaceId: place.workspaceId, runId, by: "test" }));

export const asker = (agent: Agent, free: number, poll: string = randomUUID()): Asker => ({ agent: agent.id, session: agent.session, poll, free });

export async function claimOne(place: Place, agent: Agent): Promise<Claimed> {
	const [one] = await claim(place.poolId, [asker(agent, 1)]);
	if (!one) throw new Error("nothing to claim");
	return one;
}

export const finish = (outcome: Finish["outcome"], sealed = 0): Finish => ({
	outcome,
	at: new Date().toISOString(),
	code: 0,
	signal: null,
	sealed,
	cpuSeconds: 0.1,
	peakMemory: 1000,
});

export const segment = (given: Partial<Segment> & Pick<Segment, "stream">): Segment => ({
	start: 0,
	end: 10,
	at: new Date().toISOString(),
	lines: 1,
	part: null,
	events: [],
	...given,
});

/** What the control plane takes for sealed: the form of an envelope is all it can tell. */
export const sealed = Buffer.concat([Buffer.from("TG1"), Buffer.from("0123456789abcdef", "hex"), randomBytes(52)]);

type Item = ReportRequest["executions"][number];
export const item = (of: Pick<Claimed, "run" | "execution" | "token">, given: Partial<Item> = {}): Item => ({
	run: of.run,
	execution: of.execution,
	token: of.token,
	startedAt: new Date().toISOString(),
	segments: [],
	finish: null,
	...given,
});

export const report = (place: Place, agent: Agent, executions: Item[], parts: Uint8Array[] = [sealed]): Promise<ReportAnswer> =>
	takeReport(tenant(place), { agent: agent.id, session: agent.session }, { executions }, parts);

export async function moveClock(seconds: number): Promise<void> {
	await system.query("UPDATE clock SET shift = shift + make_interval(secs => $1)", [seconds]);
}

export async function rows<T>(text: string, params: unknown[] = []): Promise<T[]> {
	return (await system.query(text, params)).rows as T[];
}

/** State of a run and what its executions ended with, by number. */
export async function standingOf(
	run: string,
): Promise<{ state: string; attempt: number; outcomes: (string | null)[]; attempts: (string | null)[]; queued: boolean }> {
	const [one] = await rows<{ state: string; attempt: number; outcomes: (string | null)[]; attempts: (string | null)[]; queued: boolean }>(
		`SELECT state, attempt, ARRAY(SELECT outcome FROM execution WHERE run_id = r.id ORDER BY number) AS outcomes,
			ARRAY(SELECT outcome FROM attempt WHERE run_id = r.id ORDER BY number) AS attempts, EXISTS (SELECT FROM queue_entry WHERE run_id = r.id) AS queued FROM run r WHERE id = $1`,
		[run],
	);
	if (!one) throw new Error(`no run ${run}`);
	return one;
}
