/** Whether the agent's disk has room for another run. With a full one it would take run after run, and each would fail before it began. */
import { statfsSync } from "node:fs";
import { bytes, type Output } from "./output.ts";

/**
 * Below this it takes no new work: a run's copy of the project is up to 20 MiB, and what it logs, returns and shows comes on top. Small enough for a
 * disk of one gigabyte.
 */
export const FLOOR = 64 * 1024 * 1024;

export interface DiskStatus {
	/** Bytes that the agent may still write; null where the system does not tell. */
	free: number | null;
	/** Below this many it takes no new work. */
	floor: number;
	low: boolean;
}

export function diskStatus(folder: string, floor = FLOOR): DiskStatus {
	try {
		const { bavail, bsize } = statfsSync(folder);
		return { free: bavail * bsize, floor, low: bavail * bsize < floor };
	} catch {
		return { free: null, floor, low: false };
	}
}

/** For the agent's log and for `tidegate agent status`. */
export const lowDisk = (folder: string, { free, floor }: DiskStatus): string =>
	`only ${bytes(free ?? 0)} are free on the disk of ${folder}: below ${bytes(floor)} it takes no new runs; those that it has go on`;

/** The disk as it was at the last look: polls ask it often, and the clock looks. */
export class Disk {
	readonly #folder: string;
	readonly #output: Output;
	low = false;

	constructor(folder: string, output: Output) {
		this.#folder = folder;
		this.#output = output;
	}

	/** @returns whether that changed. */
	look(): boolean {
		const status = diskStatus(this.#folder);
		if (status.low === this.low) return false;
		this.low = status.low;
		if (status.low) this.#output.warn(lowDisk(this.#folder, status));
		else this.#output.info(`${bytes(status.free ?? 0)} are free on the disk of ${this.#folder}: it takes new runs again`);
		return true;
	}
}
