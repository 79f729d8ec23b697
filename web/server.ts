/**
 * Composition root of the control plane: Node's http with the API, the agents' gateway and uploads straight on it, Next behind them for pages,
 * web sockets for what is live, and the workers. Everything hot is answered before Next is asked.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { nodeHTTPRequestHandler } from "@trpc/server/adapters/node-http";
import { MAX_BATCH } from "tidegate/protocol/limits.ts";
import { projectYamlSchema } from "tidegate/protocol/project-yaml.ts";
import { EnvironmentError, readEnvironment, type Settings, tellNextAuth } from "./src/env.ts";
import { handleDeviceLogin } from "./src/features/devices/door.ts";
import { Sweep } from "./src/features/runs/sweep.ts";
import { chunkCollection } from "./src/features/versions/collect.ts";
import { handleUpload } from "./src/features/versions/upload.ts";
import { handle as handleGateway } from "./src/gateway/index.ts";
import { appRouter } from "./src/router.ts";
import { handleAuth } from "./src/server/auth.ts";
import { answerJson, callLimit } from "./src/server/bodies.ts";
import { type Jobs, startJobs } from "./src/server/boss.ts";
import { writeUses } from "./src/server/callers.ts";
import { assertRoles, connect } from "./src/server/connect.ts";
import { httpContext } from "./src/server/context.ts";
import { publicError, Refused, toRefusal } from "./src/server/errors.ts";
import { NO_PAGE, setContentPolicy, setHeaders, takePolicyReport } from "./src/server/headers.ts";
import { isHealthy } from "./src/server/health.ts";
import { housekeeping, makePartitions } from "./src/server/housekeeping.ts";
import { log } from "./src/server/log.ts";
import { address, isSameOrigin } from "./src/server/origin.ts";
import { type Pages, preparePages } from "./src/server/pages.ts";
import { setServer } from "./src/server/process.ts";
import { bus } from "./src/server/pubsub.ts";
import { forgetRates, limit } from "./src/server/rates.ts";
import { attachSockets } from "./src/server/sockets.ts";

/** How long requests that are being answered may take once the server stops, milliseconds. */
const DRAIN = 5_000;

/** All but the database's URL have defaults: 127.0.0.1, a free port, a secret of this process, pages and jobs. */
export type StartOptions = Partial<Settings> & {
	databaseUrl: string;
	/** False: pg-boss is not started, for tests that need none. */
	jobs?: boolean;
	/** Called once requests are answered. */
	listening?: () => void;
};

export interface Running {
	/** http://host:port, where it listens. */
	url: string;
	port: number;
	/** Ends in order, within DRAIN and a second. */
	close(): Promise<void>;
}

type Handler = (req: IncomingMessage, res: ServerResponse) => Promise<void> | void;

async function answerHealth(_req: IncomingMessage, res: ServerResponse): Promise<void> {
	res.setHeader("cache-control", "no-store");
	if (await isHealthy()) return answerJson(res, 200, { ok: true });
	answerJson(res, 503, { ok: false, reason: "database", message: "The control plane does not reach its database." });
}

/** A restart would not bring the database back: who restarts what fails asks here. */
function answerLife(_req: IncomingMessage, res: ServerResponse): void {
	answerJson(res, 200, { ok: true });
}

async function answerTrpc(req: IncomingMessage, res: ServerResponse): Promise<void> {
	const path = pathOf(req).slice("/trpc/".length);
	res.setHeader("cache-control", "no-store");
	await nodeHTTPRequestHandler({
		router: appRouter,
		req,
		res,
		path,
		maxBodySize: callLimit(path),
		maxBatchSize: MAX_BATCH,
		createContext: () => httpContext(req),
	});
}

async function answerUpload(req: IncomingMessage, res: ServerResponse): Promise<void> {
	try {
		await handleUpload(req, res);
	} catch (error) {
		// Who left in the middle is told nothing, and nothing went wrong here.
		if (res.destroyed) return;
		const told = publicError(error, "upload");
		answerJson(res, told.status, toRefusal(told));
	}
}

async function answerAuth(req: IncomingMessage, res: ServerResponse): Promise<void> {
	if (req.method === "POST") {
		if (!isSameOrigin(req)) throw new Refused("cross_origin", "This request came from a page of another site.");
	}
	// An identity provider sends people back by GET.
	if (req.method === "POST" || pathOf(req).startsWith("/api/auth/callback/")) limit("signIn", address(req));
	await handleAuth(req, res);
}

async function answerReport(req: IncomingMessage, res: ServerResponse): Promise<void> {
	limit("report", address(req));
	await takePolicyReport(req, res);
}

/** For editors: what tidegate.yaml may hold says nothing about anybody. */
async function answerSchema(_req: IncomingMessage, res: ServerResponse): Promise<void> {
	const body = JSON.stringify(projectYamlSchema());
	const headers = { "content-type": "application/schema+json", "cache-control": "public, max-age=3600", "access-control-allow-origin": "*" };
	res.writeHead(200, { ...headers, "content-length": Buffer.byteLength(body) });
	res.end(body);
}

const pathOf = (req: IncomingMessage): string => (req.url ?? "/").split("?")[0] as string;

function handlerOf(path: string): Handler | undefined {
	if (path.startsWith("/trpc/")) return answerTrpc;
	if (path.startsWith("/gateway/")) return handleGateway;
	if (path === "/upload") return answerUpload;
	if (path === "/healthz") return answerHealth;
	if (path === "/livez") return answerLife;
	if (path.startsWith("/api/auth/")) return answerAuth;
	if (path.startsWith("/api/device/")) return handleDeviceLogin;
	if (path === "/csp-report") return answerReport;
	if (path === "/schemas/tidegate.json") return answerSchema;
	return undefined;
}

