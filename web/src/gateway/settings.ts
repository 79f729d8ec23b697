/** What the workspace keeps for the flows of an agent: as it was sealed, for the agent's own pool. */
import type { SettingsAnswer } from "tidegate/protocol/wire.ts";
import { settingsForPool } from "../features/settings/settings.ts";
import { tenant } from "../server/db.ts";
import type { Who } from "./access.ts";

export async function settingsOf(who: Who): Promise<{ header: SettingsAnswer; parts: Uint8Array[] }> {
	const { revision, rows } = await settingsForPool(tenant(who), who.workspaceId, who.pool);
	const parts: Uint8Array[] = [];
	const settings = rows.map(({ kind, name, pool, sealed }) => ({ kind, name, pool: pool || null, part: parts.push(sealed) - 1 }));
	return { header: { revision, settings }, parts };
}
