/** From an assignment to something that can be started: opened and verified, files written, environment there. */
import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { delimiter } from "node:path";
import { NoPython } from "../environments/interpreters.ts";
import type { PythonEnvironments } from "../environments/python.ts";
import { ToolError } from "../environments/tools.ts";
import type { Order } from "../executors/executor.ts";
import type { ErrorContent } from "../protocol/content.ts";
import { openParameters } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import { SealError, type WorkspaceKey } from "../protocol/seal.ts";
import { CONTRACT, type RunFolder } from "./folder.ts";
import { GatewayError } from "./gateway.ts";
import type { Projects } from "./project.ts";
import type { Sdk } from "./sdk.ts";
import { handOver } from "./secrets/hand-over.ts";
import type { Vault } from "./secrets/vault.ts";
import type { Versions } from "./versions.ts";

export interface Workshop {
	key: WorkspaceKey;
	versions: Versions;
	projects: Projects;
	environments: PythonEnvironments;
	sdk: Sdk;
	vault: Vault;
	/** What processes start with: the agent's own environment, without what is the agent's. */
	environment: NodeJS.ProcessEnv;
}

/** What an execution is told while it is prepared. */
export interface Telling {
	/** A line for the run's log. */
	say(line: string): void;
	/** Values that are given to the process and must not leave. */
	hide(values: readonly string[]): void;
}

/** Throws what {@link verdictOn} judges. */
export async function prepare(workshop: Workshop, folder: RunFolder, place: RunPlace, { say, hide }: Telling, signal: AbortSignal): Promise<Order> {
	const { assignment } = folder.notes;
	const version = await workshop.versions.open(assignment, signal);
	const sealed = folder.sealedParameters;
	const project = folder.at("project");
	// The first that fails ends the others: a build of minutes is not waited for when the parameters do not open.
	const others = new AbortController();
	const both = AbortSignal.any([signal, others.signal]);
	const parameters = sealed ? openParameters(workshop.key, place, sealed) : Promise.resolve({});
	const files = workshop.projects.write(version, project, both);
	const python = workshop.environments.provide({
		requirements: version.manifest.requirements,
		lock: version.lock,
		python: version.manifest.python,
		requiresPython: version.manifest.requiresPython,
		settle: (lock) => workshop.versions.settleLock(version, lock, both),
		onLine: say,
		signal: both,
	});
	const all = [parameters, files, python, workshop.vault.secretsOf(assignment.flow)] as const;
	try {
		const [given, linked, interpreter, secrets] = await Promise.all(all);
		signal.throwIfAborted();
		hide(await handOver(folder, workshop.key, place, secrets));
		if (linked) folder.notes.address = version.address;
		return order(workshop, folder, version.manifest.entry, given, interpreter);
	} catch (error) {
		others.abort(error);
		await Promise.allSettled(all);
		throw error;
	}
}

function order(workshop: Workshop, folder: RunFolder, entry: string, parameters: Record<string, unknown>, interpreter: string): Order {
	const { run, execution, attempt, flow, number, logicalDate, url, token } = folder.notes.assignment;
	for (const name of ["inbox", "artifacts"]) mkdirSync(folder.at(name), { recursive: true, mode: 0o700 });
	// Nobody reads these before the process is there, and what a cut leaves half-written is written anew: no draft, no renaming.
	folder.put("parameters.json", `${JSON.stringify(parameters)}\n`);
	const { workspace } = workshop.key;
	folder.put(
		"run.json",
		`${JSON.stringify({ contract: CONTRACT, run, execution, attempt, workspace, flow, version: number, entry, parameters: "parameters.json", logicalDate, url: url || null, token })}\n`,
	);
	const { sdk, vault } = workshop;
	const environment = { ...workshop.environment };
	for (const name of vault.variables()) delete environment[name];
	return {
		run,
		execution,
		folder: folder.path,
		cwd: folder.at("project"),
		// By its path, not by -m: that spares each start the search for the module.
		command: [interpreter, "-u", sdk.program, folder.path],
		environment: {
			...environment,
			TIDEGATE_RUN_DIR: folder.path,
			PYTHONPATH: [sdk.folder, environment.PYTHONPATH].filter(Boolean).join(delimiter),
			// The same in all executions of a run, so that a resumed run iterates its sets alike.
			PYTHONHASHSEED: String(createHash("sha256").update(run).digest().readUInt32BE(0)),
			PYTHONUNBUFFERED: "1",
		},
	};
}

/** How an execution ends that never began. */
export interface Verdict {
	outcome: "failed" | "refused";
	/** For people with the key; names paths and packages. */
	note: string;
	/** For the agent's own log: nothing sealed. */
	line: string;
	/** Where the reason is worth the page's first place. */
	error: ErrorContent | null;
}

export function verdictOn(error: unknown): Verdict {
	if (error instanceof SealError) {
		const what =
			error.reason === "wrong-key" ? "it was sealed with another workspace key" : "what the control plane sent does not match what was deployed";
		return { outcome: "refused", note: `refused: ${error.message}`, line: `refused: ${what}`, error: null };
	}
	if (error instanceof NoPython) return { outcome: "refused", note: `refused: ${error.message}`, line: `refused: ${error.message}`, error: null };
	if (error instanceof GatewayError)
		return {
			outcome: "refused",
			note: `refused: the control plane did not give out what the run needs: ${error.message}`,
			line: `refused: ${error.message}`,
			error: null,
		};
	if (error instanceof ToolError) {
		const message = `the environment could not be built: ${error.message}`;
		return { outcome: "failed", note: message, line: "the environment could not be built", error: content("RequirementsError", message, error.said) };
	}
	const { code, message } = error as NodeJS.ErrnoException;
	const full = code === "ENOSPC" || code === "EDQUOT";
	const told = full
		? "the agent's disk is full: free some space in its home, or move it with --home"
		: `the agent could not prepare the run: ${message}`;
	return {
		outcome: "failed",
		note: told,
		line: full ? told : `could not be prepared (${code ?? "unexpected"})`,
		error: content("AgentError", told, ""),
	};
}

const content = (type: string, message: string, said: string): ErrorContent => ({
	type,
	module: "tidegate.agent",
	message,
	traceback: said ? `${message}\n\n${said}` : message,
	frames: [],
});
