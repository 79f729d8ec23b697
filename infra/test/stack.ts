// A whole Tidegate for a test: database, control plane, workspace, CLI home and agents, each a real process with
// files of its own in a temporary folder, and each of which can be killed, stopped and started again.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { inject } from "vitest";
import { type Client, createClient } from "../../agent/src/client/index.ts";
import { migrate } from "../../prisma/migrate.ts";
import { run } from "../command.ts";
import { binDir, childEnv, root } from "../config.mjs";
import type { Part } from "../part.ts";
import { freePort } from "../ports.ts";
import { removeCluster } from "../postgres/cluster.ts";
import { type Postgres, startPostgres } from "../postgres/postgres.ts";
import { type AgentOptions, CLI, endRuns, enrolAgent, startAgent } from "../start/stages/agent.ts";
import { startControlPlane } from "../start/stages/controlPlane.ts";
import { prepareWorkspace, signInLink, type Workspace } from "../start/stages/workspace.ts";
import { freshDatabase, type TestDatabase, withDatabase } from "./database.ts";

/** Signs the sessions of every stack. */
const SECRET = "5ea1".repeat(16);

export type Said = { code: number; stdout: string; stderr: string };

export type StackAgent = {
	home: string;
	log: string;
	/** The process that runs now; undefined while it is stopped or killed. */
	part: Part | undefined;
	start(): Promise<void>;
	/** SIGTERM; its runs go on. */
	stop(): Promise<void>;
	/** kill -9. */
	kill(): Promise<void>;
};

export type StackOptions = {
	/** How many agents are enrolled and started. Default 1. */
	agents?: number;
	/** Runs at a time of each agent. */
	slots?: number;
	/** The agents' pool. Default "default". */
	pool?: string;
	/** A Postgres of its own, to be stopped or killed, in place of a database on the shared one. */
	ownPostgres?: boolean;
	/** False leaves Next out: the API alone starts faster. Default true. */
	pages?: boolean;
	env?: Record<string, string>;
};

/** The control plane in a stack; `port` and `url` stay over restarts. */
export class ControlPlane {
	readonly port: number;
	readonly log: string;
	part: Part | undefined;
	readonly #start: () => Promise<Part>;
	constructor(port: number, log: string, start: () => Promise<Part>) {
		this.port = port;
		this.log = log;
		this.#start = start;
	}
	async start(): Promise<void> {
		this.part = await this.#start();
	}
	async stop(): Promise<void> {
		await this.part?.stop();
		this.part = undefined;
	}
	async kill(): Promise<void> {
		await killPart(this.part);
		this.part = undefined;
	}
}

async function killPart(part: Part | undefined): Promise<void> {
	if (!part) return;
	process.kill(part.who.pid, "SIGKILL");
	await part.exited;
}

export class Stack {
	readonly dir: string;
	readonly logs: string;
	readonly databaseUrl: string;
	readonly url: string;
	/** What its sessions are signed with. */
	readonly secret = SECRET;
	readonly workspace: Workspace;
	readonly client: Client;
	readonly cliHome: string;
	readonly controlPlane: ControlPlane;
	readonly agents: StackAgent[] = [];
	/** Set with `ownPostgres`. */
	postgres: Postgres | undefined;
	readonly #database: TestDatabase | undefined;
	readonly #options: StackOptions;

	constructor(parts: {
		dir: string;
		databaseUrl: string;
		workspace: Workspace;
		controlPlane: ControlPlane;
		postgres: Postgres | undefined;
		database: TestDatabase | undefined;
		options: StackOptions;
	}) {
		this.dir = parts.dir;
		this.logs = path.join(parts.dir, "logs");
		this.databaseUrl = parts.databaseUrl;
		this.url = `http://localhost:${parts.controlPlane.port}`;
		this.workspace = parts.workspace;
		this.client = createClient({ url: this.url, ...parts.workspace });
		this.cliHome = path.join(parts.dir, "cli");
		this.controlPlane = parts.controlPlane;
		this.postgres = parts.postgres;
		this.#database = parts.database;
		this.#options = parts.options;
	}

	/** Runs the CLI as it ships, in a folder (default: the stack's), with this workspace's home. */
	cli(
		args: string[],
		{ cwd = this.dir, env = {}, line }: { cwd?: string; env?: Record<string, string>; line?: (text: string) => void } = {},
	): Promise<Said> {
		return run(path.join(binDir, "node"), [path.join(root, CLI), ...args], childEnv({ TIDEGATE_HOME: this.cliHome, NO_COLOR: "1", ...env }), {
			cwd,
			line,
		});
	}

