// kill -9, and starting again: what is killed, when, and for how long it stays away is the seed's.
import fs from "node:fs";
import { identify } from "../identity.mjs";
import { signal } from "../processes.ts";
import type { Stack } from "../test/stack.ts";
import { pause } from "./feed.ts";
import { pick } from "./random.ts";

export type Target = "flow" | "agent" | "server" | "postgres";
export type Kill = { at: number; target: Target; what: string };

const WEIGHTS: Record<Target, number> = { flow: 55, agent: 25, server: 16, postgres: 4 };
/** Between two kills, and until what was killed is started again: at most so many ms. */
const GAP = 700;
const AWAY = 1500;

type Flow = { pid: number; run: string };

/** The live processes of flows: Python, in the run directory of an agent of this stack. */
function flowProcesses(stack: Stack): Flow[] {
	const found: Flow[] = [];
	for (const name of fs.readdirSync("/proc").filter((each) => /^\d+$/.test(each))) {
		try {
			const cwd = fs.readlinkSync(`/proc/${name}/cwd`);
			const run = stack.agents.some(({ home }) => cwd.startsWith(`${home}/runs/`)) && cwd.match(/\/runs\/([0-9a-f-]{36}\.\d+)/)?.[1];
			if (run && /python/.test(fs.readlinkSync(`/proc/${name}/exe`))) found.push({ pid: Number(name), run });
		} catch {
			// Gone meanwhile.
		}
	}
	return found.sort((a, b) => a.pid - b.pid);
}

export class Killer {
	readonly kills: Kill[] = [];
	readonly #stack: Stack;
	readonly #random: () => number;
	readonly #began = performance.now();
	/** What is away now, by name. */
	readonly #away = new Map<string, Promise<void>>();

	constructor(stack: Stack, random: () => number) {
		this.#stack = stack;
		this.#random = random;
	}

	/** Kills until there were `count`, or until told to stop; resolves when everything is back. */
	async run(count: number, stop: () => boolean): Promise<void> {
		while (this.kills.length < count && !stop()) {
			await pause(this.#random() * GAP);
			// The same three numbers for each kill, whatever there is to kill, so that a seed means the same plan.
			const [target, which, away] = [pick(this.#random, WEIGHTS), this.#random(), this.#random() * AWAY];
			await this.#kill(target, which, away);
		}
		await Promise.all(this.#away.values());
	}

	async #kill(target: Target, which: number, away: number): Promise<void> {
		const stack = this.#stack;
		const told = (what: string): void => void this.kills.push({ at: Math.round(performance.now() - this.#began), target, what });
		if (target === "flow") {
			const flows = flowProcesses(stack);
			const chosen = flows[Math.floor(which * flows.length)];
			const who = chosen && identify(chosen.pid);
			if (chosen && who && signal(who, "SIGKILL")) told(chosen.run);
			return;
		}
		const agent = stack.agents[Math.floor(which * stack.agents.length)];
		const name = target === "agent" ? `agent ${stack.agents.indexOf(agent as never) + 1}` : target;
		if (!agent || this.#away.has(name)) return;
		const begin = { agent: agent.start, server: () => stack.controlPlane.start(), postgres: () => stack.startPostgres() }[target];
		const back = (async () => {
			told(name);
			if (target === "agent") await agent.kill();
			else if (target === "server") await stack.controlPlane.kill();
			else await stack.stopPostgres("kill");
			await pause(away);
			await insist(name, begin);
			this.#away.delete(name);
		})();
		back.catch(() => undefined);
		this.#away.set(name, back);
	}
}

/** Starts what may need another that is away. */
async function insist(name: string, begin: () => Promise<void>): Promise<void> {
	for (let tries = 1; ; tries += 1) {
		try {
			return await begin();
		} catch (cause) {
			if (tries === 20) throw new Error(`${name} did not start again in 20 tries`, { cause });
			await pause(500);
		}
	}
}
