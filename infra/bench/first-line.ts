// From the trigger to the flow's own first line, a fresh interpreter each time, against `python3` started bare on the same file.
// The flow notes the wall clock as its first act: one machine, one clock.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { deploy, project, withStack } from "./flows.ts";
import { machine, median, row, sample } from "./measure.ts";

const TIMES = 40;

export async function bench(): Promise<void> {
	machine();
	await withStack(2, async (stack) => {
		const note = path.join(stack.dir, "first-line");
		const body = (indent: string) => `${indent}import time\n${indent}open(${JSON.stringify(note)}, "w").write(str(time.time()))\n`;
		const bare = path.join(stack.dir, "bare.py");
		fs.writeFileSync(bare, body(""));
		await deploy(stack, project(stack, "first", { "flow.py": `from tidegate import flow\n\n@flow\ndef first():\n${body("    ")}` }));
		const python = spawnSync("python3", ["-c", "import sys; print(sys.executable)"], { encoding: "utf8" }).stdout.trim();
		const since = (began: number) => Number(fs.readFileSync(note, "utf8")) * 1000 - began;

		const alone = await sample(TIMES, async () => {
			const began = Date.now();
			spawnSync(python, [bare]);
			return since(began);
		});
		const whole = await sample(TIMES, async () => {
			const began = Date.now();
			await (await stack.client.trigger("first")).result();
			return since(began);
		});
		row("bare python3 → first line", alone);
		row("trigger → first line", whole);
		console.log(`\ntrigger costs ${(median(whole) - median(alone)).toFixed(1)} ms more at the median (the aim: ≤ 25 ms)`);
	});
}
