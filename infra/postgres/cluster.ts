// The files of one embedded Postgres: the cluster, and beside it the password, the way, the port and the log.
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { identify } from "../identity.mjs";
import { end, processesIn, until } from "../processes.ts";
import { elsewhereOf, findWay, type Way } from "./ways.ts";

export type Cluster = { dir: string; data: string; log: string; way: Way; password: string };

function ownAll(target: string, owner: { uid: number; gid: number }): void {
	const now = fs.lstatSync(target);
	if (now.uid !== owner.uid) fs.lchownSync(target, owner.uid, owner.gid);
	if (!now.isDirectory()) return;
	for (const name of fs.readdirSync(target)) ownAll(path.join(target, name), owner);
}

function readPassword(file: string): string {
	try {
		return fs.readFileSync(file, "utf8").trim();
	} catch (cause) {
		if ((cause as NodeJS.ErrnoException).code === "ENOENT") return "";
		throw new Error(
			`${file} cannot be read: the data belongs to another user (an earlier start with sudo?). ` +
				"Start as that user, or give the folder back with chown -R.",
			{ cause },
		);
	}
}

/** Superuser URL of the server that runs, or last ran, from a folder of ours. */
export function urlOf(dir: string): string {
	const port = fs.readFileSync(path.join(dir, "port"), "utf8").trim();
	return superuserUrl(readPassword(path.join(dir, "password")), port);
}

export function superuserUrl(password: string, port: number | string): string {
	return `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
}

/** What the log ends with, for a failure to be shown with its reason. */
export function lastLines(file: string, count = 12): string {
	try {
		return fs.readFileSync(file, "utf8").trimEnd().split("\n").slice(-count).join("\n");
	} catch {
		return "";
	}
}

function initdb(cluster: Cluster, passwordFile: string, sync: boolean): Promise<void> {
	const { way, log, data } = cluster;
	const [command = "", ...prefix] = [...way.prefix, path.join(way.bin, "initdb")];
	const args = ["-D", `${data}.new`, "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "scram-sha-256", `--pwfile=${passwordFile}`];
	if (!sync) args.push("--no-sync");
	const out = fs.openSync(log, "a");
	const child = spawn(command, [...prefix, ...args], { stdio: ["ignore", out, out], cwd: path.dirname(data), detached: true });
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code) => {
			fs.closeSync(out);
			if (code === 0) resolve();
			else reject(new Error(`initdb failed (${log}):\n${lastLines(log)}`));
		});
	});
}

/** Makes the cluster if it is not there; one that was only half made by a killed start is made again. */
export async function prepare(dir: string, sync: boolean): Promise<Cluster> {
	fs.mkdirSync(dir, { recursive: true, mode: 0o700 });
	const way = findWay(dir);
	const home = way.elsewhere ? path.join(way.elsewhere, "cluster") : dir;
	if (way.elsewhere) fs.mkdirSync(home, { recursive: true, mode: 0o700 });
	const passwordFile = path.join(dir, "password");
	let password = readPassword(passwordFile);
	const cluster: Cluster = { dir, data: path.join(home, "data"), log: path.join(dir, "postgres.log"), way, password };
	if (!fs.existsSync(cluster.data)) {
		password = cluster.password = randomBytes(24).toString("base64url");
		fs.writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
		fs.rmSync(`${cluster.data}.new`, { recursive: true, force: true });
		fs.mkdirSync(`${cluster.data}.new`, { mode: 0o700 });
		// initdb reads the password itself, as whoever it runs as.
		const handed = path.join(home, "password.new");
		fs.writeFileSync(handed, `${password}\n`, { mode: 0o600 });
		if (way.owner) {
			fs.chownSync(handed, way.owner.uid, way.owner.gid);
			fs.chownSync(`${cluster.data}.new`, way.owner.uid, way.owner.gid);
			if (way.elsewhere || way.name === "owner") fs.chownSync(home, way.owner.uid, way.owner.gid);
		}
		try {
			await initdb(cluster, handed, sync);
		} finally {
			fs.rmSync(handed, { force: true });
		}
		fs.renameSync(`${cluster.data}.new`, cluster.data);
	} else if (password === "") {
		throw new Error(`${passwordFile} is missing, so the Postgres data beside it cannot be opened: npm start -- --fresh begins anew`);
	} else if (process.getuid?.() === 0) {
		ownAll(cluster.data, way.owner ?? { uid: 0, gid: 0 });
	}
	fs.writeFileSync(path.join(dir, "way"), `${way.name}\n`, { mode: 0o600 });
	return cluster;
}

/**
 * Ends a postmaster of this cluster that an earlier start left, and what it left in turn after a kill -9
 * (backends keep the shared memory, and Postgres then refuses to start).
 */
export async function endLeftovers(data: string): Promise<void> {
	const pidFile = path.join(data, "postmaster.pid");
	const pid = Number.parseInt(fs.existsSync(pidFile) ? (fs.readFileSync(pidFile, "utf8").split("\n")[0] ?? "") : "", 10);
	const inside = processesIn(data);
	const postmaster = process.platform === "linux" ? inside.find((who) => who.pid === pid) : identify(pid);
	if (postmaster) await end(postmaster, ["SIGINT", "SIGQUIT"], 5000);
	for (const who of processesIn(data)) await end(who, ["SIGQUIT"], 500);
	await until(() => processesIn(data).length === 0, 5000);
	// Its pid now belongs to a stranger, or to nobody: Postgres would take the former for a live postmaster.
	if (process.platform === "linux") fs.rmSync(pidFile, { force: true });
}

/** Removes a cluster and all beside it, ending what still runs in it. */
export async function removeCluster(dir: string): Promise<void> {
	for (const home of [path.resolve(dir), path.join(elsewhereOf(path.resolve(dir)), "cluster")]) {
		if (fs.existsSync(path.join(home, "data"))) await endLeftovers(path.join(home, "data"));
	}
	fs.rmSync(elsewhereOf(path.resolve(dir)), { recursive: true, force: true });
	fs.rmSync(dir, { recursive: true, force: true });
}
