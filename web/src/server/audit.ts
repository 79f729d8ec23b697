/** Who did what, append only. Written in the transaction of what was done. */
import { uuidv7 } from "tidegate/protocol/ids.ts";
import type { PrismaTx, Sql } from "./db.ts";

export type AuditAction =
	| "version.create"
	| "version.live"
	| "flow.tag"
	| "flow.pin"
	| "flow.unpin"
	| "run.trigger"
	| "run.cancel"
	| "run.cancel_many"
	| "run.pause"
	| "run.resume"
	| "run.answer"
	| "run.mark"
	| "event.send"
	| "setting.set"
	| "setting.remove"
	| "pool.create"
	| "pool.change"
	| "pool.pause"
	| "pool.resume"
	| "agent.token"
	| "agent.enrol"
	| "agent.drain"
	| "agent.resume"
	| "agent.rename"
	| "agent.revoke"
	| "key.create"
	| "key.revoke"
	| "workspace.create"
	| "workspace.bind_key"
	| "login.approve"
	| "login.deny"
	| "device.ask"
	| "device.grant"
	| "device.take"
	| "device.reject"
	| "device.rename"
	| "device.remove"
	| "member.sign_in"
	| "member.join"
	| "member.role"
	| "member.remove"
	| "member.leave"
	| "member.rename"
	| "member.link"
	| "session.end_all"
	| "invite.create"
	| "invite.revoke"
	| "provider.save"
	| "provider.remove";

/** @param target what it was done to: an id, or a name with its number. @param data clear facts only, never content. */
export async function audit(
	tx: Sql | PrismaTx,
	caller: { actor: string; workspace: { id: string; name?: string } },
	action: AuditAction,
	target: string,
	data: Record<string, string | number> = {},
): Promise<void> {
	const [id, workspaceId, actor] = [uuidv7(), caller.workspace.id, caller.actor];
	if ("query" in tx) {
		const row = [id, workspaceId, actor, action, target, JSON.stringify(data)];
		await tx.query("INSERT INTO audit (id, workspace_id, actor, action, target, data) VALUES ($1, $2, $3, $4, $5, $6)", row);
	} else {
		await tx.audit.create({ data: { id, workspaceId, actor, action, target, data }, select: { id: true } });
	}
}
