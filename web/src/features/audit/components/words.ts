/** What stands in the audit log, as people say it. Pure. */
import type { Outputs } from "../../../browser/api.ts";
import { shortId, size } from "../../../ui/format.ts";

export type Entry = Outputs["audit"]["list"]["entries"][number];

/** Who … */
export const DID: Record<Entry["action"], string> = {
	"version.create": "deployed",
	"version.live": "made another version live",
	"flow.tag": "tagged a flow",
	"flow.pin": "pinned an artifact",
	"flow.unpin": "took an artifact off",
	"run.trigger": "started a run",
	"run.cancel": "cancelled a run",
	"run.cancel_many": "cancelled many runs",
	"run.pause": "paused a run",
	"run.resume": "resumed a run",
	"run.answer": "answered a question",
	"run.mark": "marked a task",
	"event.send": "sent an event",
	"pool.create": "made a pool",
	"pool.change": "changed a pool",
	"pool.pause": "paused a pool",
	"pool.resume": "resumed a pool",
	"agent.token": "made a token for an agent",
	"agent.enrol": "enrolled",
	"agent.drain": "drained an agent",
	"agent.resume": "resumed an agent",
	"agent.rename": "renamed an agent",
	"agent.revoke": "revoked an agent",
	"key.create": "made an API key",
	"key.revoke": "revoked an API key",
	"workspace.create": "made the workspace",
	"workspace.bind_key": "set the workspace key",
	"login.approve": "signed a command line in",
	"login.deny": "denied a command line",
	"setting.set": "set a secret, variable or connection",
	"setting.remove": "removed a secret, variable or connection",
	"device.reject": "refused a device the workspace key",
	"device.ask": "asked for the workspace key",
	"device.grant": "gave a device the workspace key",
	"device.take": "took the workspace key",
	"device.rename": "renamed a device",
	"device.remove": "removed a device",
	"member.sign_in": "signed in",
	"member.join": "joined",
	"member.role": "changed a role",
	"member.remove": "removed a member",
	"member.leave": "left",
	"member.rename": "changed the own name",
	"member.link": "made a sign-in link",
	"invite.create": "invited",
	"invite.revoke": "revoked an invite",
	"session.end_all": "signed out everywhere",
	"provider.save": "saved how people sign in",
	"provider.remove": "removed how people sign in",
};

type TopicOf<A> = A extends `${infer Topic}.${string}` ? Topic : never;

/** What entries are about, by what stands before the point. */
export const TOPICS: Record<TopicOf<Entry["action"]>, string> = {
	run: "Runs",
	event: "Events",
	flow: "Flows",
	version: "Versions",
	agent: "Agents",
	pool: "Pools",
	key: "API keys",
	setting: "Secrets and variables",
	device: "Devices",
	login: "Command lines",
	member: "Members",
	invite: "Invites",
	session: "Sessions",
	provider: "Sign-in",
	workspace: "Workspace",
};

/** The fact that names what it was done to, of all that are told. */
const NAMING = ["flow", "name", "email", "host", "issuer", "pool"] as const;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What it was done to: its name, and the page that shows it where there is one. */
export function about({ action, target, data, flow }: Entry): { name: string; href?: string } {
	const topic = action.split(".")[0];
	if (topic === "run" && action !== "run.cancel_many") return { name: `${flow ?? "run"} ${shortId(target)}`, href: `/runs/${target}` };
	if (topic === "flow") return { name: target, href: `/flows/${encodeURIComponent(target)}` };
	if (topic === "version" && typeof data.flow === "string")
		return { name: `${data.flow} v${data.number}`, href: `/flows/${encodeURIComponent(data.flow)}/versions/${data.number}` };
	const naming = NAMING.find((name) => Object.hasOwn(data, name));
	if (naming) return { name: String(data[naming]) };
	// An id tells people nothing.
	return { name: UUID.test(target) ? "" : target };
}

const LABELS: Record<string, string> = { by: "by", before: "was", after: "now", kid: "key", role: "role", number: "version" };

/** What else is told of it. */
export function details(entry: Entry): string {
	const told = about(entry).name;
	return Object.entries(entry.data)
		.filter(([name, value]) => String(value) !== told && !(entry.action.startsWith("version.") && (name === "flow" || name === "number")))
		.map(([name, value]) => `${LABELS[name] ?? name.replaceAll("_", " ")} ${name === "size" ? size(Number(value)) : value}`)
		.join(", ");
}
