/** What the file system tells of a run directory. Where it tells nothing (no folder yet, a network disk, no watches left on this host), the clock alone is enough. */
import { type FSWatcher, watch } from "node:fs";
import { LOST } from "./folder.ts";

export interface Listener {
	/** Its process may have ended. */
	onEnd(): void;
	onEvents(): void;
	onLog(): void;
	/** It could not write all. */
	onLost(): void;
}

export function watchFolder(path: string, { onEnd, onEvents, onLog, onLost }: Listener): FSWatcher | undefined {
	try {
		const watcher = watch(path, (what, name) => {
			if (name === "exit" || name === null) onEnd();
			// What the parent writes beside `exit` is no news: a report for it would leave before the end.
			if (name === LOST) onLost();
			else if (name?.startsWith("events.")) onEvents();
			// out.log and err.log are made empty, with the start: only what is written to them is news.
			else if (!name || name.startsWith("log.") || (what === "change" && /^(out|err)\./.test(name))) onLog();
		});
		watcher.on("error", () => watcher.close());
		return watcher;
	} catch {
		return undefined;
	}
}
