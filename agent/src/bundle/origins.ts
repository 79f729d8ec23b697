/** From which file of this machine each flow was deployed last: a project that takes another's name is told so. Losing it costs the notice only. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import { writePrivate } from "../keys.ts";

export class Origins {
	readonly #home: string;
	readonly #workspace: string;

	constructor(home: string, workspace: string) {
		this.#home = home;
		this.#workspace = workspace;
	}

	/** Keeps where the flow comes from now. @returns the file that it came from before, if that is another project's and still there. */
	note(flow: string, root: string, entry: string): string | undefined {
		const name = createHash("sha256").update(`${this.#workspace}\0${flow}`).digest("hex").slice(0, 32);
		const kept = join(this.#home, "cache", "origins", name);
		const now = join(root, entry.slice(0, entry.lastIndexOf(":")));
		const before = existsSync(kept) ? readFileSync(kept, "utf8") : undefined;
		if (before === now) return undefined;
		writePrivate(kept, now);
		// What was moved, by itself or with its project, has taken nobody's place.
		return before === undefined || before.startsWith(root + sep) || !existsSync(before) ? undefined : before;
	}
}
