/** `tidegate agent status`: what a home says of itself, whether its agent runs or not. */
import { existsSync } from "node:fs";
import { isAlive, type ProcessIdentity } from "../executors/identity.ts";
import type { ExecutionRef } from "../protocol/wire.ts";
import { type DiskStatus, diskStatus } from "./disk.ts";
import { RunFolder } from "./folder.ts";
import { AgentError, type Identity, openHome, readIdentity } from "./home.ts";
import { holderOf } from "./lock.ts";
import { sizeOf } from "./size.ts";
import { idOfStore } from "./store.ts";

export interface HeldExecution extends ExecutionRef {
	flow: string;
	number: number;
	folder: string;
	/** ISO; null before its process began. */
	startedAt: string | null;
	/** preparing: no process yet. ended: its end was not yet told. */
	state: "preparing" | "running" | "ended";
	cancelled: boolean;
}

export interface AgentStatus {
	home: string;
	identity: Identity;
	/** The agent's own process; null where it does not run. */
	process: Pick<ProcessIdentity, "pid"> | null;
	/** Runs whose processes go on now. */
	running: number;
	held: HeldExecution[];
	disk: DiskStatus;
}

/** Throws AgentError where `folder` is no agent's home. */
export function agentStatus(folder: string): AgentStatus {
	if (!existsSync(folder)) throw new AgentError(`${folder} does not exist: run tidegate agent enrol first.`);
	const home = openHome(folder);
	const identity = readIdentity(home);
	if (!identity) throw new AgentError(`${folder} is no enrolled agent: run tidegate agent enrol first.`);
	const holder = holderOf(home);
	const held = RunFolder.open(home.runs).map((run): HeldExecution => {
		const { assignment, process, startedAt, cancelled, end } = run.notes;
		const alive = process !== null && isAlive(process) && !existsSync(run.at("exit"));
		return {
			...run.ref,
			flow: assignment.flow,
			number: assignment.number,
			folder: run.path,
			startedAt,
			cancelled,
			state: alive ? "running" : process || end ? "ended" : "preparing",
		};
	});
	return {
		home: folder,
		identity,
		process: holder ? { pid: holder.pid } : null,
		running: held.filter(({ state }) => state === "running").length,
		held,
		disk: diskStatus(folder),
	};
}

export interface StoreStatus {
	path: string;
	/** null before the agent's first start. */
	id: string | null;
	bytes: number;
}

/** What finished tasks of its runs returned. */
export async function storeStatus(folder: string): Promise<StoreStatus> {
	const path = openHome(folder).store;
	return { path, id: idOfStore(path), bytes: await sizeOf(path) };
}
