/** For tests of the run's page: flows whose runs have something of everything, and how their runs come to be. */
import { deploy } from "../../../infra/test/proofs/projects.ts";
import type { Stack } from "../../../infra/test/stack.ts";

const three = `from tidegate import flow, task, artifact, log
import time

@task
def load(path: str) -> list:
    log.info("reading")
    return [1, 2, 3]

@task
def clean(n: int, rows: list) -> list:
    return [n * len(rows)]

@task
def train(parts: list) -> dict:
    print("trained")
    return {"accuracy": 0.93}

@flow
def three(path: str = "penguins.csv", folds: int = 3, tags: list[str] = ["a", "b"]):
    rows = load(path)
    parts = clean.map(range(4), rows=rows)
    return train(parts.results())
`;

/** A map of 10,000, one of whose items fails and is caught; then, if asked, small tasks one after the other. */
const big = `from tidegate import flow, task
import time

@task
def load():
    return 7

@task
def clean(n: int, by: int):
    if n == 4321:
        raise ValueError("row 4321 is odd")
    return n

@task
def step(n: int):
    return n

@flow
def big(items: int = 10000, steps: int = 0):
    by = load()
    cleaned = clean.map(range(items), by=by)
    for one in cleaned:
        try:
            one.result()
        except ValueError:
            pass
    for n in range(steps):
        step(n)
        time.sleep(0.009)
`;

/** Fails with a cause from a library, in a group, with a hostile message. */
const chained = `from tidegate import flow, task
import json

class Unreadable(Exception):
    pass

def read(text):
    try:
        return json.loads(text)
    except ValueError as cause:
        raise Unreadable("<img src=x onerror=alert(1)> \\u202ecannot read") from cause

@task
def load(text: str):
    print("about to read")
    return read(text)

@task
def check():
    found = []
    for text in ("{", "nope"):
        try:
            read(text)
        except Unreadable as one:
            found.append(one)
    raise ExceptionGroup("2 of 2 files", found)

@flow
def chained(group: bool = False):
    return check() if group else load("{oops}")
`;

const deep = `from tidegate import flow

def dig(n):
    return climb(n)

def climb(n):
    return dig(n + 1) if n < 400 else int("bottom")

@flow
def deep():
    return dig(0)
`;

const slow = `from tidegate import flow, task
import time

@task
def tick(n: int):
    print(f"tick {n}")
    time.sleep(0.2)
    return n

@flow
def slow(ticks: int = 20, fail: bool = False):
    last = 0
    for n in range(ticks):
        last = tick(n)
    if fail:
        raise RuntimeError("the tide went out " * 20)
    return last
`;

const loop = `from tidegate import flow, task

@task
def add(a: int, b: int) -> int:
    return a + b

@flow
def loop(n: int = 1600):
    total = 0
    for i in range(n):
        total = add(total, i)
    return total
`;

export const FLOWS = { three, big, chained, deep, slow, loop };

export async function deployAll(stack: Stack): Promise<void> {
	for (const [name, source] of Object.entries(FLOWS)) await deploy(stack, name, { "flow.py": source });
}

export type Parameters = Record<string, unknown>;

/** Triggers a run and waits for its end, whatever it is. */
export async function finished(stack: Stack, flow: string, parameters: Parameters = {}): Promise<string> {
	const triggered = await stack.client.trigger(flow, parameters);
	await triggered.result().catch(() => undefined);
	return triggered.id;
}

/** A run whose first agent is killed with what it ran, and which another agent does as attempt 2. */
export async function lostOnce(stack: Stack): Promise<string> {
	await stack.client.api.pools.create.mutate({ name: "fragile", leaseSeconds: 5 });
	const first = await stack.addAgent({ pool: "fragile" });
	const run = await stack.client.trigger("slow", { ticks: 40 }, { pool: "fragile" });
	for await (const happening of run.watch()) if (happening.type === "lines" && happening.lines.some(({ m }) => m === "tick 3")) break;
	await first.kill();
	await stack.addAgent({ pool: "fragile" });
	await run.result();
	return run.id;
}
