"""How an execution hears of a cancel: SIGTERM at once, and the inbox for where a signal can't be sent. A pause comes by the inbox."""

from __future__ import annotations

import os
from _signal import SIGTERM, signal  # type: ignore[import-not-found]  # the C module: signal itself brings enum, two milliseconds of a start

from . import background
from .cancelled import Cancelled
from .context import pausing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

FIRST_LOOK, LONGEST_PAUSE = 0.05, 0.5  # seconds


def listen(path: str) -> None:
    """Turn SIGTERM, or a cancel in the inbox of the run directory, into Cancelled in the main thread."""
    signal(SIGTERM, _cancel)
    background.start(_watch_inbox, os.path.join(path, "inbox"), os.getpid())


def _cancel(number: int, frame: "Any") -> None:
    signal(SIGTERM, _already)  # no SIG_IGN, which child processes would inherit
    raise Cancelled("the run was cancelled")


def _already(number: int, frame: "Any") -> None:
    """A second signal must not break into the finally blocks that the first one started."""


def _watch_inbox(inbox: str, pid: int) -> None:
    pause = FIRST_LOOK
    seen: "set[str]" = set()
    while not background.rest(pause):
        pause = min(pause * 1.5, LONGEST_PAUSE)
        try:
            names = sorted(name for name in os.listdir(inbox) if name.endswith(".json") and name not in seen)
        except OSError:
            continue  # no inbox yet
        for name in names:
            seen.add(name)
            message = _message(os.path.join(inbox, name))
            if message.get("type") == "cancel":
                os.kill(pid, SIGTERM)
                return
            if message.get("type") == "pause":
                pausing[:] = [True] if message.get("paused", True) else []


def _message(file: str) -> dict:
    from .encoding import loads

    try:
        with open(file, encoding="utf-8") as source:
            message = loads(source.read())
    except (OSError, ValueError):
        return {}
    return message if isinstance(message, dict) else {}
