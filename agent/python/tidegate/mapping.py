"""One task over many items."""

from __future__ import annotations

from itertools import islice

from .errors import note
from .futures import Future, scope_for, start
from .pool import Group
from .preview import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Generic, Iterable, Iterator, List, TypeVar

    from .tasks import Task

    R = TypeVar("R")

    class _List(List["Future[R]"], Generic[R]): ...
else:
    from .tasks import Generic, R

    class _List(Generic, list):
        pass


MOST_ITEMS = 100_000  # of one map: a source that never ends is told while there is still memory
BATCH = 64  # futures of one map that are recorded at once: about a millisecond of work


def items_of(what: str, items: "Any", most: int, noun: str, instead: str) -> "Iterator[Any]":
    """The items, one after the other; too many are refused before the first where their number is known. Raises TypeError, ValueError."""
    try:
        source = iter(items)
    except TypeError:
        raise TypeError(f"{what} takes a list, or what else gives one item after the other, not {short(items, 120)}") from None
    # Of a data frame the length is that of its rows, and its items are its columns.
    if hasattr(type(items), "__len__") and not hasattr(items, "columns") and len(items) > most:
        raise ValueError(f"{what} was given {len(items):,} {noun}, and takes at most {most:,}. {instead}")
    return source


def map_items(task: "Task[..., Any]", items: "Iterable[Any]", unmapped: dict, concurrency: "int | None", on: "Any" = "threads", others: tuple = ()) -> "FutureList[Any]":
    """See Task.map."""
    from .tasks import Call

    if others:
        name, more = task.__name__, task._arguments[1 : len(others) + 1]
        said = ", ".join(f"{one}={short(value, 40)}" for one, value in zip(more, others)) or "name=value"
        raise TypeError(f"{name}.map() takes the items first, and by keyword what is the same for each of them: {name}.map(items, {said})")

    keyed = unmapped.pop("key", None) if "key" not in task._arguments else None
    if keyed is not None and not callable(keyed):
        raise TypeError(f"map(key=…) takes a function of the item that makes its key, not {keyed!r}")
    scope = scope_for(f"{task.__name__}.map()", True)
    source = items_of(f"{task.__name__}.map()", items, MOST_ITEMS, "items", "Give each task a slice of them, or map over parts")
    if concurrency is not None and (type(concurrency) is not int or concurrency < 1):
        raise ValueError(f"concurrency must be a whole number from 1 up, not {concurrency!r}")
    if task.policy is not None and task.policy.apart:
        from .apart import elsewhere
        from .apart import map_items as runs

        if elsewhere(scope):
            if concurrency is not None or on != "threads":
                raise TypeError(f"{task.__name__} is done by runs of its own: its pool says how many at a time, and map() takes no concurrency and no on")
            return runs(task, scope, items, unmapped, keyed)  # type: ignore[return-value]
    away = None
    if on != "threads":
        from .elsewhere import place

        away = place(on, task, concurrency)
    group = Group(scope.run.futures.pool, scope.run.lock, concurrency, scope)
    key = scope.next_key(task.__name__)

    found: "FutureList[Any]" = FutureList()
    # What makes its items as it goes may take its time for each: then each is started as it comes.
    together = BATCH if isinstance(items, (list, tuple, range, dict, set)) else 1
    while True:
        batch: "list[Future[Any]]" = [
            Future(Call(task, scope, (item,), unmapped, key, index, None if keyed is None else keyed(item)), (item,), unmapped, group)
            for index, item in enumerate(islice(source, together), len(found))
        ]
        if not batch:
            return found
        if away is not None:
            for future in batch:
                future._call.away = away
        if len(found) + len(batch) > MOST_ITEMS:
            raise ValueError(f"{task.__name__}.map() was given more than {MOST_ITEMS:,} items; does what makes them end? Give each task a slice of them, or map over parts")
        start(scope.run, batch)
        found += batch


class FutureList(_List[R]):
    """The futures of one map, in the order of its items."""

    def results(self, failed: str = "raise") -> "list[R]":
        """Wait for all; the values in order. ``failed``: "raise" what the first failed one, in order, raised; "skip" those
        that failed; or "return" what each raised in its place. Raises ValueError for another word.
        """
        if failed not in ("raise", "skip", "return"):
            raise ValueError(f'results(failed=…) takes "raise", "skip" or "return", not {failed!r}')
        for future in self:
            future._asked = True
        if failed == "raise":
            return [self._value_of(future) for future in self]
        for future in self:
            future._wait()
        return [future._value if future._error is None else future._error for future in self if future._error is None or failed == "return"]

    def _value_of(self, future: "Future[R]") -> R:
        try:
            return future.result()
        except Exception as problem:
            if problem is future._error:
                others = sum(one.state == "failed" for one in self) - 1
                note(problem, f"the item was {future._given}: {_name(future)}, one of {len(self):,} items" + (f"; {others:,} more failed so far" if others else ""))
            raise


def _name(future: "Future[Any]") -> str:
    return future.key.rpartition("/")[2].replace("#0", "")
