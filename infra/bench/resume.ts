// A run of a thousand tasks that failed, and the one that goes on from it: seconds from asking until the first task that is new.
import fs from "node:fs";
import path from "node:path";
import { deploy, project, withStack } from "./flows.ts";
import { load, machine } from "./measure.ts";

const TASKS = 1000;
const FLOW = `import os, time
from tidegate import flow, task

@task
def step(n: int) -> int:
    return n

@task
def fresh() -> float:
    return time.time()

@flow
def long(go: str):
    bare = time.perf_counter()
    sum(n for n in range(${TASKS}))
    bare = time.perf_counter() - bare
    began = time.time()
    total = sum(step(n) for n in range(${TASKS}))
    if not os.path.exists(go):
        raise RuntimeError("fails at the end")
    return {"began": began, "fresh": fresh(), "total": total, "bare": bare}
`;

export async function bench(): Promise<void> {
	machine();
	await withStack(2, async (stack) => {
		await deploy(stack, project(stack, "long", { "flow.py": FLOW }));
		const go = path.join(stack.dir, "go");
		const run = await stack.client.trigger("long", { go });
		await run.result().catch(() => undefined);
		fs.writeFileSync(go, "");
		const asked = Date.now() / 1000;
		const { began, fresh, bare } = await (await run.relaunch()).result<{ began: number; fresh: number; bare: number }>();
		console.log(`asked → first new task ${(fresh - asked).toFixed(3)} s, of which ${TASKS} remembered tasks took ${(fresh - began).toFixed(3)} s`);
		console.log(`the bare loop of as many, in the same process: ${(bare * 1e6).toFixed(0)} µs`);
		load();
	});
}
