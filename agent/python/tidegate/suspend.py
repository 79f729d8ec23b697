"""Ending the process while its run only waits, so that it holds no slot. A crash on purpose: no finally, no atexit (decision record 7)."""

from __future__ import annotations

import os
import sys
from threading import current_thread, enumerate as living, main_thread
from time import monotonic

from . import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LINGER = 2.0  # seconds in which a wait may end before its process does
SUSPENDED = 75


def body_of(scope: "context.Scope") -> bool:
    """Whether this is the flow's own body, in its main thread, in a run that can be taken up again."""
    if scope.key is not None or scope.run.memory is None or not hasattr(scope.run.recorder, "event"):
        return False
    return current_thread() is main_thread() and context.active[0] is scope.run


def in_body(scope: "context.Scope") -> bool:
    """Whether this is the flow's own body, alone in its event loop where it has one."""
    if not body_of(scope):
        return False
    asyncio = sys.modules.get("asyncio")
    loop = None if asyncio is None else asyncio._get_running_loop()
    return loop is None or len(asyncio.all_tasks(loop)) <= 1  # type: ignore[union-attr]  # others would be cut off in their middle


def quiet(run: "context.Run", waiting: "dict[int, float]") -> bool:
    """Whether every live thread has waited for the outside long enough: then nothing here can go on."""
    if run.futures is not None and run.futures.busy():
        return False
    now = monotonic()
    for thread in living():
        if thread.daemon and thread is not main_thread():
            continue
        since = waiting.get(thread.ident or 0)
        if since is None:
            if not _idle(thread.ident):
                return False
        elif now - since < LINGER:
            return False
    return True


def _idle(ident: "int | None") -> bool:
    """A worker of an executor that has no work."""
    frame = sys._current_frames().get(ident or 0)
    return frame is not None and frame.f_code.co_name == "_worker" and frame.f_code.co_filename.endswith(os.path.join("concurrent", "futures", "thread.py"))


def suspend(run: "context.Run", on: "list[str]", mode: str) -> None:
    """Tell what the run waits for and end the process. Raises StoreError where its checkpoints can't be brought to the disk: then it goes on."""
    recorder: "Any" = run.recorder
    run.memory.suspends()
    run.memory.sync()
    recorder.streams.finish()
    recorder.event({"type": "suspend", "on": on, "mode": mode})
    os._exit(SUSPENDED)
