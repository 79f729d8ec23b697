"""Processes of this machine for the items of a map. What one of them can't take or give is that item's failure alone, and one that ends
does not leave the run without any."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from multiprocessing.reduction import ForkingPickler
from threading import Lock

from .portable import let_cross

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .tasks import Task


class Processes:
    """As many as said, begun when there is work. After one of them was killed there are new ones."""

    def __init__(self, concurrency: "int | None") -> None:
        self._concurrency = concurrency
        self._lock = Lock()
        self._executor = self._made()

    def _made(self) -> ProcessPoolExecutor:
        # Forking a process that has threads can leave locks held for ever; a new one has none.
        return ProcessPoolExecutor(self._concurrency, mp_context=get_context("spawn"), initializer=_begin)

    def call(self, task: "Task[..., Any]", args: tuple, kwargs: dict) -> "Any":
        """What the task returns there. Raises what it raised; BrokenProcessPool where its process may be the one that ended."""
        # Pickled here and not by the executor: what can't be read again would end all of its processes, or its own thread.
        call = bytes(ForkingPickler.dumps((task, args, kwargs)))
        while True:
            executor = self._executor
            try:
                future = executor.submit(_do, call)
            except BrokenProcessPool:
                self._renew(executor)  # of others: this call was not begun
                continue
            try:
                return ForkingPickler.loads(future.result())
            except BrokenProcessPool as problem:
                self._renew(executor)
                raise BrokenProcessPool(
                    "a process of this map ended before its task had: killed, out of memory, or by os._exit. All that ran at the same time have failed with it, since which of them it was is not told"
                ) from problem.__cause__

    def _renew(self, broken: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._executor is broken:
                self._executor = self._made()


def _begin() -> None:
    """In a new process: an interrupt is the parent's to handle."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)


def _do(call: bytes) -> bytes:
    """There no flow is running, so the task is the plain function."""
    try:
        task, args, kwargs = ForkingPickler.loads(call)
        return bytes(ForkingPickler.dumps(task(*args, **kwargs)))
    except BaseException as problem:
        let_cross(problem)
        raise
