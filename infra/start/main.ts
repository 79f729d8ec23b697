// `npm start`: the whole product on one machine, part by part, until Ctrl-C.
import { build } from "../build.ts";
import { began, databaseUrl as givenDatabase, signInEnv } from "../config.mjs";
import { endNoted } from "../part.ts";
import { Advice, bold, dim, red, stage, yellow } from "../progress.mjs";
import { Ending } from "./ending.ts";
import { deleteAll } from "./fresh.ts";
import { type Lock, RunsAlready, takeLock } from "./lock.ts";
import { parseOptions } from "./options.ts";
import { places, serverSecret, tidegate } from "./places.ts";
import { type AgentOptions, enrolAgent, startAgent } from "./stages/agent.ts";
import { FIRST_PORT, onFreePort, startControlPlane } from "./stages/controlPlane.ts";
import { applyMigrations, productUrl, runningUrl, startDatabase, withoutPassword } from "./stages/database.ts";
import { deployExample, hasRun, runExample } from "./stages/example.ts";
import { keepPages } from "./stages/pages.ts";
import { knownWorkspace, linkOf, prepareWorkspace, signInLink, type Workspace } from "./stages/workspace.ts";
import { supervise } from "./supervise.ts";

async function start(args: string[], ending: Ending): Promise<void> {
	const options = parseOptions(args);
	let lock: Lock;
	try {
		lock = await takeLock((pid) => console.log(`${dim("·")} the npm start before this one (process ${pid}) is ending: waiting for that`));
	} catch (error) {
		// Started beside itself, with nothing asked but that it runs: that is how somebody gets another sign-in link.
		const same = error instanceof RunsAlready && error.url && (options.port === undefined || new URL(error.url).port === String(options.port));
		if (same && !options.fresh) return tellAgain(error.url as string);
		throw error;
	}
	ending.holds(lock);
	if (options.fresh) await deleteAll();
	await stage("build", async (note) => note(await build(note)));
	// What a kill -9 left: the leash ends them too, but maybe not yet.
	for (const note of [places.agentNote, places.controlPlaneNote]) await endNoted(note);

	const databaseUrl = await startPostgresPart(ending);
	await stage("migrate", async (note) => note(await applyMigrations(databaseUrl)));
	const starting = startControlPlanePart(databaseUrl, options.port, lock, ending);
	// In the background until the stage below asks for it; its failure is told there.
	const preparing = prepareWorkspace(databaseUrl, [places.cli, places.agent], starting);
	preparing.catch(() => undefined);
	const url = await starting;
	const workspace = await stage("workspace", async (note) => {
		const prepared = await preparing;
		note(`key ${prepared.kid}`);
		return prepared;
	});
	await startAgentPart({ url, workspace }, ending);
	if (options.example && !(await hasRun({ url, ...workspace }))) {
		await stage("example", async (note) => note(await deployExample(places.cli)));
		await runExample({ url, ...workspace });
	}
	await tell(databaseUrl, url, workspace);
}

async function startPostgresPart(ending: Ending): Promise<string> {
	if (givenDatabase) {
		const shown = withoutPassword(givenDatabase);
		console.log(`${dim("·")} postgres       ${shown} (DATABASE_URL)`);
		return givenDatabase;
	}
	const postgres = await stage("postgres", async (note) => {
		const server = await startDatabase();
		note(`port ${server.port}`);
		return server;
	});
	const { port } = postgres;
	ending.add(
		"postgres",
		supervise("Postgres", postgres, () => startDatabase(port), ending.giveUp),
	);
	return productUrl(postgres);
}

async function startControlPlanePart(databaseUrl: string, asked: number | undefined, lock: Lock, ending: Ending): Promise<string> {
	const pages = keepPages();
	const on = async (port: number) => {
		const env = { ...signInEnv, TIDEGATE_PAGES_DIR: await pages };
		return startControlPlane({ databaseUrl, port, secret: serverSecret(), logs: places.logs, note: places.controlPlaneNote, env });
	};
	const { part, port, url } = await stage("control plane", (note) =>
		onFreePort(asked, async (port) => {
			const url = `http://localhost:${port}`;
			const part = await on(port);
			note(asked === undefined && port !== FIRST_PORT ? `${url} (${FIRST_PORT} is taken)` : url);
			return { part, port, url };
		}),
	);
	lock.serves(url);
	ending.add(
		"control plane",
		supervise("The control plane", part, () => on(port), ending.giveUp),
	);
	return url;
}

async function startAgentPart({ url, workspace }: { url: string; workspace: Workspace }, ending: Ending): Promise<void> {
	const options: AgentOptions = { ...workspace, url, home: places.agent, logs: places.logs, pool: "default", name: "local", note: places.agentNote };
	const part = await stage("agent", async (note) => {
		const how = await enrolAgent(options);
		const first = await startAgent(options);
		note(how === "enrolled" ? "enrolled, online" : "online");
		return first;
	});
	ending.add(
		"agent",
		supervise("The agent", part, () => startAgent(options), ending.giveUp),
	);
	ending.runsIn(places.agent);
}

async function tell(databaseUrl: string, url: string, workspace: Workspace): Promise<void> {
	const link = await signInLink(databaseUrl, url, workspace);
	console.log(`
${bold("Tidegate runs")} ${dim(`after ${((Date.now() - began) / 1000).toFixed(1)} s`)}

  Sign in, once    ${link}
  Command line     npx tidegate run penguins --watch   ${dim("in this checkout")}
                   ${quoted(tidegate)}   ${dim("anywhere else")}
  Workspace key    ${places.cli}
                   ${yellow("Without it nothing that was sealed can be read again.")} Back it up: npx tidegate key backup

  Ctrl-C ends it; the data stays. ${dim(`Logs: ${places.logs}`)}`);
}

async function tellAgain(url: string): Promise<void> {
	const workspace = await knownWorkspace(places.cli);
	const link = givenDatabase ? await linkOf(givenDatabase, url, workspace) : await signInLink(runningUrl(), url, workspace);
	console.log(`${bold("Tidegate already runs")} ${dim(`at ${url}; this leaves it alone`)}\n\n  Sign in, once    ${link}`);
}

const quoted = (text: string) => (/[^\w@%+=:,./-]/.test(text) ? `'${text.replaceAll("'", "'\\''")}'` : text);

const ending = new Ending();
try {
	await start(process.argv.slice(2), ending);
	if (ending.isEmpty()) process.exit(0);
} catch (error) {
	if (!ending.begun()) {
		console.error(`${red("error:")} ${error instanceof Advice ? error.message : error instanceof Error ? error.stack : String(error)}`);
		await ending.end(1);
	}
}
