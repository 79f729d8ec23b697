import path from "node:path";
import { childEnv } from "../../config.mjs";
import { type Part, startPart } from "../../part.ts";
import { freePortFrom, isFree } from "../../ports.ts";
import { lastLines } from "../../postgres/cluster.ts";
import { until } from "../../processes.ts";
import { Advice } from "../../progress.mjs";

const FIRST_PORT = 7411;

/** The port asked for, which must be free, or the first free one from 7411 on. */
export async function choosePort(asked: number | undefined): Promise<number> {
	if (asked === undefined) return freePortFrom(FIRST_PORT);
	if (await isFree(asked)) return asked;
	throw new Advice(`Port ${asked} is taken (or not yours to bind). Give another with --port, or none for the next free one`);
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

/** Starts the control plane; resolves once it answers, throws Advice with the end of its log if it ends first. */
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
	let ended: string | undefined;
	part.exited.then((how) => {
		ended = how;
	});
	const up = await until(() => ended !== undefined || answers(options.port), 60_000, 25);
	if (up && ended === undefined) return part;
	await part.stop(1000);
	throw new Advice(`The control plane ${ended ? `ended (${ended})` : "did not answer in 60 s"}. The end of ${part.log}:\n${lastLines(part.log, 20)}`);
}

async function answers(port: number): Promise<boolean> {
	try {
		const answer = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2000) });
		await answer.body?.cancel();
		return answer.status === 200;
	} catch {
		return false;
	}
}
