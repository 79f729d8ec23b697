import fs from "node:fs";
import path from "node:path";
import { databaseUrl, stateDir } from "../config.mjs";
import { removeCluster } from "../postgres/cluster.ts";
import { Advice, yellow } from "../progress.mjs";
import { places } from "./places.ts";
import { endRuns } from "./stages/agent.ts";

/** What is not data: locks, what belongs to tests, and pages, which a start beside this one may answer with. */
const KEPT = /\.lock$|^(?:test|pages)$/;

/** Deletes the data of earlier starts, telling what. The caller holds the lock, so nothing of it is in use. */
export async function deleteAll(): Promise<void> {
	if (databaseUrl) {
		throw new Advice("--fresh deletes the embedded database, and DATABASE_URL names another. Empty that one yourself, or unset DATABASE_URL");
	}
	const names = fs.readdirSync(stateDir).filter((name) => !KEPT.test(name) && !name.startsWith("start.lock"));
	if (names.length === 0) return;
	console.log(`${yellow("!")} --fresh deletes ${stateDir}: ${names.join(", ")}`);
	console.log("  (all flows, runs and their logs, the agent's runs, and the workspace key that they were sealed with)");
	if (fs.existsSync(places.agent)) await endRuns(places.agent).catch(() => undefined);
	await removeCluster(places.postgres);
	for (const name of names) fs.rmSync(path.join(stateDir, name), { recursive: true, force: true });
}
