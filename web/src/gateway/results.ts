/** What another run of the workspace returned, for a run that asks while it runs. The bytes stay sealed: the agent opens them. */
import type { ResultAnswer, ResultRequest } from "tidegate/protocol/wire.ts";
import { unknownFlow } from "../features/flows/flows.ts";
import { tenant } from "../server/db.ts";
import { Refused } from "../server/errors.ts";
import type { Who } from "./access.ts";

interface Row {
	run: string;
	flow: string;
	number: number;
	execution: number;
	result: Buffer | null;
}

const ASKER = "SELECT FROM execution WHERE run_id = $1 AND number = $2 AND workspace_id = $3 AND token = $4 AND agent_id = $5 AND outcome IS NULL";

// A hook's run, and one of a single task, return nothing of the flow's.
const RESULT = `SELECT r.id AS run, f.name AS flow, v.number, r.execution, e.result FROM flow f JOIN run r ON r.flow_id = f.id JOIN version v ON v.id = r.version_id
	JOIN execution e ON e.run_id = r.id AND e.number = r.execution
	WHERE f.workspace_id = $1 AND f.name = $2 AND r.workspace_id = $1 AND r.state = 'succeeded' AND r.hook IS NULL AND r.step IS NULL
		AND ($3::int IS NULL OR v.number = $3) AND ($4::uuid IS NULL OR r.id = $4) AND r.labels @> $5::jsonb ORDER BY r.id DESC LIMIT 1`;

export async function result(who: Who, asked: ResultRequest): Promise<{ header: ResultAnswer; parts: Uint8Array[] }> {
	const door = tenant(who);
	const { rowCount } = await door.query(ASKER, [asked.run, asked.execution, who.workspaceId, asked.token, who.agent]);
	if (!rowCount) throw new Refused("conflict", `Execution ${asked.execution} of run ${asked.run} is not this agent's any more.`);
	const { rows } = await door.query<Row>(RESULT, [who.workspaceId, asked.flow, asked.number, asked.of, JSON.stringify(asked.labels)]);
	const found = rows[0];
	if (!found) {
		const { rowCount: known } = await door.query("SELECT FROM flow WHERE workspace_id = $1 AND name = $2", [who.workspaceId, asked.flow]);
		if (!known) throw await door.transaction((tx) => unknownFlow(tx, who.workspaceId, asked.flow));
		throw new Refused("not_found", `No run of ${asked.flow}${narrowed(asked)} has succeeded.`);
	}
	const { run, flow, number, execution, result: sealed } = found;
	return { header: { run, flow, number, execution, result: sealed && 0 }, parts: sealed ? [sealed] : [] };
}

function narrowed({ number, of, labels }: ResultRequest): string {
	const labelled = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
	return `${number === null ? "" : ` v${number}`}${of === null ? "" : ` by the id ${of}`}${labelled.length > 0 ? ` with ${labelled.join(", ")}` : ""}`;
}
