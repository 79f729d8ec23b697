// `npm run chaos -- --seed N --kills 300`: kills at random, and says whether every run came out right.
import { parseArgs } from "node:util";
import { build } from "../build.ts";
import { bold, green, red, stage } from "../progress.mjs";
import { type Chaos, chaos } from "./chaos.ts";

function number(name: string, value: string | undefined, otherwise: number): number {
	const given = value === undefined ? otherwise : Number(value);
	if (!Number.isInteger(given) || given < 1) throw new Error(`--${name} ${value} is no number above 0: npm run chaos -- --help`);
	return given;
}

function table({ kills, runs, children, executions, repeated, moved, seconds }: Chaos): void {
	const of = (target: string): number => kills.filter((kill) => kill.target === target).length;
	const rows: Array<[string, string]> = [
		["kills", `${kills.length}: flow ${of("flow")}, agent ${of("agent")}, server ${of("server")}, Postgres ${of("postgres")}`],
		["runs", `${runs}, and ${children} children`],
		[
			"executions",
			Object.entries(executions)
				.map(([outcome, count]) => `${outcome} ${count}`)
				.join(", "),
		],
		["effects written again", `${repeated} cut off by a kill, ${moved} on another agent's store`],
		["seconds", seconds.toFixed(0)],
	];
	for (const [name, value] of rows) console.log(`${name.padEnd(24)}${value}`);
}

async function main(): Promise<void> {
	const { values } = parseArgs({
		options: { seed: { type: "string" }, kills: { type: "string" }, runs: { type: "string" }, seconds: { type: "string" } },
	});
	const seed = number("seed", values.seed, (Date.now() % 1_000_000) + 1);
	const kills = number("kills", values.kills, 300);
	const runs = number("runs", values.runs, 4);
	const seconds = number("seconds", values.seconds, 1800);
	await stage("build", async (note) => note(await build(note, ["//#generate", "tidegate#build"])));
	const replay = `npm run chaos -- --seed ${seed} --kills ${kills} --runs ${runs}`;
	console.log(bold(`seed ${seed}`));
	const found = await stage("chaos", (note) => chaos({ seed, kills, runs, seconds, note }));
	table(found);
	for (const wrong of found.wrong) console.log(red(wrong));
	const short = found.kills.length < kills ? `, ${kills - found.kills.length} kills fewer than asked, for the time was over` : "";
	console.log(found.wrong.length === 0 ? green(`every run came out right${short}`) : red(`${found.wrong.length} things are wrong${short}`));
	console.log(`The same plan of kills again (moments differ by what the machine does beside): ${replay}`);
	process.exitCode = found.wrong.length === 0 && short === "" ? 0 : 1;
}

main().catch((error) => {
	console.error(red(error instanceof Error ? (error.stack ?? error.message) : String(error)));
	process.exitCode = 1;
});
