/** Who may do what. One table: a member's role and an API key's scope are read from it, and so is what the pages offer. */

import { Refused } from "./errors.ts";

/** Members have a role in their organization; an API key has one of the same table as its scope. */
export type Role = "owner" | "admin" | "operator" | "viewer";
export type Scope = "admin" | "deploy" | "run" | "read";
export const ROLES = ["owner", "admin", "operator", "viewer"] as const satisfies readonly Role[];
/** From the widest to the narrowest: each holds all that those behind it hold. */
export const SCOPES = ["admin", "deploy", "run", "read"] as const satisfies readonly Scope[];
export type Standing = { role: Role } | { scope: Scope };

/**
 * read: look at everything. run: trigger, cancel. deploy: new versions, the workspace's key id, what flows are given (secrets, variables, connections: who deploys code reads them all). organize: tags and pins of flows. manage: pools, agents, new workspaces.
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

/** What a member's own credential may do: all that the role may do to workspaces. */
export const SCOPE_OF_ROLE: Record<Role, Scope> = { owner: "admin", admin: "admin", operator: "deploy", viewer: "read" };

/** Whether all that `scope` allows is allowed to `who` as well. */
export const mayGive = (who: Standing, scope: Scope): boolean => BY_SCOPE[scope].every((action) => actionsOf(who).includes(action));

/** The narrower of two scopes. */
export const narrower = (a: Scope, b: Scope): Scope => (SCOPES.indexOf(a) > SCOPES.indexOf(b) ? a : b);

/** @throws Refused forbidden, saying who can change that. */
export function assertMay(who: Standing, action: Action): void {
	if (actionsOf(who).includes(action)) return;
	if ("scope" in who)
		throw new Refused("forbidden", `This API key has the scope "${who.scope}", which does not include "${action}": make one with a wider scope.`);
	throw new Refused("forbidden", `Your role is ${who.role}, which does not include "${action}": ask an owner or admin of the organization.`);
}
