"""Tidegate's flow SDK: write flows and tasks as plain Python functions.

    from tidegate import flow, task, log

    @task
    def double(n: int) -> int:
        return 2 * n

    @flow
    def hello(n: int = 21):
        log.info(f"the answer is {double(n)}")

    if __name__ == "__main__":
        hello()

Only what every run needs is imported here: starting a flow should cost the
user's code a few milliseconds, so the rest loads when it is first named.
"""

from __future__ import annotations

TYPE_CHECKING = False  # what typing.TYPE_CHECKING says, without importing typing

__version__ = "0.1.0"
__all__ = [
    "Cancelled",
    "Dask",
    "Dir",
    "File",
    "Flow",
    "Future",
    "FutureList",
    "Model",
    "NoResult",
    "Ray",
    "RunInfo",
    "SecretError",
    "Task",
    "TimedOut",
    "VariableError",
    "WaitFailed",
    "approval",
    "artifact",
    "connection",
    "current_run",
    "exponential",
    "flow",
    "log",
    "now",
    "once",
    "progress",
    "result",
    "run_flow",
    "secret",
    "sleep",
    "task",
    "testing",
    "variable",
    "wait_for",
    "wait_until",
]

from . import log
from .flows import Flow, flow
from .tasks import Task, task

if TYPE_CHECKING:
    from . import artifact
    from .approvals import approval
    from .cancelled import Cancelled
    from .children import run_flow
    from .elsewhere import Dask, Ray
    from .files import Dir, File, Model
    from .futures import Future
    from .moments import now, once
    from .options import Exponential as exponential
    from .progress_line import progress
    from .results import NoResult, result
    from .run_info import RunInfo, current_run
    from .secrets import SecretError, secret
    from .testing import testing
    from .timeouts import TimedOut
    from .variables import VariableError, connection, variable
    from .waits import WaitFailed, sleep, wait_for, wait_until

_LATER = {
    "Cancelled": "cancelled",
    "approval": "approvals",
    "Future": "futures",
    "FutureList": "mapping",
    "RunInfo": "run_info",
    "TimedOut": "timeouts",
    "testing": "testing",
    "run_flow": "children",
    **dict.fromkeys(("WaitFailed", "sleep", "wait_for", "wait_until"), "waits"),
    **dict.fromkeys(("Dask", "Ray"), "elsewhere"),
    **dict.fromkeys(("Dir", "File", "Model"), "files"),
    "progress": "progress_line",
    **dict.fromkeys(("NoResult", "result"), "results"),
    "now": "moments",
    "once": "moments",
    "current_run": "run_info",
    "SecretError": "secrets",
    "secret": "secrets",
    **dict.fromkeys(("VariableError", "connection", "variable"), "variables"),
}


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name == "artifact":
        return import_module(".artifact", __name__)
    if name == "exponential":
        return import_module(".options", __name__).Exponential
    if name in _LATER:
        value = getattr(import_module("." + _LATER[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> "list[str]":
    return sorted({*globals(), *__all__})
