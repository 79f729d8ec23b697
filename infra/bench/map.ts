// Ten thousand items in threads, each of which does nothing: microseconds an item over the bare loop, and over a bare pool of threads.
import { deploy, project, withStack } from "./flows.ts";
import { load, machine, median } from "./measure.ts";

const ITEMS = 10_000;
/** Whole runs, of which the median is told: the agent seals and sends what one says while it goes on. */
const RUNS = 7;
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
		const all: Taken[] = [];
		for (let run = 0; run < RUNS; run++) all.push(await (await stack.client.trigger("mapped")).result<Taken>());
		const [bare, threads] = [median(all.map((one) => one.bare)), median(all.map((one) => one.threads))];
		console.log(`${ITEMS} items, ${RUNS} runs; a bare loop ${bare.toFixed(2)} µs an item, a bare pool of 8 threads ${threads.toFixed(1)} µs`);
		for (const [name, of] of [
			["without a store", "passing"],
			["each kept in the store", "kept"],
		] as const) {
			const taken = all.map((one) => one[of]);
			const range = `${Math.min(...taken).toFixed(0)} to ${Math.max(...taken).toFixed(0)}`;
			console.log(
				`task.map, ${name}: p50 ${median(taken).toFixed(0)} µs an item (${range}), ${(median(taken) - bare).toFixed(0)} over the bare loop (the aim: ≤ 100)`,
			);
		}
		load();
	});
}
