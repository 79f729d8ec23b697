"""A pause: the run ends its process before its next task, once those that run have ended, and is taken up again later."""

from __future__ import annotations

import os
import sys
from _thread import allocate_lock
from threading import main_thread
from time import sleep

from . import context
from .suspend import in_body, suspend

_HERE = os.path.dirname(os.path.abspath(__file__))
_ending = allocate_lock()
LOOK = 0.05


def here(scope: "context.Scope") -> None:
    """Called by the flow's body before a task: end the process, or go on if somebody thought better of it."""
    if not in_body(scope):
        return
    while context.pausing:
        _end_if_quiet(scope.run)
        sleep(LOOK)


def park(run: "context.Run") -> None:
    """Called by a thread of the pool before a task of the body's: wait, and end the process if the body waits too."""
    while context.pausing and run.memory is not None and hasattr(run.recorder, "event"):
        frame = sys._current_frames().get(main_thread().ident or 0)
        if frame is not None and frame.f_code.co_filename.startswith(_HERE):
            _end_if_quiet(run)
        sleep(LOOK)


def _end_if_quiet(run: "context.Run") -> None:
    if (run.futures is None or not run.futures.running()) and _ending.acquire(False):
        try:
            suspend(run, [], "all")
        finally:
            _ending.release()
