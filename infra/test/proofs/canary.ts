// A project that says one word wherever people put words: whoever sees that word outside of the premises has seen what was sealed.
import { deflateSync } from "node:zlib";
import type { Files } from "./projects.ts";

/** One red pixel, with the word in a comment, as cameras and editors leave them. */
function png(word: string): Buffer {
	const chunk = (type: string, content: Buffer) => {
		const body = Buffer.concat([Buffer.from(type), content]);
		const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
		length.writeUInt32BE(content.length);
		check.writeUInt32BE(crc(body));
		return Buffer.concat([length, body, check]);
	};
	const size = Buffer.from([0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0]);
	const pixel = deflateSync(Buffer.from([0, 255, 0, 0]));
	return Buffer.concat([
		Buffer.from("89504e470d0a1a0a", "hex"),
		chunk("IHDR", size),
		chunk("tEXt", Buffer.from(`Comment\0${word}`)),
		chunk("IDAT", pixel),
		chunk("IEND", Buffer.alloc(0)),
	]);
}

function crc(bytes: Buffer): number {
	let rest = 0xffffffff;
	for (const byte of bytes) {
		rest ^= byte;
		for (let bit = 0; bit < 8; bit += 1) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
	}
	return (rest ^ 0xffffffff) >>> 0;
}

/** Flow `canary_flow(name=…, fail=False)`. */
export function canaryProject(word: string): Files {
	const flow = `"""Module docstring: ${word}."""
import logging, os, sys
from helpers_${word}.tools import shout
from tidegate import artifact, flow, log, task


class Error_${word}(Exception):
    pass


@task(name="weigh ${word}")
def weigh(what: str) -> str:
    """Task docstring: ${word}."""
    log.info("in the task:", what)
    return what + " weighed"


@task
def fall(what: str) -> str:
    raise Error_${word}("dropped " + what)


@flow
def canary_flow(name: str = "${word}", fail: bool = False) -> dict:
    """Flow docstring: ${word}.

    Args:
        name: described with ${word}
    """
    print("printed", name)
    print(name * 3000)
    print("to stderr", name, file=sys.stderr)
    os.write(1, b"to the descriptor ${word}\\n")
    logging.getLogger("${word}").warning("by logging %s", name)
    log.error("by log", name)
    weighed = weigh(name)
    many = weigh.map([name + str(n) for n in range(3)]).results()
    artifact.table([{"${word}": name, "n": 1}], name="table ${word}")
    artifact.markdown("# " + name, name="notes ${word}")
    artifact.metrics({"${word}": [1.0, 2.0]}, name="metrics ${word}")
    artifact.image(open("${word}.png", "rb").read(), name="image ${word}")
    if fail:
        fall(name)
    return {"weighed": weighed, "many": many, "${word}": shout(name)}
`;
	return {
		"flow.py": flow,
		"inside.py": inside(word),
		[`helpers_${word}/__init__.py`]: "",
		[`helpers_${word}/tools.py`]: `# ${word}\ndef shout(text):\n    return text + "!"\n`,
		[`data/${word}.csv`]: `${word},1\n`.repeat(2000),
		[`${word}.png`]: png(word),
		"requirements.txt": `# nothing is needed but ${word}\n`,
		"tidegate.yaml": `# ${word}\nexclude: ["${word}.tmp"]\n`,
	};
}

/** Flow `canary_inside(name)`: all that a run says to people, to other runs and to itself. It fails at `fallen#0`, and its hook after it. */
const inside = (word: string): string => `
from tidegate import approval, current_run, flow, result, run_flow, task, wait_for

tries = []


class Error_${word}(Exception):
    pass


@task(retries=1)
def retried(what):
    tries.append(what)
    if len(tries) == 1:
        raise Error_${word}("retried " + what)
    return what


@task(cache=lambda what: "cached " + what)
def cached(what):
    return what


@task
def named(what):
    return what


@task(pool="default")
def apart(what):
    return what + " from another process"


@task
def fallen(what):
    raise Error_${word}("fallen " + what)


@flow(name="canary_leaf")
def leaf(name: str):
    return {"leaf": name}


def after(ended):
    raise Error_${word}("hook after " + ended.error)


@flow(name="canary_inside", retries=1, retry_on=LookupError, on_failure=after)
def inside(name: str):
    if current_run().attempt == 1:
        raise LookupError("first attempt of " + name)
    kept = [retried(name), cached(name), named.submit(name, key="key ${word}").result()]
    kept += [run_flow("canary_leaf", {"name": name}, key="child ${word}"), apart(name), result("canary_leaf")]
    form = {"type": "object", "title": "form ${word}", "properties": {"${word}": {"type": "string"}}, "required": ["${word}"]}
    kept.append(approval("question ${word}", form).form)
    kept.append(wait_for("event ${word}", "key ${word}"))
    return [*kept, fallen(name)]
`;
