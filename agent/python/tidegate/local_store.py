"""The store of local runs: ``.tidegate/local/store`` beside the program, or the clean one of ``testing()``."""

from __future__ import annotations

import os

from . import context
from .command import asked, resumed, stop
from .encoding import dumps, loads, to_bytes
from .memory import Memory
from .store import Store, StoreError, prepare

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_resumed: "list[str]" = []  # by this program: what it calls after the flow that is resumed may have nothing to resume
PLACE = os.path.join(".tidegate", "local", "store")


class NothingToResume(Exception):
    """No run is there that ``--resume`` could mean."""


class LocalStore:
    """What a local run keeps until it has succeeded: its checkpoints, and whose they are."""

    def __init__(self, path: str, flow: str, info: dict) -> None:
        prepare(path)
        self.store = Store(path)
        self.flow = flow
        self.info = info

    def memory(self, attempt: int, note: "Callable[[str, str, Any], None]") -> Memory:
        """What the run remembers, read anew: each attempt begins with it."""
        return Memory(self.store, {**self.info, "attempt": attempt}, note)

    def _file(self, run: str) -> str:
        return os.path.join(self.store.path, "runs", run, "local.json")

    def resume(self, wanted: str = "") -> str:
        """Let the run go on from the last one of this flow that did not succeed, or from that one, by the end of its id; returns the id. Raises NothingToResume."""
        found = []
        runs_at = os.path.join(self.store.path, "runs")
        for run in os.listdir(runs_at) if os.path.isdir(runs_at) else ():
            try:
                with open(self._file(run), encoding="utf-8") as file:
                    if loads(file.read()).get("flow") == self.flow:
                        found.append((os.stat(self._file(run)).st_mtime_ns, run))
            except (OSError, ValueError):
                continue
        if not found:
            named = f' "{wanted}"' if wanted else ""
            raise NothingToResume(f"there is no failed run{named} of {self.flow} to resume in {self.store.path}: leave --resume out")
        runs = [run for _, run in sorted(found, reverse=True)]
        chosen = [run for run in runs if run == wanted or len(wanted) >= 6 and run.endswith(wanted)] if wanted else runs[:1]
        if len(chosen) != 1:
            raise NothingToResume(f'there is {"no" if not chosen else "more than one"} failed run "{wanted}" of {self.flow} to resume in {self.store.path}; the last are {", ".join(runs[:5])}')
        os.utime(os.path.join(runs_at, chosen[0]))  # its age counts from its last use
        self.info["resumes"] = {"run": chosen[0], "from": None, "changed": "rerun"}
        return chosen[0]

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
    inner = bool(context.active)  # a flow that another one asked for
    info["refresh"] = not active and asked("refresh", flow)
    wants = not active and asked("resume", flow)
    try:
        found = LocalStore(path, flow.name, info)
        if wants:
            try:
                say("again", f"run {found.resume('' if inner or _resumed else resumed())}")
                _resumed.append(found.info["run"])
            except NothingToResume as problem:
                if not inner and not _resumed:
                    stop(str(problem))
        found.begin()
        if not active:
            _tidy(path, say)
        return found
    except (OSError, StoreError) as problem:
        if wants or isinstance(problem, StoreError) and "newer" in str(problem):
            raise
        say("note", f"nothing of this run is kept, it can't be resumed: {problem}")
        return None


def _tidy(path: str, say: "Callable[[str, str], None]") -> None:
    from time import time

    try:
        if time() - os.path.getmtime(os.path.join(path, "tidied")) < 86_400:  # before more is imported for it
            return
    except OSError:
        pass
    from .local_tidy import tidy

    try:
        gone = tidy(path)
    except OSError as problem:
        return say("note", f"{path} can't be tidied: {problem}")
    if gone:
        say("note", f"made room: {gone / 2**20:.1f} MiB of {path} that is old or too much")


def fast(flow: "Any") -> bool:
    """Whether delays are skipped: ``python flow.py --fast``, or a test."""
    from .testing import active

    return bool(active) or asked("fast", flow)
