"""Log lines with a level: ``log.info("rows:", n)`` or ``log.info("%d rows", n)``. They carry the task they come from, and the time.

``print`` and :mod:`logging` are recorded too; these functions add a level without any set-up.
"""

from __future__ import annotations

import sys

from . import context

__all__ = ["debug", "error", "info", "warning"]


def _text(parts: "tuple[object, ...]") -> str:
    """One line: formatted as :mod:`logging` does where the first part asks for the others, else joined as ``print`` does."""
    first, *others = parts or ("",)
    if others and isinstance(first, str) and "%" in first:
        try:
            return first % (others[0] if len(others) == 1 and isinstance(others[0], dict) else tuple(others))
        except (TypeError, ValueError, KeyError):
            pass  # A percent sign that asks for nothing.
    return " ".join([str(part) for part in parts])


def _say(level: str, parts: "tuple[object, ...]") -> None:
    text = _text(parts)
    scope = context.here()
    if scope is not None:
        scope.run.recorder.log(level, text, scope)
    else:
        print(f"{level}: {text}", file=sys.stderr)


def debug(*parts: object) -> None:
    """Log at level debug: ``debug("%d rows", n)`` formats as :mod:`logging` does, ``debug("rows:", n)`` joins as ``print`` does."""
    _say("debug", parts)


def info(*parts: object) -> None:
    """Log at level info. Formatted or joined as :func:`debug` does."""
    _say("info", parts)


def warning(*parts: object) -> None:
    """Log at level warn. Formatted or joined as :func:`debug` does."""
    _say("warn", parts)


def error(*parts: object) -> None:
    """Log at level error. Formatted or joined as :func:`debug` does. It does not end the task: raise for that."""
    _say("error", parts)
