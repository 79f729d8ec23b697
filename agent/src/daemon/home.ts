/** The agent's folder: who it is, what it holds, what it keeps for later. All of it 0700; losing it loses the agent's identity, not data of the control plane. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { agentHome } from "../config.ts";
import { writePrivate } from "../keys.ts";
import { Name } from "../protocol/manifest.ts";

export interface Home {
	folder: string;
	identity: string;
	/** Ed25519 pair, as JWK. The X25519 pair is device.json, see keys.ts. */
	signKey: string;
	/** Who runs here now: pid, start time, boot. */
	running: string;
	/** One folder an execution: `<run>.<execution>`. */
	runs: string;
	/** Opened chunks by id. */
	chunks: string;
	/** Opened projects by address, read-only: for those too large to be copied for each run. */
	trees: string;
	environments: string;
	/** Copies of the Python SDK, one a release. */
	sdk: string;
	/** What finished tasks returned, see store.ts. */
	store: string;
	ledger: string;
	/** Seconds of silence after which another agent takes over, as the control plane last said. */
	lease: string;
}

export function openHome(folder: string): Home {
	const at = (name: string): string => join(folder, name);
	const home: Home = {
		folder,
		identity: at("identity.json"),
		signKey: at("sign.json"),
		running: at("running.json"),
		runs: at("runs"),
		chunks: at("chunks"),
		trees: at("trees"),
		environments: at("environments"),
		sdk: at("sdk"),
		store: at("store"),
		ledger: at("ledger.ndjson"),
		lease: at("lease.json"),
	};
	for (const each of [folder, home.runs, home.chunks, home.trees, home.environments, home.sdk]) mkdirSync(each, { recursive: true, mode: 0o700 });
	return home;
}

export const Identity = z.object({
	agent: z.uuid(),
	name: Name,
	workspace: z.uuid(),
	workspaceName: z.string(),
	pool: Name,
	url: z.string(),
	/** Id of the workspace's key, where the control plane knew it at the enrolment. */
	kid: z.string().nullish(),
});
export type Identity = z.infer<typeof Identity>;

/** What went wrong in setting up or starting an agent, in words for people. `exitCode` for the CLI. */
export class AgentError extends Error {
	override readonly name = "AgentError";
	readonly exitCode: number;
	constructor(message: string, exitCode = 1) {
		super(message);
		this.exitCode = exitCode;
	}
}

/** null where the home was never enrolled. */
export function readIdentity(home: Home): Identity | null {
	const content = readJson(home.identity);
	if (content === null) return null;
	const read = Identity.safeParse(content);
	if (!read.success) throw new AgentError(`${home.identity} is not the identity of an agent: remove it and enrol again.`);
	return read.data;
}

export const writeIdentity = (home: Home, identity: Identity): void => writePrivate(home.identity, `${JSON.stringify(identity, null, "\t")}\n`);

/** null where the control plane was not heard yet. */
export function readLease(home: Home): number | null {
	const read = z.object({ seconds: z.number().positive() }).safeParse(readJson(home.lease));
	return read.success ? read.data.seconds : null;
}

export const writeLease = (home: Home, seconds: number): void => writePrivate(home.lease, `${JSON.stringify({ seconds })}\n`);

/** What becomes of runs that go on without their agent. */
export function fate(count: number, leaseSeconds: number | null): string {
	const lease = leaseSeconds === null ? "its pool's lease" : `${leaseSeconds} s (its pool's lease)`;
	return `start it again within ${lease}, or another agent takes ${count === 1 ? "it" : "them"} over as a new attempt`;
}

/** What to type to give the agent of `folder` its workspace key. */
export const importCommand = (folder: string): string => `tidegate key import --agent${folder === agentHome() ? "" : ` ${shellWord(folder)}`}`;

export const shellWord = (text: string): string => (/^[\w./@:+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

/** null where there is no such file. A file that was cut short (the machine lost power) counts as none. */
export function readJson(path: string): unknown {
	try {
		return JSON.parse(readFileSync(path, "utf8"));
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return null;
		throw error;
	}
}
