/** Who may do what. One table, so that roles which may less are a change of this table alone. */

export type Role = "owner" | "admin" | "operator" | "viewer" | "key";

/** read: look at everything. run: trigger and cancel. deploy: new versions. manage: pools, agents. keys: API keys and the workspace's key id. */
export type Action = "read" | "run" | "deploy" | "manage" | "keys";

const ALL: ReadonlySet<Action> = new Set<Action>(["read", "run", "deploy", "manage", "keys"]);

/** Every member may do everything in the workspaces of the organization; an API key is as good as a member. */
const MAY: Record<Role, ReadonlySet<Action>> = { owner: ALL, admin: ALL, operator: ALL, viewer: ALL, key: ALL };

export const may = (role: Role, action: Action): boolean => MAY[role].has(action);
