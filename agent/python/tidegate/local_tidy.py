"""What local runs kept is not kept for ever: a bound by age and one by size. An agent's store has its own."""

from __future__ import annotations

import os
import re
import time

from .encoding import loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DAY = 86_400
KEPT = 30 * DAY  # seconds since its last use
MOST = 5 * 2**30  # bytes of all
SPARED = 3600  # seconds: a run may be under way, and a value lies there before the line that names it
_NAME = re.compile(rb'"([0-9a-f]{64})"')


def tidy(path: str, now: "float | None" = None, most: int = MOST) -> int:
    """Remove what is old or too much from a local store, once a day; returns the bytes. What can't be removed stays."""
    now = time.time() if now is None else now
    mark = os.path.join(path, "tidied")
    if os.path.exists(mark) and now - os.path.getmtime(mark) < DAY:
        return 0
    with open(mark, "wb"):
        os.utime(mark, (now, now))
    sizes = {os.path.basename(file): os.path.getsize(file) for file in _files(path, "objects")}
    room, named, gone = most, set(), 0
    # The newest first: what no longer fits is the oldest.
    for at, item in sorted(((_newest(item), item) for item in _items(path)), reverse=True):
        names = _names(item) - named
        size = _size(item) + sum(sizes.get(name, 0) for name in names)
        if now - at > SPARED and (now - at > _life(item) or size > room):
            gone += _remove(item)
            room = min(room, 0) if size > room else room
        else:
            room -= size
            named |= names
    for folder in _files(path, "views"):
        if now - _newest(folder) > (KEPT if room > 0 else SPARED):
            gone += _remove(folder)
    for file in _files(path, "objects"):
        if os.path.basename(file) not in named and now - _newest(file) > SPARED:
            gone += _remove(file)
    return gone


def _items(path: str) -> "list[str]":
    """What names objects: runs that did not succeed, cached values, and what the last runs of each flow returned."""
    return [os.path.join(path, part, name) for part in ("runs", "results") for name in _list(os.path.join(path, part))] + _files(path, "cache")


def _list(folder: str) -> "list[str]":
    return os.listdir(folder) if os.path.isdir(folder) else []


def _files(path: str, part: str) -> "list[str]":
    """Two levels, as objects and cached values lie."""
    root = os.path.join(path, part)
    return [os.path.join(root, two, name) for two in _list(root) for name in _list(os.path.join(root, two))]


def _within(item: str) -> "list[str]":
    return [item] if not os.path.isdir(item) else [os.path.join(folder, name) for folder, _, names in os.walk(item) for name in names]


def _newest(item: str) -> float:
    return max([_stat(one).st_mtime for one in (item, *_within(item))])


def _size(item: str) -> int:
    return sum(_stat(one).st_size for one in _within(item))


def _stat(path: str) -> "Any":
    try:
        return os.lstat(path)
    except OSError:  # another run removed it
        return os.stat_result([0] * 10)


def _text(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def _names(item: str) -> "set[str]":
    return {name.decode() for one in _within(item) for name in _NAME.findall(_text(one))}


def _life(item: str) -> float:
    """Seconds. A cached value may say itself for how long it is good; where it does not, and for all else, that is KEPT."""
    try:
        seconds = loads(_text(item).decode("utf-8", "replace")).get("for") if not os.path.isdir(item) else None
    except (ValueError, AttributeError):
        seconds = None
    return seconds if isinstance(seconds, (int, float)) else KEPT


def _remove(item: str) -> int:
    from shutil import rmtree

    size = _size(item)
    try:
        rmtree(item) if os.path.isdir(item) else os.unlink(item)
    except OSError:
        return 0
    return size
