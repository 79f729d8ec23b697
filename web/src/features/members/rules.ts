/** Who may make whom what. Lists of members say it for each, so that pages offer what the server takes. */
import type { Role } from "../../server/roles.ts";

/** The higher may do all that the lower may. */
const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2, owner: 3 };

/** Roles that somebody of role `own` may give to others. */
export const grantable = (own: Role): Role[] =>
	(Object.keys(RANK) as Role[]).filter((role) => own === "owner" || (own === "admin" && role !== "owner"));

export interface Change {
	/** Of whoever does it. */
	own: Role;
	/** Of whom it is done to, before. */
	before: Role;
	/** null: no member any more. */
	after: Role | null;
	/** Done to oneself. */
	self: boolean;
	/** How many owners there are. */
	owners: number;
}

/** @returns why not, and what to do; undefined where the change is allowed. */
export function changeTrouble({ own, before, after, self, owners }: Change): { reason: "forbidden" | "last_owner"; message: string } | undefined {
	const no = (message: string) => ({ reason: "forbidden", message }) as const;
	if (self && after !== null && RANK[after] > RANK[own]) return no("Nobody raises himself: ask somebody whose role is higher.");
	if (!self && before === "owner" && own !== "owner") return no("Only an owner changes or removes an owner.");
	if (after !== null && after !== before && !grantable(own).includes(after)) {
		if (!(self && RANK[after] < RANK[own]))
			return no(after === "owner" ? "Only an owner makes owners." : `Your role is ${own}: ask an owner or admin.`);
	}
	if (before === "owner" && after !== "owner" && owners <= 1) {
		return { reason: "last_owner", message: "This is the organization's only owner: make somebody else an owner first." };
	}
	return undefined;
}

/** Whether one may hand somebody a link that signs in as him: to nobody of one's own rank, since it acts in his name. Owners answer for all. */
export const mayLink = (own: Role, other: Role): boolean => own === "owner" || (own === "admin" && RANK[other] < RANK[own]);
