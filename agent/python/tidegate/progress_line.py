"""``for item in progress(items):``: how far a loop is, as one line that moves."""

from __future__ import annotations

import sys
from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Iterable, Iterator, TypeVar

    T = TypeVar("T")

EVERY = 0.5  # seconds between two states of the line


def progress(items: "Iterable[T]", label: str = "", total: "int | None" = None) -> "Iterator[T]":
    """The items, while one line of the log (or of the terminal) says how many of how many are done, how fast, and how long it takes yet.

    Args:
        items: any iterable
        label: words before the figures
        total: how many there are, where ``len(items)`` does not say
    """
    if total is None:
        try:
            total = len(items)  # type: ignore[arg-type]
        except TypeError:
            pass
    began = shown = monotonic()
    done = 0
    for item in items:
        yield item
        done += 1
        at = monotonic()
        if at - shown >= EVERY:
            shown = at
            _show(label, done, total, at - began, "")
    _show(label, done, total, monotonic() - began, "\n")


def _show(label: str, done: int, total: "int | None", took: float, end: str) -> None:
    speed = done / took if took > 0 else 0.0
    of = "" if total is None else f"/{total}"
    share = f" {100 * done // total} %" if total else ""
    left = f", {(total - done) / speed:.0f} s left" if total and speed and done < total else ""
    text = f"{label + ' ' if label else ''}{done}{of}{share}, {speed:.3g}/s{left}"
    try:
        sys.stderr.write(f"\r{text}{end}")
        sys.stderr.flush()
    except (OSError, ValueError, AttributeError):
        pass  # nobody is there to read
