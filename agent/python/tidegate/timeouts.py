"""Time limits of tasks and flows.

In the main thread an alarm raises in the code that runs, so that its ``finally`` blocks do. Elsewhere the function
runs in a thread of its own, which is left behind when its time is over: Python can't end a thread that is in C code.
"""

from __future__ import annotations

from _thread import allocate_lock
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

try:
    from _signal import ITIMER_REAL, SIGALRM, setitimer, signal  # type: ignore[import-not-found]
except ImportError:  # Windows
    signal = None


class TimedOut(TimeoutError):
    """A task or the flow took longer than its ``timeout``, or a wait ended without its answer."""


class FlowTimedOut(TimedOut):
    """The flow took longer than its own ``timeout``."""


class Expired(BaseException):
    """Raised into the code whose time is over. No Exception: a loop that tries again must not swallow it."""


_alarms: "list[tuple[float, Expired]]" = []  # of the main thread, outermost first


def _ring(number: int, frame: "Any") -> None:
    now = monotonic()
    for deadline, expired in _alarms:
        if deadline <= now:
            raise expired
    _arm()


def _arm() -> None:
    if _alarms:
        setitimer(ITIMER_REAL, max(min(deadline for deadline, _ in _alarms) - monotonic(), 1e-4))
    else:
        setitimer(ITIMER_REAL, 0)


def limited(seconds: float, what: str, do: "Callable[[], Any]", problem: "TimedOut | None" = None) -> "Any":
    """Call it; raise TimedOut, or that problem, once it took longer."""
    import threading

    if signal is None or threading.current_thread() is not threading.main_thread():
        return _beside(seconds, what, do)
    mine = Expired()
    previous = signal(SIGALRM, _ring)
    _alarms.append((monotonic() + seconds, mine))
    try:
        _arm()
        return do()
    except Expired as expired:
        if expired is not mine:
            raise
        raise (problem or over(what, seconds)).with_traceback(expired.__traceback__) from None
    finally:
        _alarms[:] = [entry for entry in _alarms if entry[1] is not mine]
        _arm()
        signal(SIGALRM, previous)


def over(what: str, seconds: float) -> TimedOut:
    return TimedOut(f"{what} took longer than its timeout of {seconds:g} s")


def _beside(seconds: float, what: str, do: "Callable[[], Any]") -> "Any":
    from contextvars import copy_context
    from threading import Thread

    ended = allocate_lock()
    ended.acquire()
    found: "list[Any]" = []
    carried = copy_context()

    def work() -> None:
        try:
            found.append((carried.run(do), None))
        except BaseException as exc:
            found.append((None, exc))
        ended.release()

    thread = Thread(target=work, name=f"tidegate-{what}", daemon=True)
    thread.start()
    if not ended.acquire(timeout=seconds):
        _stop(thread.ident)
        raise over(what, seconds)
    value, exc = found.pop()
    if exc is not None:
        raise exc
    return value


def _stop(ident: "int | None") -> None:
    """Ask a thread to end at its next line of Python, where this Python can."""
    try:
        import ctypes

        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident or 0), ctypes.py_object(Expired))
    except (ImportError, AttributeError):
        pass
