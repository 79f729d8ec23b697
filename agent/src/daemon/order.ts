/** What a process is started with: the files that its SDK reads, its command and its environment. */
import { createHash } from "node:crypto";
import { delimiter } from "node:path";
import { nodeFlags } from "../config.ts";
import type { Container, Order } from "../executors/executor.ts";
import type { ErrorContent } from "../protocol/content.ts";
import type { FlowOptions, Manifest } from "../protocol/manifest.ts";
import type { MarkByHand } from "./answers.ts";
import { CONTRACT, type RunFolder } from "./folder.ts";
import { variablesOf } from "./resources.ts";
import type { Workshop } from "./workshop.ts";

/** All that preparing has found out. */
export interface Prepared {
	manifest: Manifest;
	options: FlowOptions;
	parameters: Record<string, unknown>;
	/** The image that the task names; its Python is in there. */
	image: string | null;
	/** Path of the Python; null where Node does it. */
	interpreter: string | null;
	marks: MarkByHand[];
	/** The task that it resumes another run from. */
	from: string | null;
	/** What its parent failed with. */
	error: ErrorContent | null;
}

export function order(workshop: Workshop, folder: RunFolder, prepared: Prepared): Order {
	const { run, execution } = folder.ref;
	// Nobody reads these before the process is there, and what a cut leaves half-written is written anew: no draft, no renaming.
	folder.put("parameters.json", `${JSON.stringify(prepared.parameters)}\n`);
	folder.makeRoom();
	folder.put("run.json", `${JSON.stringify(runFile(workshop, folder, prepared))}\n`);
	const { sdk, nodeSdk, vault } = workshop;
	const environment = { ...workshop.environment };
	for (const name of vault.variables()) delete environment[name];
	const { image, options } = prepared;
	return {
		run,
		execution,
		folder: folder.path,
		cwd: folder.at("project"),
		// By its path, not by -m: that spares each start the search for the module.
		command: prepared.interpreter
			? [prepared.interpreter, "-u", sdk.program, folder.path]
			: [process.execPath, ...nodeFlags(), nodeSdk.program, folder.path],
		environment: {
			...environment,
			...variablesOf(options, folder.notes.gpus, environment),
			TIDEGATE_RUN_DIR: folder.path,
			PYTHONPATH: [sdk.folder, image === null && environment.PYTHONPATH].filter(Boolean).join(delimiter),
			// The same in all executions of a run, so that a resumed run iterates its sets alike.
			PYTHONHASHSEED: String(createHash("sha256").update(run).digest().readUInt32BE(0)),
			PYTHONUNBUFFERED: "1",
		},
		container: image === null ? null : { image, agent: workshop.agent, ...asks(options, folder), mounts: mounts(workshop, folder) },
	};
}

const asks = ({ memory, cpu }: FlowOptions, { notes: { gpus } }: RunFolder): Pick<Container, "memory" | "cpu" | "gpus"> => ({ memory, cpu, gpus });

/** What a task reads and writes; the rest of the agent's home, its keys above all, stays out. */
const mounts = ({ store, sdk, projects }: Workshop, folder: RunFolder): Container["mounts"] => [
	{ path: folder.path, writable: true },
	{ path: store.path, writable: true },
	{ path: sdk.folder, writable: false },
	// A large project is links into it.
	{ path: projects.trees, writable: false },
];

function runFile({ key, store }: Workshop, folder: RunFolder, { manifest, options, marks, from, error }: Prepared): object {
	const { run, execution, attempt, flow, number, logicalDate, url, token, resumes, refresh, parent, step, hook } = folder.notes.assignment;
	return {
		...{ contract: CONTRACT, run, execution, attempt, workspace: key.workspace, flow, version: number, entry: manifest.entry },
		...{ parameters: "parameters.json", logicalDate, url: url || null, token, store: store.path },
		...(resumes ? { resumes: { run: resumes.run, from, changed: resumes.changed }, marks } : {}),
		...(refresh ? { refresh } : {}),
		...(parent ? { parent } : {}),
		...(step ? { step } : {}),
		...(hook ? { hook: { on: hook.on, state: hook.state, error } } : {}),
		// Of this execution: what waits without a process uses up none of it.
		...(options.timeout === null ? {} : { deadline: new Date(Date.now() + options.timeout * 1000).toISOString() }),
	};
}
