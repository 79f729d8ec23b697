/** Which version runs where none is named. A deploy moves that pointer by itself; this moves it back, or to any other. */
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { TenantDoor } from "../../server/db.ts";
import { Refused } from "../../server/errors.ts";
import { bus } from "../../server/pubsub.ts";
import { unknownFlow } from "../flows/flows.ts";
import { unknownVersion } from "./versions.ts";

export interface NewLive {
	flow: string;
	number: number;
	/** The number that the caller takes for the live one: somebody who was faster is not overruled unseen. */
	from: number;
}

/** Runs that are queued or running keep their version. @throws Refused unknown_flow, unknown_version, not_live. */
export async function setLive(door: TenantDoor, caller: Caller, wanted: NewLive): Promise<{ number: number; before: number }> {
	const { flow, number, from } = wanted;
	const workspaceId = caller.workspace.id;
	return door.transaction(async (tx) => {
		const { rows } = await tx.query<{ id: string; live: number | null }>(
			`SELECT f.id, (SELECT number FROM version WHERE id = f.live_version_id) AS live FROM flow f
				WHERE f.workspace_id = $1 AND f.name = $2 FOR UPDATE OF f`,
			[workspaceId, flow],
		);
		const found = rows[0];
		if (!found) throw await unknownFlow(tx, workspaceId, flow);
		if (found.live !== from)
			throw new Refused("not_live", `Version ${from} of flow "${flow}" is not the live one any more: version ${found.live} is.`);
		const moved = await tx.query<{ id: string }>(
			"UPDATE flow f SET live_version_id = v.id FROM version v WHERE f.id = $1 AND v.flow_id = f.id AND v.number = $2 RETURNING v.id",
			[found.id, number],
		);
		const version = moved.rows[0];
		if (!version) throw unknownVersion(flow, number);
		tx.afterCommit(() => bus.flow(workspaceId, found.id));
		if (number !== from) await audit(tx, caller, "version.live", version.id, { flow, number, before: from });
		return { number, before: from };
	});
}
