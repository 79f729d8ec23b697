/** What a run may ask for while it runs: another run, and the answers that it waits for. Each proves the execution by its fence token. */
import { MAX_BODY, MAX_PARAMETERS } from "tidegate/protocol/limits.ts";
import { envelopeKid } from "tidegate/protocol/seal.ts";
import type { Answer, AnswersAnswer, AnswersRequest, ChildAnswer, ChildRequest, TargetAnswer, TargetRequest } from "tidegate/protocol/wire.ts";
import { unknownFlow } from "../features/flows/flows.ts";
import { unknownPool } from "../features/pools/pools.ts";
import { childOf, createChild, standParent } from "../features/runs/lifecycle/line.ts";
import { marksBefore } from "../features/runs/marks.ts";
import { assertLabels } from "../features/runs/trigger.ts";
import { unknownVersion } from "../features/versions/versions.ts";
import { type Tenant, type Tx, tenant } from "../server/db.ts";
import { Refused } from "../server/errors.ts";
import { isEnvelope } from "../server/inputs.ts";
import { again } from "../server/ways.ts";
import type { Who } from "./access.ts";

interface Framed<T> {
	header: T;
	parts: Uint8Array[];
}
interface TargetRow {
	flow_id: string;
	id: string | null;
	number: number;
	address: Buffer;
	kid: string;
	manifest: Buffer;
}

const TARGET = `SELECT f.id AS flow_id, v.id, v.number, v.address, v.kid, v.manifest FROM flow f LEFT JOIN version v ON v.flow_id = f.id
	AND CASE WHEN $3::int IS NULL THEN v.id = f.live_version_id ELSE v.number = $3 END WHERE f.workspace_id = $1 AND f.name = $2`;

/** The version that a child's parameters are sealed for. */
export async function target(who: Tenant, asked: TargetRequest): Promise<Framed<TargetAnswer>> {
	const door = tenant(who);
	const { rows } = await door.query<TargetRow>(TARGET, [who.workspaceId, asked.flow, asked.number]);
	const found = rows[0];
	if (!found) throw await door.transaction((tx) => unknownFlow(tx, who.workspaceId, asked.flow));
	if (found.id === null) throw unknownVersion(asked.flow, asked.number ?? undefined);
	const { id: version, number, address, kid, manifest } = found;
	return { header: { version, flow: asked.flow, number, address: address.toString("hex"), kid, manifest: 0 }, parts: [manifest] };
}

function parametersOf(asked: ChildRequest, parts: Uint8Array[]): Buffer | null {
	if (asked.parameters === null) return null;
	const part = parts[asked.parameters];
	if (!part) throw new Refused("bad_request", `The parameters name part ${asked.parameters}, but there are ${parts.length} parts.`);
	const problem = isEnvelope(part);
	if (problem) throw new Refused("bad_request", `The parameters of the child ${problem}.`);
	if (part.length > MAX_PARAMETERS + 8192)
		throw new Refused("too_large", `The parameters of the child are ${part.length} bytes, at most ${MAX_PARAMETERS} are taken.`);
	if (asked.version === null) throw new Refused("bad_request", "Sealed parameters are bound to a version: name the one that /gateway/target gave.");
	return Buffer.from(part.buffer, part.byteOffset, part.byteLength);
}

export async function child(who: Who, asked: ChildRequest, parts: Uint8Array[]): Promise<ChildAnswer> {
	const parameters = parametersOf(asked, parts);
	assertLabels(asked.labels);
	const { workspaceId } = who;
	const make = async (tx: Tx): Promise<ChildAnswer> => {
		const parent = await standParent(tx, who, asked);
		const there = await childOf(tx, asked);
		if (there) return there;
		const { rows } = await tx.query<{ flow_id: string; id: string | null; number: number; kid: string; pool: string | null }>(
			`SELECT f.id AS flow_id, v.id, v.number, v.kid, (SELECT id FROM pool WHERE workspace_id = $1 AND CASE WHEN $4::text IS NULL THEN id = $5 ELSE name = $4 END) AS pool
				FROM flow f LEFT JOIN version v ON v.flow_id = f.id AND v.id = coalesce($3::uuid, f.live_version_id) WHERE f.workspace_id = $1 AND f.name = $2`,
			[workspaceId, asked.flow, asked.version, asked.pool, parent.run.pool],
		);
		const found = rows[0];
		if (!found) throw await unknownFlow(tx, workspaceId, asked.flow);
		if (found.id === null) throw unknownVersion(asked.flow, undefined);
		if (found.pool === null) throw await unknownPool(tx, workspaceId, asked.pool ?? undefined);
		if (parameters && envelopeKid(parameters) !== found.kid)
			throw new Refused("bad_request", `The parameters are sealed with workspace key ${envelopeKid(parameters)}, their version with ${found.kid}.`);
		const run = {
			id: asked.id,
			workspaceId,
			flowId: found.flow_id,
			versionId: found.id,
			poolId: found.pool,
			parameters,
			labels: asked.labels,
			createdBy: "",
		};
		const { depth } = await createChild(tx, parent, asked, run);
		return { id: asked.id, flow: asked.flow, number: found.number, depth };
	};
	return again(() => tenant(who).transaction(make));
}

