/** An enrolled agent and its control plane for one test, and the ways to wait for what should come. Everything that was started is ended with it. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { enrol } from "../enrol.ts";
import type { Output } from "../output.ts";
import { start } from "../start.ts";
import { stopAgent } from "../stop.ts";
import { ControlPlane } from "./control-plane.ts";
import type { RunRecord } from "./deployed.ts";

export interface Running {
	/** As SIGTERM: resolves to the exit code. */
	stop(): Promise<number>;
	exit: Promise<number>;
}

export class World {
	readonly plane: ControlPlane;
	readonly folder: string;
	readonly home: string;
	/** What the agent said of itself. */
	readonly lines: string[] = [];
	readonly #agents: Running[] = [];

	private constructor(plane: ControlPlane, folder: string) {
		this.plane = plane;
		this.folder = folder;
		this.home = join(folder, "home");
	}

	static async make(): Promise<World> {
		const plane = await ControlPlane.start();
		const world = new World(plane, mkdtempSync(join(tmpdir(), "tidegate agent ")));
		await enrol({ home: world.home, url: plane.url, token: "tge_test", name: "test", key: async () => plane.raw });
		return world;
	}

	get output(): Output {
		const say = (line: string): void => void this.lines.push(line);
		return { info: say, warn: say, error: say };
	}

	/** The agent in this process, which is quick. Its own end by kill -9 is for kill.test.ts. */
	agent(slots = 2): Running {
		const controller = new AbortController();
		const exit = start({ home: this.home, slots, output: this.output, signal: controller.signal });
		const running: Running = {
			exit,
			stop: () => {
				controller.abort(new Error("test"));
				return exit;
			},
		};
		this.#agents.push(running);
		return running;
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await Promise.all(this.#agents.map((agent) => agent.stop().catch(() => 1)));
		await stopAgent(this.home, { endRuns: true, graceMs: 0 });
		await this.plane.away();
		// Something may still be compiling there.
		rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
	}
}

/** Throws with `what` where it does not come true in `ms`. */
export async function until(what: string, condition: () => unknown, ms = 15_000): Promise<void> {
	for (const end = performance.now() + ms; ; ) {
		if (await condition()) return;
		if (performance.now() > end) throw new Error(`it did not happen within ${ms} ms: ${what}`);
		await sleep(10);
	}
}

export const finished = (run: RunRecord): Promise<void> => until("the run's finish", () => run.finish !== null);
