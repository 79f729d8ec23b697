import { TRPCClientError } from "@trpc/client";
import { wrongKey } from "../../../keys.ts";
import type { Bytes } from "../../../protocol/bytes.ts";
import { WorkspaceKey } from "../../../protocol/seal.ts";
import type { Session } from "../../session.ts";

/** Tells the control plane which key the workspace has: its id, never the key. The first one stays. @returns the id that is bound. */
export async function bind(session: Session, raw: Bytes, workspace: string): Promise<string> {
	const { kid } = await WorkspaceKey.open(raw, workspace);
	try {
		return (await session.api.workspaces.bindKey.mutate({ kid })).kid;
	} catch (error) {
		// Somebody was faster.
		if (!(error instanceof TRPCClientError) || error.data?.reason !== "wrong_workspace_key") throw error;
		const bound = (await session.api.whoami.query()).workspace.kid;
		throw bound === null ? error : wrongKey(kid, bound);
	}
}