interface AnswerRow {
	task: string;
	kind: Answer["kind"];
	state: Answer["state"];
	sealed: Buffer;
	answer: Buffer | null;
	event: string | null;
	by: string | null;
	seq: number;
	child: string | null;
	child_flow: string | null;
	child_number: number | null;
	child_state: NonNullable<Answer["child"]>["state"] | null;
	child_execution: number | null;
	ended_with: Buffer | null;
}

/** Answers of one body, and their bytes: a result is at most 256 KiB, so this many always fit. */
const MOST = 1_000;
const HEADROOM = 4 * 1024 * 1024;

// A child's own result or error is its answer: it is read where it lies. It is found by the wait, whose id of it may be one that a later process thought up.
const ANSWERS = `WITH told AS MATERIALIZED (
		SELECT w.*, f.name AS child_flow, v.number AS child_number, c.id AS made, c.state AS child_state, e.number AS child_execution, coalesce(e.result, e.error) AS ended_with
		FROM wait w LEFT JOIN run c ON c.parent_id = w.run_id AND c.parent_task = w.task LEFT JOIN flow f ON f.id = c.flow_id LEFT JOIN version v ON v.id = c.version_id
			LEFT JOIN execution e ON e.run_id = c.id AND e.number = c.execution
		WHERE w.run_id = $1 AND w.workspace_id = $2 AND w.seq > $3 ORDER BY w.seq LIMIT ${MOST}),
	sized AS (SELECT *, sum(length(sealed) + coalesce(length(answer), 0) + coalesce(length(ended_with), 0) + 600) OVER (ORDER BY seq) AS total FROM told)
	SELECT encode(task, 'hex') AS task, kind, state, sealed, answer, encode(event, 'hex') AS event, by, seq, made AS child, child_flow, child_number, child_state, child_execution, ended_with
	FROM sized WHERE total <= $4 OR seq = (SELECT min(seq) FROM told) ORDER BY seq`;

export async function answers(who: Who, asked: AnswersRequest): Promise<Framed<AnswersAnswer>> {
	const door = tenant(who);
	const { rowCount } = await door.query(
		"SELECT FROM execution WHERE run_id = $1 AND number = $2 AND workspace_id = $3 AND token = $4 AND agent_id = $5 AND outcome IS NULL",
		[asked.run, asked.execution, who.workspaceId, asked.token, who.agent],
	);
	if (!rowCount) throw new Refused("conflict", `Execution ${asked.execution} of run ${asked.run} is not this agent's any more.`);
	const parts: Uint8Array[] = [];
	const part = (bytes: Buffer): number => parts.push(bytes) - 1;
	const { rows } = await door.query<AnswerRow>(ANSWERS, [asked.run, who.workspaceId, asked.after, MAX_BODY - HEADROOM]);
	const told = rows.map((row): Answer => {
		const { task, kind, state, event, by, child_flow: flow, child_number: number, child_state: ended } = row;
		const of = row.child && flow && number && ended ? { run: row.child, flow, number, execution: row.child_execution, state: ended } : null;
		const brought = kind === "child" ? row.ended_with : row.answer;
		return { task, kind, state, wait: part(row.sealed), part: brought && part(brought), event, by, child: of };
	});
	const marked = asked.after > 0 ? [] : await marksBefore(door, asked.run, who.workspaceId);
	const marks = marked.map(({ sealed, by: _, ...mark }) => ({ ...mark, part: part(sealed) }));
	const after = rows.at(-1)?.seq ?? asked.after;
	const { rows: left } = await door.query("SELECT FROM wait WHERE run_id = $1 AND workspace_id = $2 AND seq > $3 LIMIT 1", [
		asked.run,
		who.workspaceId,
		after,
	]);
	return { header: { answers: told, marks, after, more: left.length > 0 }, parts };
}
