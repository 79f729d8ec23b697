// `npm test`: everything that must hold, in one go. Its data is its own and goes with it, so that it never
// touches that of `npm start`, which may run at the same time.
import fs from "node:fs";
import path from "node:path";
import { build } from "../build.ts";
import { endAll } from "../command.ts";
import { root } from "../config.mjs";
import { identify, isAlive } from "../identity.mjs";
import { biome, type Check, house, knip, types } from "../lint/checks.ts";
import { removeCluster } from "../postgres/cluster.ts";
import { type Postgres, startPostgres } from "../postgres/postgres.ts";
import { Advice, bold, green, red, stage } from "../progress.mjs";
import { type Counts, sum, summary } from "./counts.ts";
import { makeTemplate } from "./database.ts";
import { python } from "./python.ts";
import { disk, homeOfRuns } from "./scratch.ts";
import { vitest } from "./vitest.ts";

const runs = homeOfRuns();
const filters = process.argv.slice(2);
const began = performance.now();
const all: Counts[] = [];
const failures: string[] = [];
let postgres: Postgres | undefined;
let dir = "";

/** Removes what killed test runs left. */
async function clean(): Promise<void> {
	// What fits into memory today may not have fitted then.
	for (const home of new Set([runs, disk])) {
		for (const name of fs.existsSync(home) ? fs.readdirSync(home) : []) {
			const left = path.join(home, name);
			try {
				if (isAlive(JSON.parse(fs.readFileSync(path.join(left, "owner.json"), "utf8")))) continue;
			} catch {
				// Without a note it was killed before it wrote one.
			}
			await removeCluster(path.join(left, "postgres"));
			fs.rmSync(left, { recursive: true, force: true });
		}
	}
}

function makeDir(): string {
	fs.mkdirSync(runs, { recursive: true, mode: 0o700 });
	const made = fs.mkdtempSync(path.join(runs, "run-"));
	fs.writeFileSync(path.join(made, "owner.json"), JSON.stringify(identify(process.pid)));
	fs.mkdirSync(path.join(made, "tmp"));
	return made;
}

async function counted(name: string, work: (note: (text: string) => void) => Promise<Counts | Counts[]>): Promise<void> {
	const found: Counts[] = [];
	try {
		await stage(name, async (note) => {
			found.push(...[await work(note)].flat());
			if (sum(found).failed > 0) throw new Error("failed");
		});
	} catch (error) {
		if (found.length === 0)
			found.push({ passed: 0, failed: 1, skipped: 0, said: error instanceof Error ? (error.stack ?? error.message) : String(error) });
	}
	all.push(...found);
	for (const { said } of found) if (said) failures.push(`${bold(name)}\n${said.trimEnd()}`);
}

async function checked(check: Check): Promise<Counts> {
	const said = await check.run(root);
	return said ? { passed: 0, failed: 1, skipped: 0, said } : { passed: 1, failed: 0, skipped: 0 };
}

async function everything(): Promise<void> {
	await clean();
	dir = makeDir();
	// A build leaves half of the processors to what needs nothing of it.
	const begin = (checks: Check[]) => checks.map((check) => counted(check.name, () => checked(check)));
	const early = filters.length > 0 ? [] : [...begin([house, biome]), counted("python", (note) => python(note, dir))];
	try {
		await stage("build", async (note) => note(await build(note)));
	} catch (error) {
		await Promise.all(early);
		throw error;
	}
	postgres = await stage("postgres", async (note) => {
		const server = await startPostgres({ dir: path.join(dir, "postgres"), maxConnections: 300, durable: false });
		note(`port ${server.port}`);
		await makeTemplate(server.url);
		return server;
	});
	const databaseUrl = postgres.url;
	const tests = () => counted("tests", (note) => vitest({ filters, dir, databaseUrl, note }));
	if (filters.length > 0) return tests();
	await Promise.all([...early, ...begin([knip, types]), tests()]);
}

async function tidy(): Promise<void> {
	if (postgres) await postgres.discard();
	// It may be on its way.
	else if (dir) await removeCluster(path.join(dir, "postgres"));
	if (dir) fs.rmSync(dir, { recursive: true, force: true });
}

let interrupted = false;
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
	process.on(name, () => {
		if (interrupted) return;
		interrupted = true;
		endAll("SIGTERM");
		void tidy().finally(() => process.exit(130));
	});
}
try {
	await everything();
} catch (error) {
	failures.push(error instanceof Advice ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error));
	all.push({ passed: 0, failed: 1, skipped: 0 });
}
// On Ctrl-C the handler tidies up and exits; half a summary would only mislead.
if (interrupted) await new Promise(() => undefined);
await tidy();
for (const failure of failures) console.log(`\n${red("✗")} ${failure}`);
const total = sum(all);
if (filters.length > 0 && total.passed + total.failed === 0) {
	console.log(`\nNo test file's path holds ${filters.join(" or ")}`);
	total.failed = 1;
}
console.log(`\nin ${((performance.now() - began) / 1000).toFixed(0)} s`);
console.log((total.failed > 0 ? red : green)(summary(total)));
process.exitCode = total.failed > 0 ? 1 : 0;
