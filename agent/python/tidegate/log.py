"""Log lines with a level: ``log.info("rows:", n)``. They carry the task they come from, and the time.

``print`` and :mod:`logging` are recorded too; these functions add a level without any set-up.
"""

from __future__ import annotations

import sys

from . import context

__all__ = ["debug", "error", "info", "warning"]


def _say(level: str, parts: "tuple[object, ...]") -> None:
    text = " ".join([str(part) for part in parts])
    scope = context.here()
    if scope is not None:
        scope.run.recorder.log(level, text, scope)
    else:
        print(f"{level}: {text}", file=sys.stderr)


def debug(*parts: object) -> None:
    """Log at level debug. The parts are joined by spaces, as ``print`` does."""
    _say("debug", parts)


def info(*parts: object) -> None:
    """Log at level info. The parts are joined by spaces, as ``print`` does."""
    _say("info", parts)


def warning(*parts: object) -> None:
    """Log at level warn. The parts are joined by spaces, as ``print`` does."""
    _say("warn", parts)


def error(*parts: object) -> None:
    """Log at level error. The parts are joined by spaces. It does not end the task: raise for that."""
    _say("error", parts)
