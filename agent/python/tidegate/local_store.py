"""The store of local runs: ``.tidegate/local/store`` beside the program, or the clean one of ``testing()``."""

from __future__ import annotations

import os
import sys

from .encoding import dumps, loads, to_bytes
from .memory import Memory
from .store import Store, StoreError, prepare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

PLACE = os.path.join(".tidegate", "local", "store")


class LocalStore:
    """What a local run keeps until it has succeeded: its checkpoints, and whose they are."""

    def __init__(self, path: str, flow: str, info: dict) -> None:
        prepare(path)
        self.store = Store(path)
        self.flow = flow
        self.info = info

    def memory(self, note: "Callable[[str, str, Any], None]") -> Memory:
        """What the run remembers, read anew: each attempt begins with it."""
        return Memory(self.store, self.info, note)

    def _file(self, run: str) -> str:
        return os.path.join(self.store.path, "runs", run, "local.json")

    def resume(self) -> str:
        """Let the run go on from the last one of this flow that did not succeed; returns that one's id. Raises StoreError."""
        found = []
        runs = os.path.join(self.store.path, "runs")
        for run in os.listdir(runs) if os.path.isdir(runs) else ():
            try:
                with open(self._file(run), encoding="utf-8") as file:
                    if loads(file.read()).get("flow") == self.flow:
                        found.append((os.stat(self._file(run)).st_mtime_ns, run))
            except (OSError, ValueError):
                continue
        if not found:
            raise StoreError(f"there is no failed run of {self.flow} to resume in {self.store.path}")
        self.info["resumes"] = {"run": max(found)[1], "from": None, "changed": "rerun"}
        return max(found)[1]

    def begin(self) -> None:
        """Note whose the checkpoints are. Raises StoreError."""
        file = self._file(self.info["run"])
        try:
            os.makedirs(os.path.dirname(file), mode=0o700, exist_ok=True)
            with open(file, "wb") as target:
                target.write(to_bytes(dumps({"flow": self.flow, "resumes": (self.info.get("resumes") or {}).get("run")})))
        except OSError as problem:
            raise self.store.failed(problem) from None

    def succeeded(self, value: "Any" = None) -> None:
        """Nobody will resume this run, nor those that it resumed: remove what they kept. Cached results stay, and what it returned."""
        from shutil import rmtree

        from .results import keep_here

        keep_here(self.store, self.flow, self.info["run"], value)
        run = self.info["run"]
        while run:
            try:
                with open(self._file(run), encoding="utf-8") as file:
                    following = loads(file.read()).get("resumes")
            except (OSError, ValueError):
                following = None
            rmtree(os.path.join(self.store.path, "runs", run), ignore_errors=True)
            run = following


def open_here(flow: "Any", info: dict, say: "Callable[[str, str], None]") -> "LocalStore | None":
    """The store of a local run; None where the folder can't be written, which is said. Raises StoreError."""
    from .testing import active

    path = active[-1].store if active else PLACE
    names = flow.fn.__code__.co_varnames[: flow.fn.__code__.co_argcount + flow.fn.__code__.co_kwonlyargcount] if hasattr(flow.fn, "__code__") else ()
    resume = "--resume" in sys.argv[1:] and "resume" not in names and not active
    info["refresh"] = "--refresh" in sys.argv[1:] and "refresh" not in names
    try:
        found = LocalStore(path, flow.name, info)
        if resume:
            say("resume", f"run {found.resume()}")
        found.begin()
        return found
    except (OSError, StoreError) as problem:
        if resume or isinstance(problem, StoreError) and "newer" in str(problem):
            raise
        say("note", f"nothing of this run is kept, it can't be resumed: {problem}")
        return None


def fast(flow: "Any") -> bool:
    """Whether delays are skipped: ``python flow.py --fast``, or a test."""
    from .testing import active

    return bool(active) or "--fast" in sys.argv[1:] and "fast" not in getattr(getattr(flow.fn, "__code__", None), "co_varnames", ())
