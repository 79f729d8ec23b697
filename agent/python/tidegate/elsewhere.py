"""Where the items of a map run, if not in threads: processes of this machine, or the team's own Dask or Ray cluster. Each item's thread
hands its call over and waits, so that order, retries, cache and checkpoints are those of any task."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .tasks import Task


class Dask:
    """A Dask cluster: ``on=Dask("tcp://scheduler:8786")``. Needs the package ``distributed`` in the flow's environment."""

    def __init__(self, address: str) -> None:
        self.address = address


class Ray:
    """A Ray cluster: ``on=Ray("ray://head:10001")``, or ``Ray("auto")`` for the one of this machine. Needs the package ``ray`` in the flow's environment."""

    def __init__(self, address: str = "auto") -> None:
        self.address = address


class Place:
    """Runs functions elsewhere. ``call`` blocks until the value is here, or raises what the function raised."""

    def __init__(self, call: "Callable[..., Any]") -> None:
        self._call = call

    def bound(self, task: "Task[..., Any]") -> "Callable[..., Any]":
        return lambda *args, **kwargs: self._call(task, args, kwargs)


_places: "dict[Any, Place]" = {}


def place(on: "Any", task: "Task[..., Any]", concurrency: "int | None") -> Place:
    """The place of a map's ``on``. Raises TypeError for what is none and for coroutines, ImportError with the package to add."""
    if task.is_async:
        raise TypeError(f"{task.__name__} is async def, which map(on=…) can't hand over: make it a plain function")
    if on == "processes":
        key: "Any" = ("processes", concurrency)
        make = _processes
    elif isinstance(on, Dask):
        key, make = ("dask", on.address), _dask
    elif isinstance(on, Ray):
        key, make = ("ray", on.address), _ray
    else:
        raise TypeError(f'map(on=…) takes "threads", "processes", Dask("tcp://…") or Ray("ray://…"), not {on!r}')
    if key not in _places:
        _places[key] = make(key[1])
    return _places[key]


def _processes(concurrency: "int | None") -> Place:
    from .processes import Processes

    return Place(Processes(concurrency).call)


def _package(name: str, on: str) -> "Any":
    """What only flows that ask for it need to have. Raises ImportError."""
    from importlib import import_module

    try:
        return import_module(name)
    except ImportError:
        raise ImportError(f"map(on={on}(…)) needs the package {name}: add it to requirements.txt") from None


def _dask(address: str) -> Place:
    client = _package("distributed", "Dask").Client(address)
    return Place(lambda task, args, kwargs: client.submit(task.fn, *args, pure=False, **kwargs).result())


def _ray(address: str) -> Place:
    ray = _package("ray", "Ray")
    if not ray.is_initialized():
        ray.init(address=None if address == "local" else address)
    remotes: "dict[Any, Any]" = {}

    def call(task: "Task[..., Any]", args: tuple, kwargs: dict) -> "Any":
        remote = remotes.setdefault(task.fn, ray.remote(task.fn)) if task.fn not in remotes else remotes[task.fn]
        return ray.get(remote.remote(*args, **kwargs))

    return Place(call)
