"""Ids that sort in the order of their making."""

from __future__ import annotations

import os
from _thread import allocate_lock
from time import time_ns

_lock = allocate_lock()
_last = 0


def uuid7() -> str:
    """A UUIDv7: milliseconds, then 12 bits that count on from the last one of this process, so that what is made at once, or after the clock was set back, keeps its order."""
    global _last
    with _lock:
        number = _last = max(_last + 1, time_ns() * 4096 // 1_000_000)
    drawn = int.from_bytes(os.urandom(8), "big") & (1 << 62) - 1
    text = f"{(number >> 12) << 80 | 7 << 76 | (number & 0xFFF) << 64 | 2 << 62 | drawn:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
