/** Who may do what. One table: a member's role and an API key's scope are read from it, and so is what the pages offer. */

import { Refused } from "./errors.ts";

/** Members have a role in their organization; an API key has one of the same table as its scope. */
export const ROLES = ["owner", "admin", "operator", "viewer"] as const;
export const SCOPES = ["admin", "deploy", "run", "read"] as const;
export type Role = (typeof ROLES)[number];
export type Scope = (typeof SCOPES)[number];
export type Standing = { role: Role } | { scope: Scope };

/**
 * read: look at everything. run: trigger, cancel. deploy: new versions, the workspace's key id. organize: tags and pins of flows. manage: pools, agents, new workspaces.
 * keys: API keys. people: see who belongs to the organization, and leave it. members: decide who belongs, up to admin.
 * sign_in: how its people sign in, and owners.
 */
export type Action = "read" | "run" | "deploy" | "organize" | "manage" | "keys" | "people" | "members" | "sign_in";

const BY_ROLE: Record<Role, readonly Action[]> = {
	owner: ["read", "run", "deploy", "organize", "manage", "keys", "people", "members", "sign_in"],
	admin: ["read", "run", "deploy", "organize", "manage", "keys", "people", "members"],
	operator: ["read", "run", "deploy", "organize", "people"],
	viewer: ["read", "people"],
};

/** A key never reaches people's rights over people: a key that leaked must not make itself a member. */
const BY_SCOPE: Record<Scope, readonly Action[]> = {
	admin: ["read", "run", "deploy", "organize", "manage", "keys"],
	deploy: ["read", "run", "deploy", "organize"],
	run: ["read", "run"],
	read: ["read"],
};

/** Everything that the caller may do. */
export const actionsOf = (who: Standing): readonly Action[] => ("role" in who ? BY_ROLE[who.role] : BY_SCOPE[who.scope]);

/** @throws Refused forbidden, saying who can change that. */
export function assertMay(who: Standing, action: Action): void {
	if (actionsOf(who).includes(action)) return;
	if ("scope" in who)
		throw new Refused("forbidden", `This API key has the scope "${who.scope}", which does not include "${action}": make one with a wider scope.`);
	throw new Refused("forbidden", `Your role is ${who.role}, which does not include "${action}": ask an owner or admin of the organization.`);
}
