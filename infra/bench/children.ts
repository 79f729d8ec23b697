// A thousand small child runs on one agent: seconds until their parent has all results, beside as many bare interpreters.
import { spawnSync } from "node:child_process";
import { deploy, project, withStack } from "./flows.ts";
import { load, machine } from "./measure.ts";

const CHILDREN = 1000;
const SLOTS = 10;
const BARE = 50;
const FLOW = `from tidegate import flow, run_flow

@flow
def small(n: int) -> int:
    return n

@flow
def fan() -> int:
    return sum(run_flow.map("small", [{"n": n} for n in range(${CHILDREN})]).results())
`;

export async function bench(): Promise<void> {
	machine();
	const starting = performance.now();
	for (let n = 0; n < BARE; n += 1) spawnSync("python3", ["-c", "pass"]);
	const bare = (performance.now() - starting) / BARE;
	await withStack(SLOTS, async (stack) => {
		await deploy(stack, project(stack, "fan", { "flow.py": FLOW }));
		await (await stack.client.trigger("small", { n: 1 })).result();
		const began = performance.now();
		const total = await (await stack.client.trigger("fan")).result();
		const seconds = (performance.now() - began) / 1000;
		if (total !== (CHILDREN * (CHILDREN - 1)) / 2) throw new Error(`fan answered ${JSON.stringify(total)}`);
		const [last] = (await stack.client.runs({ limit: 1 })).runs;
		const found = last && (await stack.client.api.runs.get.query({ id: last.id })).executions[0];
		const memory = ((found?.peakMemory ?? 0) / 1024 / 1024).toFixed(0);
		console.log(`${CHILDREN} children on one agent of ${SLOTS} slots: ${seconds.toFixed(1)} s, ${((seconds / CHILDREN) * 1000).toFixed(1)} ms each`);
		console.log(
			`a process of one: ${memory} MiB at most, ${found?.cpuSeconds ?? "?"} s of processor; a bare interpreter takes ${bare.toFixed(0)} ms, one after the other`,
		);
		load();
	});
}
