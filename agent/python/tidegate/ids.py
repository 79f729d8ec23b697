"""Ids that sort in the order of their making."""

from __future__ import annotations

import os
from _thread import allocate_lock
from time import time_ns

_lock = allocate_lock()
_last = 0


def artifact_id(run: str, maker: "str | None", attempt: int, kind: str, name: str, number: int) -> str:
    """The id of an artifact, by what makes it again when the run goes through its body anew: it then takes the place of its earlier self.

    A UUIDv7 of the run's own millisecond; those of one name sort by ``number``.
    """
    from _hashlib import openssl_sha256

    told = repr((run, maker, attempt, kind, name, number)).encode("utf-8", "surrogatepass")
    drawn = int.from_bytes(openssl_sha256(told).digest()[:8], "big") & (1 << 62) - 1
    return _text(int(run.replace("-", "")[:12], 16) << 12 | number & 0xFFF, drawn)


def uuid7() -> str:
    """A UUIDv7: milliseconds, then 12 bits that count on from the last one of this process, so that what is made at once, or after the clock was set back, keeps its order."""
    global _last
    with _lock:
        number = _last = max(_last + 1, time_ns() * 4096 // 1_000_000)
    drawn = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    return _text(number, drawn)


def _text(number: int, drawn: int) -> str:
    text = f"{(number >> 12) << 80 | 7 << 76 | (number & 0xFFF) << 64 | 2 << 62 | drawn:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
