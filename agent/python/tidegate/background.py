"""Threads of the SDK's own, which end before Python does: one that wakes while the interpreter is taken down crashes it (before 3.12), after all was done.

Raw threads and locks: ``threading`` costs more than they do.
"""

from __future__ import annotations

import _thread
import atexit
import os
from _thread import allocate_lock, start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

LONGEST = 1.0  # seconds that the end waits for each

_ending = allocate_lock()
_ending.acquire()  # let go of at the end
_running: "set[Any]" = set()
_begun = False


def start(work: "Callable[..., None]", *args: "Any") -> None:
    """Run ``work``, which calls `rest` between its looks and returns when told so."""
    global _begun
    if not _begun:
        _begun = True
        atexit.register(_end)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=_running.clear)  # it has none of them, and would wait for each
    registered = allocate_lock()
    registered.acquire()
    start_new_thread(_run, (registered, work, args))
    registered.acquire()  # one that has only begun would be as bad


def _run(registered: "Any", work: "Callable[..., None]", args: tuple) -> None:
    # Let go of by Python itself, when nothing of the thread is left. From 3.13 on there is no such lock, nor such a crash.
    by_python = getattr(_thread, "_set_sentinel", None)
    gone = by_python() if by_python else allocate_lock()
    gone.acquire()
    _running.add(gone)
    registered.release()
    try:
        work(*args)
    finally:
        if _ending.locked():  # else `_end` waits for it
            _running.discard(gone)
        if not by_python:
            gone.release()


def rest(seconds: float) -> bool:
    """Sleep, and return whether the process is about to end."""
    if not _ending.acquire(timeout=seconds):
        return False
    _ending.release()
    return True


def _end() -> None:
    """Let all of them return, and wait until they have."""
    _ending.release()
    for gone in list(_running):
        if gone.acquire(timeout=LONGEST):
            gone.release()
