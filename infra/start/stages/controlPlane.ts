import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { childEnv } from "../../config.mjs";
import { type Part, startPart } from "../../part.ts";
import { freePortFrom, isFree } from "../../ports.ts";
import { lastLines } from "../../postgres/cluster.ts";
import { Advice } from "../../progress.mjs";

export const FIRST_PORT = 7411;

/** How often somebody else may be quicker. */
const TRIES = 5;
/** Of a control plane whose port somebody else has (web/server.ts). */
const EXIT_PORT_TAKEN = "exit code 98";
/** Milliseconds. */
const PATIENCE = 60_000;

class PortTaken extends Advice {
	constructor(port: number) {
		super(`Port ${port} is taken (or not yours to bind). Give another with --port, or none for the next free one`);
	}
}

/** On the port asked for, which must be free, or the first free one from 7411 on: the next one, where another start took it meanwhile. */
export async function onFreePort<T>(asked: number | undefined, start: (port: number) => Promise<T>): Promise<T> {
	for (let left = TRIES; ; left -= 1) {
		if (asked !== undefined && !(await isFree(asked))) throw new PortTaken(asked);
		try {
			return await start(asked ?? (await freePortFrom(FIRST_PORT)));
		} catch (error) {
			if (!(error instanceof PortTaken) || asked !== undefined || left <= 1) throw error;
		}
	}
}

export type ControlPlaneOptions = {
	databaseUrl: string;
	port: number;
	secret: string;
	logs: string;
	note?: string;
	/** More environment. */
	env?: Record<string, string | undefined>;
};

/** Starts the control plane; resolves once it answers, throws PortTaken, or Advice with the end of its log, if it ends first. */
export async function startControlPlane(options: ControlPlaneOptions): Promise<Part> {
	const part = startPart({
		name: "control plane",
		script: "web/server.ts",
		env: childEnv({
			NODE_ENV: "production",
			DATABASE_URL: options.databaseUrl,
			HOST: "127.0.0.1",
			PORT: String(options.port),
			TIDEGATE_SECRET: options.secret,
			TIDEGATE_PUBLIC_URL: `http://localhost:${options.port}`,
			...options.env,
		}),
		log: path.join(options.logs, "control-plane.log"),
		note: options.note,
	});
	// By its own word: whatever answers on the port may be somebody else's.
	const how = await Promise.race([part.ready, part.exited, sleep(PATIENCE, "slow", { ref: false })]);
	if (how === undefined) return part;
	await part.stop(1000);
	if (how === EXIT_PORT_TAKEN) throw new PortTaken(options.port);
	const why = how === "slow" ? `was not ready in ${PATIENCE / 1000} s` : `ended (${how})`;
	throw new Advice(`The control plane ${why}. The end of ${part.log}:\n${lastLines(part.log, 20)}`);
}
