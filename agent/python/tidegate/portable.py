"""Exceptions of every class, pickled: those too that can't be read again as they are."""

from __future__ import annotations

import copyreg
from multiprocessing.reduction import ForkingPickler

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable


def let_cross(problem: BaseException) -> bool:
    """Many exceptions can be pickled and not be read again: those whose ``__init__`` takes other arguments than it hands up, as
    subprocess.CalledProcessError does. They cross by their parts, from now on; one of a class that is not found by name as its
    words. Whether it keeps its class."""
    kinds: "tuple[Callable[..., Any] | None, ...]" = (None, _by_parts, _by_words)
    for reduced in kinds:
        if reduced is not None:
            copyreg.pickle(type(problem), reduced)  # type: ignore[arg-type]
        if crosses(problem):
            return reduced is not _by_words
    return False


def pickled(problem: BaseException) -> "bytes | None":
    """None for one that would lose its class."""
    return bytes(ForkingPickler.dumps(problem)) if let_cross(problem) else None


def crosses(value: "Any") -> bool:
    try:
        ForkingPickler.loads(ForkingPickler.dumps(value))
        return True
    except Exception:
        return False


def _by_parts(problem: BaseException) -> "Any":
    return _again, (type(problem), problem.args, {name: value for name, value in vars(problem).items() if crosses(value)})


def _again(kind: "type[BaseException]", args: tuple, attributes: dict) -> BaseException:
    made = kind.__new__(kind, *args)
    made.args = args
    vars(made).update(attributes)
    return made


def _by_words(problem: BaseException) -> "Any":
    try:
        words = str(problem)
    except Exception as another:
        words = f"<its message raised {type(another).__name__}>"
    return RuntimeError, (f"{type(problem).__qualname__}: {words}",)
