"""A line from stdin, until a deadline. It takes no more than the line: what lies behind it is left to who reads next."""

from __future__ import annotations

import os
import sys
from time import time


class Late(Exception):
    """Nobody typed a line in time."""


def line(until: "float | None") -> str:
    """``until``: epoch seconds. Raises EOFError, Late."""
    try:
        number = sys.stdin.fileno()
        terminal = os.isatty(number)
    except (AttributeError, OSError, ValueError):  # the program put something else in its place
        number, terminal = -1, False
    if number < 0 or os.name == "nt" or terminal and until is None:
        typed = input()
        if until is not None and time() >= until:
            raise Late
        return typed
    return _read(number, until, terminal)


def _read(number: int, until: "float | None", terminal: bool) -> str:
    # By select, and not by a signal or a thread: an async flow asks beside its loop, and a thread could not be called back.
    from select import select

    found = b""
    while not found.endswith(b"\n"):
        left = 3600.0 if until is None else until - time()
        if left <= 0:
            _forget(number, terminal)
            raise Late
        if not select([number], [], [], min(left, 3600))[0]:
            continue
        one = os.read(number, 1)
        if not one and not found:
            raise EOFError
        if not one:
            break
        found += one
    return found.decode(getattr(sys.stdin, "encoding", None) or "utf-8", "replace").rstrip("\r\n")


def _forget(number: int, terminal: bool) -> None:
    """Half an answer that came too late must not begin the next one."""
    print(file=sys.stderr)
    if terminal:
        from termios import TCIFLUSH, tcflush

        tcflush(number, TCIFLUSH)