/** Next answers 500 for an address that it can't decode, and logs a stack. */
function isReadable(url: string): boolean {
	try {
		decodeURIComponent(new URL(url, "http://localhost").pathname);
		return true;
	} catch {
		return false;
	}
}

/** @returns the one request listener. @param pages what is asked for whatever is not ours. */
function listener(publicUrl: string, dev: boolean, pages: Pages | undefined): Handler {
	return async (req, res) => {
		try {
			setHeaders(res, publicUrl);
			const handler = handlerOf(pathOf(req));
			if (handler) {
				// No page: whatever a browser is led to take for one shows and runs nothing.
				res.setHeader("content-security-policy", NO_PAGE);
				return await handler(req, res);
			}
			if (!isReadable(req.url ?? "/"))
				throw new Refused("bad_request", "This address can't be read: it is no URL, or what stands behind a % in it is no letter.");
			if (!pages) throw new Refused("not_found", "There is nothing here: this server was started without its pages.");
			setContentPolicy(req, res, dev);
			await pages.handle(req, res);
		} catch (error) {
			// Who left in the middle is told nothing.
			if (res.destroyed) return;
			const { status, reason, message } = publicError(error, pathOf(req).split("/")[1] ?? "");
			answerJson(res, status, { error: { message, reason } });
		}
	};
}

function listen(http: ReturnType<typeof createServer>, host: string, port: number): Promise<number> {
	return new Promise((resolve, reject) => {
		http.once("error", reject);
		http.listen({ host, port }, () => {
			http.off("error", reject);
			resolve((http.address() as AddressInfo).port);
		});
	});
}

/** Waits until what is being answered is answered, but no longer than DRAIN. */
async function drain(http: ReturnType<typeof createServer>): Promise<void> {
	const closed = new Promise((resolve) => http.close(resolve));
	// Connections that are kept alive become idle one by one, with their last answer.
	const idle = setInterval(() => http.closeIdleConnections(), 50);
	const late = setTimeout(() => http.closeAllConnections(), DRAIN);
	await closed;
	clearInterval(idle);
	clearTimeout(late);
}

function startWorkers(databaseUrl: string, jobs: boolean): { stop(): Promise<void> } {
	const sweep = new Sweep();
	sweep.start();
	// Nothing waits for the job queue: its first start makes a schema, and the database may be busy.
	const boss: Promise<Jobs | undefined> = jobs
		? startJobs(databaseUrl, [...housekeeping, chunkCollection]).catch((error) => void log.error("the job queue did not start", { error }))
		: Promise.resolve(undefined);
	return {
		stop: async () => {
			await Promise.all([sweep.stop(), boss.then((started) => started?.stop())]);
		},
	};
}

/** Starts the control plane on a migrated database. One per process: what both module graphs share is the process's. */
export async function startServer(options: StartOptions): Promise<Running> {
	const { databaseUrl, host = "127.0.0.1", dev = false, proxies = 0, triggersPerSecond = 100 } = options;
	const pools = connect(databaseUrl);
	const stopping = new AbortController();
	const http = createServer({ keepAliveTimeout: 65_000, headersTimeout: 10_000, requestTimeout: 120_000 });
	try {
		await assertRoles();
		await makePartitions();
		const port = await listen(http, host, options.port ?? 0);
		const url = `http://${host}:${port}`;
		const publicUrl = options.publicUrl ?? `http://localhost:${port}`;
		const secret = options.secret ?? randomBytes(32).toString("hex");
		setServer({ secret, publicUrl, proxies, triggersPerSecond, provider: options.provider, stopping: stopping.signal });
		tellNextAuth(publicUrl);
		const pages = (options.pages ?? true) ? preparePages(import.meta.dirname, dev, host, port, options.pagesDir) : undefined;
		// Before anything else is waited for: a request that finds no listener would never be answered.
		http.on("request", listener(publicUrl, dev, pages));
		options.listening?.();
		const sockets = attachSockets(http, appRouter, pages?.upgrade);
		await bus.join(databaseUrl);
		const workers = startWorkers(databaseUrl, options.jobs ?? true);
		log.info("the control plane listens", { url });
		const close = once(async () => {
			stopping.abort();
			await Promise.all([drain(http), sockets.close(), workers.stop()]);
			await pages?.close();
			await writeUses();
			await bus.leave();
			await pools.close();
			forgetRates();
			setServer(undefined);
		});
		await pages?.ready.catch(async (error) => {
			await close();
			throw error;
		});
		return { url, port, close };
	} catch (error) {
		http.close();
		await pools.close();
		throw error;
	}
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
	let done: Promise<T> | undefined;
	return () => {
		done ??= work();
		return done;
	};
}

async function main(): Promise<void> {
	const settings = readEnvironment();
	// Whoever started this process could not tell it from another that has the port.
	const running = await startServer({ ...settings, listening: () => process.send?.("ready") });
	const end = (): void => {
		log.info("the control plane stops");
		running.close().then(
			() => process.exit(0),
			(error) => {
				log.error("the control plane did not stop in order", { error });
				process.exit(1);
			},
		);
	};
	process.once("SIGTERM", end);
	process.once("SIGINT", end);
	process.on("uncaughtException", (error) => {
		log.error("an error that nobody caught", { error });
		end();
		process.exitCode = 1;
	});
}

/** Exit code of a start whose port was taken: Linux's number for it. */
const EADDRINUSE = 98;

if (import.meta.main) {
	main().catch((error: NodeJS.ErrnoException) => {
		// Nothing sealed has been read yet: here a message may be told.
		if (error instanceof EnvironmentError) log.error("the control plane did not start", { note: error.message });
		else log.error("the control plane did not start", { note: error.message, error });
		process.exit(error.code === "EADDRINUSE" ? EADDRINUSE : 1);
	});
}
