/** Words by which people group flows. They are stored in the clear: the control plane filters and shows them without a key. */
import { z } from "zod";
import { audit } from "../../server/audit.ts";
import type { Caller } from "../../server/callers.ts";
import type { TenantDoor } from "../../server/db.ts";
import { bus } from "../../server/pubsub.ts";
import { flowIdOf } from "./flows.ts";

const MAX_TAGS = 10;
const MAX_TAG = 50;

/** No comma: a filter in a URL lists several. */
const Tag = z
	.string()
	.trim()
	.normalize("NFC")
	.min(1)
	.max(MAX_TAG, `a tag has at most ${MAX_TAG} characters`)
	.regex(/^[\p{L}\p{N}][\p{L}\p{M}\p{N} ._:/-]*$/u, "use letters, digits, spaces and . _ - : /, with a letter or digit first");

/** Words that differ only in case are one: the first stays. */
export const Tags = z
	.array(Tag)
	.max(100)
	.transform((tags) => [...new Map(tags.toReversed().map((tag) => [tag.toLowerCase(), tag])).values()].sort((a, b) => a.localeCompare(b, "en")))
	.refine((tags) => tags.length <= MAX_TAGS, `a flow has at most ${MAX_TAGS} tags`);

/** Replaces all tags of the flow. */
export async function setTags(door: TenantDoor, caller: Caller, name: string, tags: string[]): Promise<{ flow: string; tags: string[] }> {
	const workspaceId = caller.workspace.id;
	return door.transaction(async (tx) => {
		const id = await flowIdOf(tx, workspaceId, name);
		const { rowCount } = await tx.query("UPDATE flow SET tags = $3 WHERE id = $1 AND workspace_id = $2 AND tags <> $3", [id, workspaceId, tags]);
		if (rowCount) {
			await audit(tx, caller, "flow.tag", name, { tags: tags.join(", ") });
			tx.afterCommit(() => bus.flow(workspaceId, id));
		}
		return { flow: name, tags };
	});
}
