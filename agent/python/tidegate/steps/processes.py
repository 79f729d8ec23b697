"""Processes that steps start: their lines told as they come, and ended with all that they started, whatever ends the step."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
from collections import deque
from time import monotonic, sleep
from typing import Any, Deque, Dict, List, Set

from .. import log

GRACE = 5.0  # seconds between the request to end and the end
LONGEST = 64 * 1024  # bytes of a line that are kept together
_live: "Set[subprocess.Popen[bytes]]" = set()
_over: "List[bool]" = []  # once the flow has ended, a step that is tried again starts nothing


class StepFailed(Exception):
    """A step's process or request ended otherwise than well."""


def run(command: "List[str]", folder: str, env: "Dict[str, str]", what: str) -> str:
    """Run it to its end, with its lines in the log; the last line that is not empty. Raises StepFailed with the exit code and the last lines."""
    if _over:
        raise StepFailed(f"{what} is not started: the flow has ended")
    try:
        process = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
    except OSError as problem:
        hint = ": a value is too long for a variable; write it to a file" if problem.errno == 7 else ""
        raise StepFailed(f"{what} can't be started: {problem}{hint}") from None
    _live.add(process)
    last: "Deque[str]" = deque(maxlen=5)
    try:
        for line in _lines(process):
            log.info(line)
            if line.strip():
                last.append(line[:1000])
        code = process.wait()
    finally:
        end(process)
    if code:
        how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
        raise StepFailed(f"{what} {how}" + ("".join(f"\n  {line}" for line in last) if last else ""))
    return last[-1].strip() if last else ""


def _lines(process: "subprocess.Popen[bytes]") -> "Any":
    """Lines as they come. It looks up now and then, so that a time limit of the task can end it."""
    stream = process.stdout
    assert stream is not None
    rest = b""
    ended = 0.0
    with selectors.DefaultSelector() as selector:
        selector.register(stream, selectors.EVENT_READ)
        while True:
            if not selector.select(0.2):
                # A child in the background may hold the pipe open: it is not waited for.
                if process.poll() is not None:
                    ended = ended or monotonic()
                    if monotonic() - ended > 1:
                        break
                continue
            data = os.read(stream.fileno(), 65536)
            if not data:
                break
            *whole, rest = (rest + data).split(b"\n")
            for line in whole:
                yield _shown(line)
            if len(rest) > LONGEST:
                yield _shown(rest)
                rest = b""
    if rest:
        yield _shown(rest)


def _shown(line: bytes) -> str:
    return line.decode("utf-8", "replace").rstrip("\r").rpartition("\r")[2]


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process and its group: asked first, then made to."""
    _live.discard(process)
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        until = monotonic() + GRACE
        while process.poll() is None and monotonic() < until:
            sleep(0.05)
    _signal(process, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _signal(process: "subprocess.Popen[bytes]", number: int) -> None:
    try:
        os.killpg(process.pid, number)
    except (ProcessLookupError, PermissionError):
        pass


def end_all() -> None:
    """End what still runs: the flow was cancelled, or its time is over."""
    _over.append(True)
    for process in list(_live):
        end(process)


def begin() -> None:
    """A flow begins, which may start processes."""
    _over.clear()