	/** Enrols one more agent, with a home of its own, and starts it unless told not to. `url`: by another way than straight to the control plane. */
	async addAgent(given: { pool?: string; start?: boolean; url?: string; slots?: number; env?: Record<string, string> } = {}): Promise<StackAgent> {
		const { pool = this.#options.pool ?? "default", start = true, url = this.url, slots = this.#options.slots } = given;
		const name = `agent-${this.agents.length + 1}`;
		const home = path.join(this.dir, name);
		const env = { ...this.#options.env, ...given.env };
		const options: AgentOptions = { ...this.workspace, url, home, logs: path.join(this.logs, name), pool, name, slots, env };
		await enrolAgent(options);
		const agent: StackAgent = {
			home,
			log: path.join(options.logs, "agent.log"),
			part: undefined,
			start: async () => {
				agent.part = await startAgent(options);
			},
			stop: async () => {
				await agent.part?.stop();
				agent.part = undefined;
			},
			kill: async () => {
				await killPart(agent.part);
				agent.part = undefined;
			},
		};
		this.agents.push(agent);
		if (start) await agent.start();
		return agent;
	}

	/** With `ownPostgres`: an orderly stop, or kill -9, of the postmaster. */
	async stopPostgres(how: "stop" | "kill" = "stop"): Promise<void> {
		const { postgres } = this;
		if (!postgres) throw new Error("startStack({ ownPostgres: true }) gives a Postgres that can be stopped");
		if (how === "stop") return postgres.stop();
		process.kill(postgres.pid, "SIGKILL");
		await postgres.exited;
	}
	/** Starts it again on its port. */
	async startPostgres(): Promise<void> {
		this.postgres = await startPostgres({ dir: path.join(this.dir, "postgres"), port: this.postgres?.port, durable: false });
	}

	/** A one-time sign-in link with the workspace key in its fragment. */
	signInLink(): Promise<string> {
		return signInLink(this.databaseUrl, this.url, this.workspace);
	}

	/** Ends everything, the runs too, and removes all files. */
	async stop(): Promise<void> {
		for (const agent of this.agents) await agent.stop();
		for (const agent of this.agents) await endRuns(agent.home).catch(() => undefined);
		await this.controlPlane.stop();
		await this.postgres?.stop();
		await this.#database?.end();
		await removeCluster(path.join(this.dir, "postgres"));
		fs.rmSync(this.dir, { recursive: true, force: true, maxRetries: 5 });
	}
}

/** Starts a stack; `stop()` it after the tests. In vitest only: the shared Postgres is the test run's. */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
	const dir = fs.mkdtempSync(path.join(os.tmpdir(), "tidegate-stack-"));
	const undo: Array<() => Promise<unknown>> = [async () => fs.rmSync(dir, { recursive: true, force: true })];
	try {
		let postgres: Postgres | undefined;
		let database: TestDatabase | undefined;
		let databaseUrl: string;
		if (options.ownPostgres) {
			postgres = await startPostgres({ dir: path.join(dir, "postgres"), durable: false });
			undo.push(postgres.stop);
			databaseUrl = withDatabase(postgres.url, "postgres");
			await migrate(databaseUrl);
		} else {
			database = await freshDatabase(inject("databaseUrl"));
			undo.push(database.end);
			databaseUrl = database.url;
		}
		const port = await freePort();
		const logs = path.join(dir, "logs");
		const env = { TIDEGATE_PAGES: options.pages === false ? "0" : "1", ...options.env };
		const controlPlane = new ControlPlane(port, path.join(logs, "control-plane.log"), () =>
			startControlPlane({ databaseUrl, port, secret: SECRET, logs, env }),
		);
		await controlPlane.start();
		undo.push(() => controlPlane.stop());
		const workspace = await prepareWorkspace(databaseUrl, [path.join(dir, "cli")], Promise.resolve(`http://localhost:${port}`));
		const stack = new Stack({ dir, databaseUrl, workspace, controlPlane, postgres, database, options });
		undo.push(async () => Promise.all(stack.agents.map((agent) => agent.stop())));
		for (let n = 0; n < (options.agents ?? 1); n += 1) await stack.addAgent();
		return stack;
	} catch (error) {
		for (const step of undo.reverse()) await step().catch(() => undefined);
		throw error;
	}
}
