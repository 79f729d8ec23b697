/** From an assignment to something that can be started: opened and verified, files written, environment there. */
import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { NoPython } from "../environments/interpreters.ts";
import { ToolError } from "../environments/tools.ts";
import { isImage } from "../executors/container.ts";
import { checkDocker, NoDocker } from "../executors/docker.ts";
import type { Order } from "../executors/executor.ts";
import { outOfMemoryKills } from "../executors/memory.ts";
import { openFrom } from "../protocol/answers.ts";
import type { ErrorContent } from "../protocol/content.ts";
import { FlowOptions } from "../protocol/manifest.ts";
import { openError, openParameters } from "../protocol/open.ts";
import type { RunPlace } from "../protocol/places.ts";
import { SealError } from "../protocol/seal.ts";
import type { Assignment } from "../protocol/wire.ts";
import type { MarkByHand } from "./answers.ts";
import type { RunFolder } from "./folder.ts";
import { GatewayError } from "./gateway.ts";
import { order, type Prepared } from "./order.ts";
import { checkAsks, TooMuch } from "./resources.ts";
import { handOver, handOverVariables } from "./secrets/hand-over.ts";
import type { Settings } from "./settings.ts";
import type { Version } from "./versions.ts";
import type { Workshop } from "./workshop.ts";

/** What an execution is told while it is prepared. */
export interface Telling {
	/** A line for the run's log. */
	say(line: string): void;
	/** Values that are given to the process and must not leave. */
	hide(values: readonly string[]): void;
	/** Its answers so far, into its inbox. */
	answers(signal: AbortSignal): Promise<MarkByHand[]>;
}

/** It keeps what its tasks returned where this agent does not reach. */
class OtherStore extends Error {}

/** Throws what {@link verdictOn} judges. */
export async function prepare(workshop: Workshop, folder: RunFolder, place: RunPlace, telling: Telling, signal: AbortSignal): Promise<Order> {
	const { assignment } = folder.notes;
	if (assignment.store !== null && assignment.store !== workshop.store.id)
		throw new OtherStore(
			`its finished tasks lie in store ${assignment.store}, and this agent reaches ${workshop.store.id}: run it from scratch, or start an agent there`,
		);
	const version = await workshop.versions.open(assignment, signal);
	const { manifest } = version;
	const asked = manifest.options ?? FlowOptions.parse({});
	// The attempts and the time of the flow are not those of one task of it, which has its own.
	const options = assignment.step === null ? asked : { ...asked, retries: 0, retryDelay: null, timeout: null };
	checkAsks(options, workshop.gpus);
	folder.notes.options = options;
	for (const name of ["inbox", "artifacts"]) mkdirSync(folder.at(name), { recursive: true, mode: 0o700 });
	// The first that fails ends the others: a build of minutes is not waited for when the parameters do not open.
	const others = new AbortController();
	const both = AbortSignal.any([signal, others.signal]);
	const files = workshop.projects.write(version, folder.at("project"), both);
	const opened = open(workshop, folder, place);
	const environment =
		manifest.python === null
			? files.then(() => packages(workshop, folder, telling, both))
			: opened.then(({ image }) => (image === null ? python(workshop, version, telling, both) : inside(image)));
	const all = [opened, files, environment, given(workshop, assignment, both), telling.answers(both)] as const;
	try {
		const [opened, linked, interpreter, settings, marks] = await Promise.all(all);
		signal.throwIfAborted();
		telling.hide(await handOver(folder, workshop.key, place, settings.secret));
		handOverVariables(folder, settings);
		if (linked) folder.notes.address = version.address;
		// Last, so that none stands idle while an environment is built.
		await takeGpus(workshop, folder, options.gpus ?? 0, telling, signal);
		folder.notes.kills = outOfMemoryKills();
		await workshop.store.restore();
		for (const run of [assignment.run, assignment.resumes?.run]) if (run) workshop.store.touch(run);
		return order(workshop, folder, { manifest, options, interpreter, marks, ...opened });
	} catch (error) {
		others.abort(error);
		await Promise.allSettled(all);
		throw error;
	}
}

/** The flow's own environment. */
const python = ({ environments, versions }: Workshop, version: Version, { say }: Telling, signal: AbortSignal): Promise<string> =>
	environments.provide({
		requirements: version.manifest.requirements,
		lock: version.lock,
		python: version.manifest.python as string,
		requiresPython: version.manifest.requiresPython,
		settle: (lock) => versions.settleLock(version, lock, signal),
		onLine: say,
		signal,
	});

/** The Python that an image brings. */
async function inside(image: string): Promise<string> {
	await checkDocker(image);
	return "python3";
}

/** The packages of a project for Node, which lie where its imports look. */
async function packages(workshop: Workshop, folder: RunFolder, telling: Telling, signal: AbortSignal): Promise<null> {
	const project = folder.at("project");
	const found = await workshop.packages.provide(project, { onLine: telling.say, signal });
	if (found) symlinkSync(found, join(project, "node_modules"));
	return null;
}

/** Secrets, variables and connections: the agent's own before the workspace's. */
async function given({ vault, settings }: Workshop, assignment: Assignment, signal: AbortSignal): Promise<Settings> {
	// An assignment that an older agent kept says nothing of settings.
	const [own, kept] = await Promise.all([vault.secretsOf(assignment.flow), settings.of(assignment.settings ?? 0, signal)]);
	return { ...kept, secret: { ...kept.secret, ...own } };
}

/** What came sealed with the assignment. */
async function open({ key }: Workshop, folder: RunFolder, place: RunPlace): Promise<Pick<Prepared, "parameters" | "from" | "error" | "image">> {
	const { hook, parent, step } = folder.notes.assignment;
	const [parameters, from, error] = [folder.sealed("parameters"), folder.sealed("from"), folder.sealed("error")];
	// A hook has its parent's, sealed for its parent.
	const parents = hook && parent ? { ...place, run: parent } : place;
	const given = parameters ? await openParameters(key, parents, parameters) : {};
	return {
		parameters: given,
		image: step === null ? null : imageIn(given),
		from: from ? (await openFrom(key, place, from)).from : null,
		error: error && hook?.execution ? await openError(key, parents, hook.execution, error) : null,
	};
}

/** What a task that is a run of its own says where it is to be done. The SDK has checked it; docker's command line is given nothing else. */
function imageIn({ task }: Record<string, unknown>): string | null {
	const { image } = (task ?? {}) as { image?: unknown };
	if (image === undefined || image === null) return null;
	if (!isImage(image)) throw new NoDocker(`${JSON.stringify(image)} is no name of an image such as registry.example.com/team/name:tag`);
	return image;
}

async function takeGpus({ gpus }: Workshop, { notes }: RunFolder, count: number, { say }: Telling, signal: AbortSignal): Promise<void> {
	if (count === 0) return;
	notes.gpus = await gpus.take(count, signal, () => say(`waits until ${count === 1 ? "a GPU is" : `${count} GPUs are`} free on this machine`));
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
	if (error instanceof TooMuch || error instanceof OtherStore || error instanceof NoDocker)
		return { outcome: "refused", note: `refused: ${error.message}`, line: `refused: ${error.message}`, error: null };
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
