// A real Postgres 18 from npm, without its JavaScript wrapper: started, found ready and ended by us, as root
// or not, under any path, after any crash.
import { type ChildProcess, spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { type Identity, identify } from "../identity.mjs";
import { freePort, isFree } from "../ports.ts";
import { end, until } from "../processes.ts";
import { endLeftovers, lastLines, prepare, removeCluster, superuserUrl } from "./cluster.ts";

export type Postgres = {
	/** Superuser, database `postgres`. */
	url: string;
	port: number;
	pid: number;
	log: string;
	/** Settles when the server is gone, however it went. */
	exited: Promise<void>;
	/** A fast shutdown: sessions are ended, data is flushed. */
	stop(): Promise<void>;
	/** Ends it without bringing to the disk what it still holds, and removes all of it. */
	discard(): Promise<void>;
};

export type PostgresOptions = {
	/** Holds the cluster, password, port and log; made when missing. */
	dir: string;
	maxConnections?: number;
	/** The port to insist on, for a server that must come back where it was. */
	port?: number;
	/** False for a cluster that nobody needs after a power cut (tests): it waits for no disk. A kill -9 loses nothing all the same. Default true. */
	durable?: boolean;
};

async function choosePort(dir: string): Promise<number> {
	const note = path.join(dir, "port");
	const before = Number.parseInt(fs.existsSync(note) ? fs.readFileSync(note, "utf8") : "", 10);
	return before > 0 && (await isFree(before)) ? before : freePort();
}

/** True once the postmaster with that pid wrote that it takes connections. */
function isReady(data: string, pid: number): boolean {
	try {
		const lines = fs.readFileSync(path.join(data, "postmaster.pid"), "utf8").split("\n");
		return Number(lines[0]) === pid && lines[7]?.trim() === "ready";
	} catch {
		return false;
	}
}

export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
	const dir = path.resolve(options.dir);
	const cluster = await prepare(dir, options.durable ?? true);
	await endLeftovers(cluster.data);
	// The port is free when chosen, but may be taken before Postgres binds it.
	for (let attempt = 1; ; attempt += 1) {
		const port = options.port ?? (await choosePort(dir));
		const [command = "", ...prefix] = [...cluster.way.prefix, path.join(cluster.way.bin, "postgres")];
		const settings = [`max_connections=${options.maxConnections ?? 100}`, "timezone=UTC", "log_timezone=UTC", "log_line_prefix=%m [%p] %d "];
		if (options.durable === false) settings.push("fsync=off", "full_page_writes=off", "autovacuum_naptime=10min");
		const args = ["-D", cluster.data, "-p", String(port), "-h", "127.0.0.1", "-k", "", ...settings.flatMap((s) => ["-c", s])];
		const mark = fs.existsSync(cluster.log) ? fs.statSync(cluster.log).size : 0;
		// A file, not a pipe: a backend that outlives the postmaster would hold a pipe open. Its own session, so
		// that Ctrl-C in the terminal reaches only us, who end the parts in order.
		const out = fs.openSync(cluster.log, "a", 0o600);
		const child = spawn(command, [...prefix, ...args], { cwd: dir, stdio: ["ignore", out, out], detached: true });
		fs.closeSync(out);
		const server = await ready(child, cluster.data);
		if (server) {
			fs.writeFileSync(path.join(dir, "port"), `${port}\n`, { mode: 0o600 });
			return running(child, server, { dir, log: cluster.log, port, password: cluster.password });
		}
		const said = fs.readFileSync(cluster.log, "utf8").slice(mark);
		if (attempt < 5 && options.port === undefined && said.includes("could not bind")) continue;
		throw new Error(`Postgres did not start (${cluster.log}):\n${lastLines(cluster.log)}`);
	}
}

async function ready(child: ChildProcess, data: string): Promise<Identity | undefined> {
	let gone = false;
	child.once("error", () => {
		gone = true;
	});
	child.once("exit", () => {
		gone = true;
	});
	const pid = child.pid ?? 0;
	// Recovery after a crash replays the log first: allow it time.
	await until(() => gone || isReady(data, pid), 120_000);
	const who = gone ? undefined : identify(pid);
	if (!who && !gone) child.kill("SIGQUIT");
	return who;
}

function running(
	child: ChildProcess,
	who: Identity,
	{ dir, log, port, password }: { dir: string; log: string; port: number; password: string },
): Postgres {
	const exited = new Promise<void>((resolve) => {
		if (child.exitCode !== null || child.signalCode !== null) resolve();
		else child.once("exit", () => resolve());
	});
	return {
		url: superuserUrl(password, port),
		port,
		pid: who.pid,
		log,
		exited,
		stop: async () => {
			await end(who, ["SIGINT", "SIGQUIT"], 10_000);
			await exited;
		},
		discard: async () => {
			await end(who, ["SIGQUIT"], 10_000);
			await exited;
			await removeCluster(dir);
		},
	};
}
