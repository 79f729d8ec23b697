// How it ends: on Ctrl-C the agent first, then the control plane, then Postgres; runs go on without them, unless
// a second Ctrl-C ends those too.
import { setTimeout as sleep } from "node:timers/promises";
import { endAll } from "../command.ts";
import { dim, red, yellow } from "../progress.mjs";
import type { Lock } from "./lock.ts";
import { endRuns, runsGoingOn } from "./stages/agent.ts";

type Stoppable = { stop(): Promise<void> };

/** A terminal, npm and bootstrap.mjs may each deliver the same Ctrl-C. */
const ONE_PRESS_MS = 150;
/** How long a second Ctrl-C is waited for when runs go on. */
const SECOND_PRESS_MS = 8000;

export class Ending {
	#parts: Array<{ name: string; part: Stoppable }> = [];
	#lock: Lock | undefined;
	#agentHome: string | undefined;
	#ending: Promise<never> | undefined;
	#presses = 0;
	#lastPress = 0;
	#second: () => void = () => undefined;

	constructor() {
		for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => this.#signal(name));
	}

	/** Parts end in the reverse order of being added. */
	add(name: string, part: Stoppable): void {
		if (this.#ending) void part.stop();
		this.#parts.push({ name, part });
	}
	/** Says that it ends as soon as it does, and is released when everything has ended. */
	holds(lock: Lock): void {
		if (this.#ending) lock.ends();
		this.#lock = lock;
	}
	runsIn(agentHome: string): void {
		this.#agentHome = agentHome;
	}
	isEmpty(): boolean {
		return this.#parts.length === 0;
	}
	begun(): boolean {
		return this.#ending !== undefined;
	}

	giveUp = (advice: string): void => {
		console.error(`${red("error:")} ${advice}`);
		void this.end(1);
	};

	/** Ends all parts and then this process. */
	end(code: number): Promise<never> {
		this.#ending ??= this.#all(code);
		return this.#ending;
	}

	#signal(name: NodeJS.Signals): void {
		const now = performance.now();
		const same = now - this.#lastPress < ONE_PRESS_MS;
		this.#lastPress = now;
		if (same) return;
		if (name === "SIGINT") this.#presses += 1;
		if (this.#presses > 1) this.#second();
		else if (!this.#ending) {
			console.log(`\n${dim("·")} ending`);
			void this.end(0);
		}
	}

	async #all(code: number): Promise<never> {
		this.#lock?.ends();
		endAll("SIGTERM");
		for (const { name, part } of [...this.#parts].reverse()) {
			try {
				await part.stop();
				console.log(`${dim("·")} ${name} ended`);
			} catch (error) {
				console.error(`${red("✗")} ${name} did not end: ${(error as Error).message}`);
			}
		}
		await this.#runs().catch((error: Error) => console.error(`${red("✗")} ${error.message}`));
		this.#lock?.release();
		return process.exit(code);
	}

	async #runs(): Promise<void> {
		if (!this.#agentHome) return;
		const count = await runsGoingOn(this.#agentHome);
		if (count === 0) return;
		const runs = count === 1 ? "1 run goes on" : `${count} runs go on`;
		console.log(`${yellow("!")} ${runs}; the next npm start takes up what ${count === 1 ? "it does" : "they do"}.`);
		const pressed = this.#presses > 1;
		if (!pressed) {
			if (this.#presses === 0) return;
			console.log(`  Ctrl-C once more ends ${count === 1 ? "it" : "them"} too: this waits ${SECOND_PRESS_MS / 1000} s for that, then ends.`);
			const second = new Promise<true>((resolve) => {
				this.#second = () => resolve(true);
			});
			if (!(await Promise.race([second, sleep(SECOND_PRESS_MS, false)]))) return;
		}
		const ended = await endRuns(this.#agentHome);
		console.log(`${dim("·")} ${ended === 1 ? "1 run" : `${ended} runs`} ended`);
	}
}
