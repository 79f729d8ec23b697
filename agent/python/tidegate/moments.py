"""What a flow's body may ask that would differ when it runs again: the time, and whatever ``once`` wraps."""

from __future__ import annotations

from . import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime
    from typing import Callable, TypeVar

    R = TypeVar("R")


def now() -> "datetime":
    """The time in UTC, remembered: a run that is resumed gets the same again. Raises RuntimeError outside a flow."""
    from datetime import datetime, timezone

    return _once("now", lambda: datetime.now(timezone.utc))


def once(fn: "Callable[[], R]") -> "R":
    """What a function returns, remembered: for random numbers, ids and what the outside says. Outside a flow RuntimeError.

    Its value has to be one that can be stored; kept.NotStorable says why not.
    """
    return _once("once", fn)


def _once(name: str, make: "Callable[[], R]") -> "R":
    scope = context.here()
    if scope is None:
        raise RuntimeError(f"{name}() works inside a flow, where there is a run to remember it")
    if scope.run.memory is None:
        return make()
    return scope.run.memory.once(scope.next_key(name), make)  # type: ignore[no-any-return]
