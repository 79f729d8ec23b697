// One `npm start` for one checkout. The lock tells a second one where the first serves.
import fs from "node:fs";
import path from "node:path";
import { stateDir } from "../config.mjs";
import { type Identity, identify, isAlive } from "../identity.mjs";
import { Advice } from "../progress.mjs";

type Content = Identity & { url?: string };
const file = path.join(stateDir, "start.lock");

function read(): Content | undefined {
	try {
		return JSON.parse(fs.readFileSync(file, "utf8"));
	} catch {
		return undefined;
	}
}

function refuse(holder: Content): never {
	const where = holder.url ? `serves ${holder.url}` : "is still starting";
	throw new Advice(
		`Tidegate already runs from this checkout (process ${holder.pid}) and ${where}. End that one first (Ctrl-C, or kill ${holder.pid})`,
	);
}

export type Lock = {
	/** Notes where this instance serves. */
	serves(url: string): void;
	release(): void;
};

/** Takes the lock, over from a process that is gone if need be; throws Advice if one lives. */
export function takeLock(): Lock {
	fs.mkdirSync(stateDir, { recursive: true, mode: 0o700 });
	const own = identify(process.pid);
	if (!own) throw new Error("this process cannot be identified");
	const mine = `${file}.${process.pid}`;
	const write = (content: Content) => {
		fs.writeFileSync(mine, JSON.stringify(content), { mode: 0o600 });
	};
	write(own);
	try {
		for (;;) {
			try {
				// A link appears whole, with its content, or not at all.
				fs.linkSync(mine, file);
				break;
			} catch (error) {
				if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
			}
			const holder = read();
			if (holder && isAlive(holder)) refuse(holder);
			// Whoever moves the stale one away goes on; should it be a fresh one by now, put it back.
			const aside = `${mine}.stale`;
			try {
				fs.renameSync(file, aside);
			} catch {
				continue;
			}
			const moved: Content = JSON.parse(fs.readFileSync(aside, "utf8") || "{}");
			if (isAlive(moved)) {
				fs.linkSync(aside, file);
				fs.rmSync(aside);
				refuse(moved);
			}
			fs.rmSync(aside);
		}
	} finally {
		fs.rmSync(mine, { force: true });
	}
	return {
		serves: (url) => {
			write({ ...own, url });
			fs.renameSync(mine, file);
		},
		release: () => {
			if (read()?.started === own.started) fs.rmSync(file, { force: true });
		},
	};
}
