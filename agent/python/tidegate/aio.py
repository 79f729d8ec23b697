"""The waits of ``async def`` flows: the same words, to be awaited, so that other coroutines go on meanwhile.

    from tidegate.aio import approval, sleep

When every coroutine of the flow waits for something outside, its process ends as a plain flow's does. One that waits in another way
(``asyncio.sleep``, a socket, ``asyncio.wait``) keeps the process.
"""

from __future__ import annotations

import asyncio
import time
from _thread import get_ident

from . import approvals, waits
from . import children as plain
from .approvals import Approval
from .suspend import body_of, quiet, suspend
from .waits import FIRST_LOOK, LONGEST_PAUSE, SOON, Inbox, Sensor, Wait, inbox_of

__all__ = ["approval", "run_flow", "sleep", "wait_for", "wait_until"]

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Any, Callable

    from .children import Child


async def outlast(left: "list[Wait]") -> None:
    """As waits.outlast; the event loop goes on."""
    if not left:
        return
    inbox = inbox_of(left[0].run)
    inbox.look()
    left = [wait for wait in left if not wait.look()]
    for wait in left:
        wait.begin()
    pause = FIRST_LOOK
    me = asyncio.current_task()
    inbox.coroutines[me] = time.monotonic()
    try:
        while left:
            due = [wait.until for wait in left if wait.kind == "time" and wait.until is not None]
            await asyncio.sleep(max(min([pause, *[until - time.time() for until in due]]), 0.001))
            pause = min(pause * 1.5, LONGEST_PAUSE)
            inbox.look()
            left = [wait for wait in left if not wait.look()]
            if left and _may_end(left, inbox):
                others = len(inbox.coroutines) > 1
                suspend(left[0].run, list(inbox.open) if others else [wait.key for wait in left], "any" if others else "all")
    finally:
        inbox.coroutines.pop(me, None)


def _may_end(left: "list[Wait]", inbox: Inbox) -> bool:
    if not body_of(left[0].scope) or any(wait.key not in inbox.open for wait in left):
        return False
    if any(wait.kind == "time" and (wait.until or 0) - time.time() < SOON for wait in inbox.open.values()):
        return False
    loop = asyncio.get_running_loop()
    if getattr(loop, "_ready", None):
        return False  # a time limit that is due, perhaps: what has its turn already goes first
    if not all(_idle(task, inbox) for task in asyncio.all_tasks(loop)):
        return False
    # Each of ours has at most the one timer that it looks by; another's would be cut off, and with it a time limit.
    timers = [handle for handle in getattr(loop, "_scheduled", [None] * 9999) if handle is None or not handle.cancelled()]
    if len(timers) >= len(inbox.coroutines):
        return False
    return quiet(left[0].run, {**inbox.waiting, get_ident(): max(inbox.coroutines.values())})


def _idle(task: "Any", inbox: Inbox) -> bool:
    """Whether it waits for the outside, or for coroutines alone."""
    if task in inbox.coroutines:
        return True
    waiter = getattr(task, "_fut_waiter", None)
    parts = getattr(waiter, "_children", None)  # of asyncio.gather
    return isinstance(waiter, asyncio.Task) or parts is not None and all(isinstance(part, asyncio.Task) or part.done() for part in parts)


async def arrived(children: "list[Child]") -> None:
    """Until all runs that were asked for have ended."""
    for child in children:
        if child._wait.answer is None and not hasattr(child._wait.run.recorder, "event"):
            from .answers import run_child_here

            child._wait.end(await _beside(run_child_here, child))
    await outlast([child._wait for child in children])


async def _beside(function: "Callable[..., Any]", *args: "Any") -> "Any":
    return await asyncio.get_running_loop().run_in_executor(None, function, *args)


async def _done(wait: Wait) -> "Any":
    if wait.answer is None and not hasattr(wait.run.recorder, "event") and wait.kind != "time":
        from .answers import asked_here

        wait.begin()
        wait.end(await _beside(asked_here, wait))
    await outlast([wait])
    return wait.value()


async def sleep(seconds: "float | timedelta" = 0, *, minutes: float = 0, hours: float = 0, days: float = 0, key: "str | None" = None) -> None:
    """As tidegate.sleep."""
    await _done(waits.sleeping(seconds, minutes=minutes, hours=hours, days=days, key=key))


async def wait_until(moment: "datetime", *, key: "str | None" = None) -> None:
    """As tidegate.wait_until."""
    await _done(waits.until(moment, key=key))


async def approval(text: str, form: "Any" = None, *, timeout: "float | timedelta | None" = None, key: "str | None" = None) -> Approval:
    """As tidegate.approval."""
    wait = approvals.asking(text, form, timeout=timeout, key=key)
    return approvals.answered(wait, form, await _done(wait))


async def wait_for(
    event: "str | Callable[[], Any]", key: str = "", *, every: "float | timedelta" = 60, timeout: "float | timedelta | None" = None
) -> "Any":
    """As tidegate.wait_for; the function may be ``async def``."""
    if not callable(event):
        return await _done(waits.hearing(event, key, timeout))
    sensor = Sensor(every, timeout)
    while True:
        wait = sensor.next()
        found = event()
        if hasattr(found, "__await__"):
            found = await found
        if found:
            return found
        sensor.check()
        await _done(wait)


class RunFlow(plain.RunFlow):
    """``await run_flow("name", {"n": 1})``; what ``submit`` and ``map`` return can be awaited."""

    async def __call__(self, *args: "Any", **options: "Any") -> "Any":  # type: ignore[override]
        return await self.submit(*args, **options)


run_flow = RunFlow()
