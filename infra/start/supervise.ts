// A part that dies while the rest runs is started again, a little later each time, and given up when it will not stay.
import { setTimeout as sleep } from "node:timers/promises";
import { lastLines } from "../postgres/cluster.ts";
import { dim, red, yellow } from "../progress.mjs";

/** What is supervised: a Postgres or a Part. */
export type Running = { log: string; exited: Promise<unknown>; stop(): Promise<void> };

export type Supervised<T extends Running> = {
	/** The one that runs now. */
	current(): T;
	stop(): Promise<void>;
};

const DELAYS = [500, 1000, 2000, 4000, 8000];
/** Up this long, a part counts as well again. */
const WELL = 60_000;

/**
 * @param first  already running
 * @param again  starts it anew, and resolves once it serves
 * @param giveUp told, in words, when it would not stay up
 * @param delays before each further try, in milliseconds
 */
export function supervise<T extends Running>(
	name: string,
	first: T,
	again: () => Promise<T>,
	giveUp: (advice: string) => void,
	delays: number[] = DELAYS,
): Supervised<T> {
	let now = first;
	let ending = false;
	const watch = async () => {
		let tries = 0;
		let since = performance.now();
		for (;;) {
			const how = await now.exited;
			if (ending) return;
			console.log(`${red("✗")} ${name} died${typeof how === "string" ? ` (${how})` : ""}. The end of ${now.log}:\n${dim(lastLines(now.log, 8))}`);
			if (performance.now() - since > WELL) tries = 0;
			for (let up = false; !up; ) {
				const delay = delays[tries];
				if (delay === undefined) return giveUp(`${name} died ${tries} times in a row. Its log says why: ${now.log}`);
				tries += 1;
				await sleep(delay);
				if (ending) return;
				try {
					now = await again();
					up = true;
				} catch (error) {
					console.log(`${red("✗")} ${name} did not start: ${(error as Error).message}`);
				}
			}
			since = performance.now();
			if (ending) await now.stop();
			else console.log(`${yellow("!")} ${name} runs again`);
		}
	};
	const watching = watch();
	return {
		current: () => now,
		stop: async () => {
			ending = true;
			await now.stop();
			await watching;
		},
	};
}
