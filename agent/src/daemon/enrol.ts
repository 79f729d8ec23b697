/** From an enrolment token to an agent with keys of its own. */
import { mkdirSync } from "node:fs";
import { hostname } from "node:os";
import { openDevice, saveWorkspaceKey } from "../keys.ts";
import type { Bytes } from "../protocol/bytes.ts";
import { KeyError } from "../protocol/key-error.ts";
import { Name } from "../protocol/manifest.ts";
import { EnrolAnswer, type EnrolRequest } from "../protocol/wire.ts";
import { Gateway, GatewayError } from "./gateway.ts";
import { AgentError, type Identity, importCommand, openHome, readIdentity, writeIdentity } from "./home.ts";
import { holderOf } from "./lock.ts";
import { version } from "./release.ts";
import { newSigner } from "./signing.ts";

export interface Enrolment {
	/** Folder of the agent: made if need be. */
	home: string;
	url: string;
	/** `tge_…` */
	token: string;
	/** Default: the host's name, as far as a name may be. */
	name?: string;
	/** The workspace key, asked for once the workspace is known; null leaves it to `tidegate key import --agent` or TIDEGATE_WORKSPACE_KEY. */
	key(workspace: { id: string; name: string }): Promise<Bytes | null>;
	/** Enrols again where the home already is an agent; that agent's runs must have ended. */
	force?: boolean;
}

/** Throws AgentError, and KeyError where the workspace key does not fit. */
export async function enrol(enrolment: Enrolment): Promise<Identity> {
	const url = originOf(enrolment.url);
	const name = nameOf(enrolment.name);
	mkdirSync(enrolment.home, { recursive: true, mode: 0o700 });
	const home = openHome(enrolment.home);
	if (holderOf(home)) throw new AgentError(`an agent runs in ${home.folder}: stop it first with tidegate agent stop, or give --home another folder.`);
	const before = readIdentity(home);
	if (before && !enrolment.force)
		throw new AgentError(
			`${home.folder} is already agent ${before.name} of pool ${before.pool} at ${before.url}.\nGive --home another folder, or --force to enrol it anew.`,
		);
	// A new agent gets a new pair: what was stolen with the old one is worth nothing. The old one goes when the control plane has taken the new one.
	const signer = newSigner();
	const device = await openDevice(home.folder);
	const request: EnrolRequest = {
		token: enrolment.token.trim(),
		name,
		host: hostname(),
		signKey: signer.publicHex,
		deviceKey: device.publicHex,
		version,
	};
	const answer = await ask(url, request);
	const { agent, workspace, workspaceName, pool, kid } = answer;
	const identity: Identity = { agent, name: answer.name, workspace, workspaceName, pool, url, kid };
	signer.keep(home);
	writeIdentity(home, identity);
	await keepKey(home.folder, identity, await enrolment.key({ id: workspace, name: workspaceName }));
	return identity;
}

async function keepKey(folder: string, { name, workspace, kid }: Identity, key: Bytes | null): Promise<void> {
	try {
		if (key) await saveWorkspaceKey(folder, workspace, key, kid ?? null);
	} catch (error) {
		if (!(error instanceof KeyError && error.reason === "wrong")) throw error;
		throw new AgentError(
			`agent ${name} is enrolled, but has no key: ${error.message.split("\n")[0]}\nGive it the right one: ${importCommand(folder)}`,
		);
	}
}

async function ask(url: string, request: EnrolRequest): Promise<EnrolAnswer> {
	const gateway = new Gateway(url);
	try {
		const { header } = await gateway.call({ path: "enrol", header: request, timeoutMs: 30_000 });
		return EnrolAnswer.parse(header);
	} catch (error) {
		throw new AgentError(explain(error));
	} finally {
		gateway.close();
	}
}

function explain(error: unknown): string {
	if (!(error instanceof GatewayError))
		return "the control plane's answer to the enrolment was not understood: it may be of a newer release than this agent.";
	if (error.code === "expired" || error.code === "unauthorized" || error.code === "not_found")
		return `the enrolment token was not taken: ${error.message}`;
	if (error.verdict === "protocol") return `this agent (release ${version}) is too old for the control plane: ${error.message}`;
	if (error.code === "conflict") return `${error.message}\nGive this one another with --name.`;
	return error.code === "unreachable" ? `${error.message}.\nCheck --url, and that this host may dial out to it.` : error.message;
}

function originOf(url: string): string {
	try {
		const parsed = new URL(url);
		if (parsed.protocol === "http:" || parsed.protocol === "https:") return url.replace(/\/+$/, "");
	} catch {
		// Told below, as any other text that is no web address.
	}
	throw new AgentError(`--url ${url} is no web address: it looks like https://tidegate.example.com`);
}

function nameOf(given: string | undefined): string {
	const name =
		given ??
		(hostname()
			.replace(/[^A-Za-z0-9._-]+/g, "-")
			.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "")
			.slice(0, 100) ||
			"agent");
	const read = Name.safeParse(name);
	if (!read.success) throw new AgentError(`--name ${name} cannot be the name of an agent: ${read.error.issues[0]?.message}`);
	return name;
}
