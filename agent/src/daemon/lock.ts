/** One agent process a home. The lock is who runs: a process that is gone, or another one with its pid, holds nothing. */

import { randomUUID } from "node:crypto";
import { linkSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { identify, isAlive, ProcessIdentity } from "../executors/identity.ts";
import { AgentError, type Home } from "./home.ts";

/** The agent that runs in `home` now. */
export function holderOf(home: Home): ProcessIdentity | undefined {
	try {
		const read = ProcessIdentity.safeParse(JSON.parse(readFileSync(home.running, "utf8")));
		return read.success && isAlive(read.data) ? read.data : undefined;
	} catch {
		return undefined;
	}
}

/** Throws AgentError where another agent runs in `home`. @returns how to let go. */
export function takeHome(home: Home): () => void {
	const own = identify(process.pid);
	const draft = `${home.running}.${randomUUID()}`;
	writeFileSync(draft, JSON.stringify(own), { mode: 0o600, flag: "wx" });
	try {
		for (let tries = 0; ; tries++) {
			try {
				// A link is made whole or not at all, by one of any number that try.
				linkSync(draft, home.running);
				return () => {
					if (holderOf(home)?.pid === process.pid) rmSync(home.running, { force: true });
				};
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
				const holder = holderOf(home);
				if (holder || tries > 3)
					throw new AgentError(
						`an agent already runs in ${home.folder}${holder ? ` (process ${holder.pid})` : ""}.\nStop it with tidegate agent stop, or give --home another folder.`,
					);
				rmSync(home.running, { force: true });
			}
		}
	} finally {
		rmSync(draft, { force: true });
	}
}
