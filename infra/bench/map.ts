// Ten thousand items in threads, each of which does nothing: microseconds an item over the bare loop, and over a bare pool of threads.
import { deploy, project, withStack } from "./flows.ts";
import { load, machine } from "./measure.ts";

const ITEMS = 10_000;
const FLOW = `import time
from concurrent.futures import ThreadPoolExecutor
from tidegate import flow, task

def plain(n: int) -> int:
    return n + 1

@task
def kept(n: int) -> int:
    return n + 1

@task(cache=False)
def passing(n: int) -> int:
    return n + 1

def timed(work) -> float:
    began = time.perf_counter()
    assert sum(work()) == ${ITEMS} * (${ITEMS} + 1) // 2
    return (time.perf_counter() - began) / ${ITEMS} * 1e6

@flow
def mapped():
    items = range(${ITEMS})
    with ThreadPoolExecutor(8) as pool:
        threads = timed(lambda: pool.map(plain, items))
    return {
        "bare": timed(lambda: [plain(n) for n in items]),
        "threads": threads,
        "passing": timed(lambda: passing.map(items, concurrency=8).results()),
        "kept": timed(lambda: kept.map(items, concurrency=8).results()),
    }
`;
type Taken = Record<"bare" | "threads" | "passing" | "kept", number>;

export async function bench(): Promise<void> {
	machine();
	await withStack(2, async (stack) => {
		await deploy(stack, project(stack, "mapped", { "flow.py": FLOW }));
		const { bare, threads, passing, kept } = await (await stack.client.trigger("mapped")).result<Taken>();
		console.log(`${ITEMS} items; a bare loop ${bare.toFixed(2)} µs an item, a bare pool of 8 threads ${threads.toFixed(1)} µs`);
		for (const [name, micros] of Object.entries({ "without a store": passing, "each kept in the store": kept }))
			console.log(`task.map, ${name}: ${micros.toFixed(0)} µs an item, ${(micros - bare).toFixed(0)} over the bare loop (the aim: ≤ 100)`);
		load();
	});
}
