// One agent on this machine, with a home of its own and nothing in common with the control plane but its URL:
// as on any other machine.
import fs from "node:fs";
import path from "node:path";
import { createClient } from "../../../agent/src/client/index.ts";
import { run } from "../../command.ts";
import { binDir, childEnv, root } from "../../config.mjs";
import { type Part, startPart } from "../../part.ts";
import { lastLines } from "../../postgres/cluster.ts";
import { until } from "../../processes.ts";
import { Advice } from "../../progress.mjs";

/** The command line, as it ships. */
export const CLI = "agent/bin/tidegate.mjs";

export type AgentOptions = {
	home: string;
	logs: string;
	url: string;
	apiKey: string;
	/** As people carry it; handed over in the environment of the enrolment only. */
	workspaceKey: string;
	pool: string;
	name: string;
	slots?: number;
	/** Where its identity as a process is noted. */
	note?: string;
	env?: Record<string, string>;
};

function identityOf(home: string): { agent: string; url: string } | undefined {
	try {
		return JSON.parse(fs.readFileSync(path.join(home, "identity.json"), "utf8"));
	} catch {
		return undefined;
	}
}

/** Runs a `tidegate agent …` command to its end. */
function agentCommand(args: string[], env: Record<string, string> = {}) {
	return run(path.join(binDir, "node"), [path.join(root, CLI), "agent", ...args], childEnv(env));
}

/** Makes the home an agent of the pool, if it is none yet. The control plane may have moved to another port since. */
export async function enrolAgent(options: AgentOptions): Promise<"enrolled" | "known"> {
	const known = identityOf(options.home);
	if (known?.url === options.url) return "known";
	if (known) {
		const file = path.join(options.home, "identity.json");
		fs.writeFileSync(`${file}.new`, `${JSON.stringify({ ...known, url: options.url }, null, "\t")}\n`, { mode: 0o600 });
		fs.renameSync(`${file}.new`, file);
		return "known";
	}
	const { token } = await createClient(options).api.agents.createToken.mutate({ pool: options.pool });
	const args = ["enrol", "--home", options.home, "--url", options.url, "--name", options.name, token];
	const { code, output } = await agentCommand(args, { TIDEGATE_WORKSPACE_KEY: options.workspaceKey });
	if (code !== 0) throw new Advice(`The agent could not be enrolled:\n${output.replaceAll(token, "tge_…").trim()}`);
	return "enrolled";
}

/** Starts the agent of an enrolled home; resolves once the control plane sees it online. */
export async function startAgent(options: AgentOptions): Promise<Part> {
	const args = ["agent", "start", "--home", options.home];
	if (options.slots) args.push("--slots", String(options.slots));
	const log = path.join(options.logs, "agent.log");
	const part = startPart({ name: "agent", script: CLI, args, env: childEnv(options.env), log, note: options.note });
	let ended: string | undefined;
	part.exited.then((how) => {
		ended = how;
	});
	const { api } = createClient(options);
	const own = identityOf(options.home)?.agent;
	// A control plane that is away is one that does not see it yet.
	const online = () =>
		api.agents.list.query().then(
			({ agents }) => agents.some(({ id, state }) => id === own && state === "online"),
			() => false,
		);
	const up = await until(async () => ended !== undefined || (await online()), 30_000, 50);
	if (up && ended === undefined) return part;
	await part.stop(2000);
	throw new Advice(`The agent ${ended ? `ended (${ended})` : "did not reach the control plane in 30 s"}. The end of ${log}:\n${lastLines(log, 20)}`);
}

type Stopped = { running: number; ended: number };

async function stop(home: string, ...args: string[]): Promise<Stopped> {
	const { code, stdout, output } = await agentCommand(["stop", "--home", home, "--json", ...args]);
	if (code !== 0) throw new Advice(`tidegate agent stop --home ${home} failed:\n${output.trim()}`);
	return JSON.parse(stdout);
}

/** How many runs go on in a home whose agent has ended. */
export async function runsGoingOn(home: string): Promise<number> {
	return (await stop(home)).running;
}

/** Ends the runs of a home; resolves to how many that were. */
export async function endRuns(home: string): Promise<number> {
	return (await stop(home, "--end-runs")).ended;
}
