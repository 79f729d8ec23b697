/** `tidegate agent start`: from a home to an agent at work, until it is told to end. */
import { setMaxListeners } from "node:events";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { childEnvironment } from "../config.ts";
import { Interpreters } from "../environments/interpreters.ts";
import { NodeEnvironments } from "../environments/node.ts";
import { PythonEnvironments } from "../environments/python.ts";
import { openWorkspaceKey, wrongKey } from "../keys.ts";
import { KeyError } from "../protocol/key-error.ts";
import type { WorkspaceKey } from "../protocol/seal.ts";
import { Agent } from "./agent.ts";
import { ChunkStore } from "./chunks.ts";
import { Connection, Ended } from "./connection.ts";
import { Gateway } from "./gateway.ts";
import { Gpus } from "./gpus.ts";
import { AgentError, type Home, type Identity, importCommand, openHome, readIdentity } from "./home.ts";
import { Ledger } from "./ledger.ts";
import { takeHome } from "./lock.ts";
import { type Output, plural, output as terminal } from "./output.ts";
import { Projects } from "./project.ts";
import { compileSdk, installNodeSdk, installSdk } from "./sdk.ts";
import { Vault } from "./secrets/vault.ts";
import { SettingsOfWorkspace } from "./settings.ts";
import { openSigner } from "./signing.ts";
import { Store } from "./store.ts";
import { Versions } from "./versions.ts";

export interface StartOptions {
	home: string;
	/** Executions at once; default: as many as the host has processors. */
	slots?: number;
	output?: Output;
	/** Ends the agent as SIGTERM does; default: SIGTERM and SIGINT, the second one at once. */
	signal?: AbortSignal;
}

/** Exit codes beside 0 (was told to end) and 1 (an error). */
export const EXIT = { revoked: 3, superseded: 4, protocol: 5, refused: 1 } as const;

/** Resolves to the exit code. Throws AgentError and KeyError where it could not begin. */
export async function start(options: StartOptions): Promise<number> {
	// One signal ends all requests that are under way: a dozen of them listening is no leak, and no warning to people.
	setMaxListeners(200);
	const home = openHome(options.home);
	const identity = readIdentity(home);
	if (!identity) throw new AgentError(`${home.folder} is no enrolled agent: run tidegate agent enrol first.`);
	const slots = options.slots ?? availableParallelism();
	const release = takeHome(home);
	const gateway = new Gateway(identity.url);
	const output = options.output ?? terminal();
	try {
		const agent = await assemble(home, identity, gateway, slots, output);
		const signal = options.signal ?? untilToldTo(output);
		const { held, running } = agent.adopt();
		output.info(`agent ${identity.name} serves pool ${identity.pool} of ${identity.workspaceName} at ${identity.url} with ${plural(slots, "slot")}`);
		if (held > 0) output.info(`${plural(held, "execution")} taken up again, ${running} of them with a running process`);
		return await serve(agent, signal, output);
	} finally {
		gateway.close();
		release();
	}
}

async function assemble(home: Home, identity: Identity, gateway: Gateway, slots: number, output: Output): Promise<Agent> {
	const key = await openKey(home, identity);
	const connection = new Connection(gateway, identity, openSigner(home), output);
	const ledger = new Ledger(home.ledger, output);
	const chunks = new ChunkStore(home.chunks, key, connection);
	const own = childEnvironment();
	const interpreters = new Interpreters(own);
	const environments = new PythonEnvironments(home.environments, interpreters, own);
	await environments.clean();
	const sdk = installSdk(home.sdk);
	// Asked now, so that the first run does not wait for it.
	void interpreters.choose("3", null).then(
		(python) => compileSdk(sdk, python.path, own),
		(error: Error) => output.warn(`${error.message}; flows will be refused until then`),
	);
	const workshop = {
		agent: identity.agent,
		key,
		versions: new Versions(key, connection, ledger),
		projects: new Projects(home.trees, chunks),
		environments,
		packages: new NodeEnvironments(home.environments, own),
		sdk,
		nodeSdk: installNodeSdk(home.sdk),
		vault: new Vault(home.folder),
		settings: new SettingsOfWorkspace(home.folder, key, connection, identity.pool),
		store: await Store.open(home.store),
		gpus: new Gpus(),
		connection,
		environment: own,
	};
	return new Agent({ home, slots, connection, workshop, chunks, ledger, output });
}

async function openKey(home: Home, identity: Identity): Promise<WorkspaceKey> {
	const { name, workspace, workspaceName, kid } = identity;
	try {
		const key = await openWorkspaceKey(home.folder, workspace);
		if (kid && key.kid !== kid) throw wrongKey(key.kid, kid);
		return key;
	} catch (error) {
		if (!(error instanceof KeyError) || error.reason === "file") throw error;
		const why = error.reason === "missing" ? `no key for workspace ${workspaceName}, so it could run nothing` : `a ${error.message.split("\n")[0]}`;
		throw new AgentError(`agent ${name} has ${why}.\nGive it the workspace's key: ${importCommand(home.folder)}, or set TIDEGATE_WORKSPACE_KEY.`);
	}
}

async function serve(agent: Agent, signal: AbortSignal, output: Output): Promise<number> {
	try {
		await agent.work(signal);
		output.info("stopping: the last report");
		await agent.leave(true);
		output.info(`stopped; ${agent.sentence(true)}`);
		return 0;
	} catch (error) {
		await agent.leave(false);
		if (!(error instanceof Ended)) throw error;
		output.error(`${error.message}`);
		output.info(`stopped; ${agent.sentence(false)}`);
		return EXIT[error.reason];
	}
}

function untilToldTo(output: Output): AbortSignal {
	const controller = new AbortController();
	const told = (name: NodeJS.Signals): void => {
		if (controller.signal.aborted) {
			output.warn(`${name} again: ended at once`);
			// What has been written is on its way; nothing is waited for.
			void sleep(10).then(() => process.exit(130));
			return;
		}
		controller.abort(new Error(name));
	};
	process.on("SIGTERM", told).on("SIGINT", told);
	return controller.signal;
}
