// The flow that is killed: everything that a run can do inside, each finished task with one line in a file outside.

export const FLOW = "storm";
export const CHILD = "drop";
/** Tasks of the map at a time: so many, and the one of the body, can be interrupted by one kill. */
export const CONCURRENCY = 4;
const ITEMS = 24;
export const CHILDREN = 3;

const SOURCE = `import os, time
from tidegate import approval, current_run, flow, run_flow, sleep, task, wait_for

def line(folder, text):
    # One write to the end of the file, so that whoever is killed has written all of the line or nothing.
    at = os.open(os.path.join(folder, current_run().id), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    os.write(at, (text + "\\n").encode())
    os.close(at)

def started(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return None if fields[0] in "ZX" else fields[19]
    except OSError:
        return None

def begin(folder):
    path = os.path.join(folder, current_run().id)
    if os.path.exists(path):
        for words in map(str.split, open(path)):
            if words[0] == "begin" and started(words[2]) == words[3]:
                line(folder, f"overlap {words[1]} {current_run().execution}")
    line(folder, f"begin {current_run().execution} {os.getpid()} {started(os.getpid())}")

def effect(folder, key):
    line(folder, f"effect {current_run().execution} {key}")

@task
def step(n: int, folder: str) -> int:
    time.sleep(0.05)
    effect(folder, f"step-{n}")
    return n

@task(retries=5, retry_delay=0.1)
def flaky(folder: str) -> int:
    tried = os.path.join(folder, "tried-" + current_run().id)
    if not os.path.exists(tried):
        open(tried, "w").close()
        raise OSError("the first try fails")
    effect(folder, "flaky")
    return 100

@task
def item(n: int, folder: str) -> int:
    time.sleep(0.02)
    effect(folder, f"item-{n}")
    return n * n

@task
def grow(n: int, folder: str) -> int:
    time.sleep(0.05)
    effect(folder, f"grow-{n}")
    return 10 * n

@flow(retries=99, retry_delay=0.2)
def ${CHILD}(n: int, folder: str) -> int:
    begin(folder)
    return grow(n, folder)

@flow(retries=99, retry_delay=0.2)
def ${FLOW}(folder: str):
    begin(folder)
    total = sum(step(n, folder) for n in range(3))
    total += flaky(folder)
    total += sum(item.map(range(${ITEMS}), concurrency=${CONCURRENCY}, folder=folder).results())
    sleep(8)
    if not approval("Go on?"):
        raise ValueError("the harness says yes, and no was heard")
    total += sum(run_flow.map("${CHILD}", [{"n": n, "folder": folder} for n in range(${CHILDREN})], pool=current_run_pool()).results())
    total += wait_for("go", current_run().id)["more"]
    total += step(3, folder)
    return {"total": total}
`;

/** @param pool that its children go to as well */
export const files = (pool: string): Record<string, string> => ({ "flow.py": SOURCE.replace("current_run_pool()", JSON.stringify(pool)) });

const range = (count: number): number[] => Array.from({ length: count }, (_, n) => n);
/** What the event brings. */
export const MORE = 7;
const sum = (numbers: number[]): number => numbers.reduce((all, n) => all + n, 0);

/** What each run must have done, its children aside. */
export const EFFECTS = [...range(4).map((n) => `step-${n}`), "flaky", ...range(ITEMS).map((n) => `item-${n}`)];
export const TOTAL = sum(range(4)) + 100 + sum(range(ITEMS).map((n) => n * n)) + sum(range(CHILDREN).map((n) => 10 * n)) + MORE;
