"""Which task made a value, so that passing it on records a dependency without futures."""

from __future__ import annotations

from sys import getrefcount

from .preview import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Values that Python shares freely: their identity says nothing about who made them.
_SHARED = (type(None), bool, int, float, complex, str, bytes, type, type(getrefcount), type(short))
_WIDE = 64  # items of a container that are looked into
_SWEEP = 64  # values kept before sweeps become rare


def _references(table: "dict[int, tuple[Any, str]]", key: int) -> int:
    value = table[key][0]
    return getrefcount(value)


class Lineage:
    """Maps living values to the key of the task that returned them.

    A value is held while anyone else holds it, so an identity never means a different value; whatever only
    this table holds is let go at the next call of a task.
    """

    def __init__(self) -> None:
        self._made: "dict[int, tuple[Any, str]]" = {}
        self._calls = 0
        lone: "dict[int, tuple[Any, str]]" = {0: ([], "")}
        self._unheld = _references(lone, 0)

    def read(self, task: "Any", args: tuple, kwargs: dict) -> "tuple[list[str], dict[str, str]]":
        """The keys of the tasks that made the arguments, and the arguments' short reprs by name."""
        self._calls += 1
        if self._made and self._calls % (1 + len(self._made) // _SWEEP) == 0:
            self._sweep()
        parents: "dict[str, None]" = {}
        inputs: "dict[str, str]" = {}
        names = task._arguments
        for place, value in enumerate(args):
            self._trace(value, parents, 2)
            inputs[names[place] if place < len(names) else f"*{place}"] = short(value, 120)
        for name, value in kwargs.items():
            self._trace(value, parents, 2)
            inputs[name] = short(value, 120)
        return list(parents), inputs

    def came_from(self, value: "Any") -> "list[str]":
        """The keys of the tasks that made a value, or what it holds."""
        parents: "dict[str, None]" = {}
        self._trace(value, parents, 3)
        return list(parents)

    def _trace(self, value: "Any", parents: "dict[str, None]", depth: int) -> None:
        if isinstance(value, _SHARED):
            return
        if hasattr(type(value), "_is_tidegate_future"):
            parents[value.key] = None
            return
        made = self._made.get(id(value))
        if made is not None:
            parents[made[1]] = None
        elif depth and isinstance(value, (list, tuple, dict)):
            for item in list(value.values() if isinstance(value, dict) else value)[:_WIDE]:
                self._trace(item, parents, depth - 1)

    def produced(self, key: str, value: "Any") -> None:
        """Remember who made a value, and the items of a small one: it may be unpacked."""
        if isinstance(value, _SHARED) or type(value) is tuple and not value:
            return
        self._made[id(value)] = (value, key)
        if type(value) in (list, tuple, dict) and len(value) <= 16:
            for item in value.values() if type(value) is dict else value:
                if not isinstance(item, _SHARED) and id(item) not in self._made:
                    self._made[id(item)] = (item, key)

    def _sweep(self) -> None:
        for key in list(self._made):
            try:
                if _references(self._made, key) <= self._unheld:
                    del self._made[key]
            except KeyError:
                pass  # another thread swept it
