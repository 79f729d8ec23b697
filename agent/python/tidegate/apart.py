"""Tasks that name a pool, an environment or an image: each call is a run of its own, of the same version, which the flow's body awaits without a slot.

Where there is no agent they are ordinary tasks of this process.
"""

from __future__ import annotations

import os
import sys

from . import context
from .children import MOST, Child, Children, _lineage, begun
from .kept import code_digest, digest_of, sha
from .waits import Asked

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Iterable

    from .flows import Flow
    from .tasks import Task


def elsewhere(scope: context.Scope) -> bool:
    """Whether such a task called here is another run: not locally, and not in the run that is there to do it."""
    info = scope.run.info
    return scope.run.memory is not None and hasattr(scope.run.recorder, "event") and not (info.get("step") and scope.key is None)


def called(task: "Task[..., Any]", scope: context.Scope, args: tuple, kwargs: dict) -> "Any":
    child = ask(task, scope, args, kwargs)
    return child if task.is_async else child.result()  # a child can be awaited


def ask(task: "Task[..., Any]", scope: context.Scope, args: tuple, kwargs: dict, own: "str | None" = None, place: "tuple[str, int] | None" = None) -> Child:
    """Ask for the run of one call. Raises what Wait does, StoreError, kept.NotStorable and TypeError."""
    if scope.key is not None:
        where = ", ".join(f"{word}=…" for word in ("pool", "environment", "image") if getattr(task.policy, word) is not None)
        raise RuntimeError(
            f"{task.__name__} has {where} and is called in the task {scope.key}, but only the flow's own body can wait for another run without holding a slot: call it there"
        )
    from .futures import settled

    lineage, store = _lineage(scope.run), scope.run.memory.store
    parents, shown = lineage.read(task, args, kwargs)
    args, kwargs = settled(args, kwargs)
    named = dict(zip(task._arguments, args)) if len(args) <= len(task._arguments) else {}
    rest = () if named else args
    found_by = _place_of(task, scope.run.recorder)
    policy: "Any" = task.policy
    done_in = f"{policy.pool}\0{policy.environment}" + ("" if policy.image is None else f"\0{policy.image}")
    asked = Asked(sha(f"{code_digest(task.fn)}\0{done_in}".encode()), _digest(args, kwargs))
    asked.parents, asked.shown = parents, shown
    if place is not None:
        asked.map, asked.index = place
        asked.key = f"{place[0]}[{place[1]}]" if own is None else scope.own_key(f"{place[0]}[=", own, "]")
    from .crossing import packed, unpacked

    given = {name: packed(store, one) for name, one in {**named, **kwargs}.items()}
    parameters: "dict[str, Any]" = {"task": found_by, "arguments": given}
    if rest:
        parameters["rest"] = [packed(store, one) for one in rest]
    child = {"flow": None, "step": task.__name__[:200], "parameters": parameters, "labels": {}, "pool": task.policy.pool, "detached": False}  # type: ignore[union-attr]
    wait, run = begun(scope, task.__name__, own if place is None else None, asked, child)
    return Child(wait, run, task.__name__, parameters, lambda value: unpacked(store, value, f"the result of {wait.key}"))


def map_items(task: "Task[..., Any]", scope: context.Scope, items: "Iterable[Any]", unmapped: dict, key: "Callable[[Any], str] | None") -> Children:
    """A run for each item."""
    from .mapping import items_of

    items_of(f"{task.__name__}.map()", items, MOST, "items, each a run of its own", "Give each run a slice of them")
    group = scope.next_key(task.__name__)
    found = Children()
    for index, item in enumerate(items):
        if index == MOST:
            raise ValueError(f"{task.__name__}.map() was given more than {MOST:,} items, each a run of its own; does what makes them end? Give each run a slice of them")
        found.append(ask(task, scope, (item,), unmapped, None if key is None else key(item), (group, index)))
    return found


def _digest(args: tuple, kwargs: dict) -> str:
    parts = [f"{name}={digest_of(value) or f'a {type(value).__qualname__}'}" for name, value in (*enumerate(args), *sorted(kwargs.items()))]
    return sha("\0".join(parts).encode("utf-8", "replace"))


def _place_of(task: "Task[..., Any]", recorder: "Any") -> "dict[str, Any]":
    """Where the other process finds it. Raises TypeError for what can't be found by name."""
    module = sys.modules.get(task.__module__)
    file = os.path.realpath(getattr(module, "__file__", None) or "")
    project = os.path.realpath(recorder.project)
    found: "Any" = module
    for part in task.__qualname__.split("."):
        found = getattr(found, part, None)
    if getattr(found, "fn", None) is not task.fn or not file.startswith(project + os.sep):
        raise TypeError(f"{task.__qualname__} is done by a run of its own, which finds it by its name: make it a function of a module of the project, not one inside another or a method")
    where: "dict[str, Any]" = {"file": os.path.relpath(file, project).replace(os.sep, "/"), "name": task.__qualname__}
    for word in ("environment", "image"):
        if getattr(task.policy, word) is not None:
            where[word] = getattr(task.policy, word)
    return where


def as_flow(project: str, info: dict, given: dict) -> "Flow[..., Any]":
    """In the run that does it: a flow whose body is that one call. Raises what the import raises, EntryError, StoreError."""
    from .crossing import packed, unpacked
    from .execute import EntryError, load_module
    from .flows import Flow
    from .store import Store
    from .tasks import Task

    place = given["task"]
    found: "Any" = load_module(project, place["file"])
    for part in place["name"].split("."):
        found = getattr(found, part, None)
    if not isinstance(found, Task):
        raise EntryError(f"{place['file']} has no task by the name {place['name']}")
    task, store = found, Store(info["store"])
    kwargs = {name: unpacked(store, value, f"the argument {name} of {task.__name__}") for name, value in given.get("arguments", {}).items()}
    args = [unpacked(store, value, f"an argument of {task.__name__}") for value in given.get("rest", ())]

    async def awaited() -> "Any":
        return packed(store, await task(*args, **kwargs))

    def done() -> "Any":
        return packed(store, task(*args, **kwargs))

    return Flow(awaited if task.is_async else done, info["flow"])


ENTERED = "TIDEGATE_ENVIRONMENT_ENTERED"


def enter(directory: "Any", run_dir: str, info: dict, given: dict) -> None:
    """Go on as the Python of the task's own environment, which is built where there is none yet. Raises steps.processes.StepFailed."""
    requirements = given["task"].get("environment")
    if requirements is None or os.environ.pop(ENTERED, None):
        return
    from .steps.environments import environment

    python = environment(requirements, directory.project, os.path.join(info["store"], "environments"), lambda text: directory.log("info", text, None))
    directory.streams.finish()
    start = os.path.join(os.path.dirname(os.path.abspath(__file__)), "start.py")
    os.execve(python, [python, "-u", start, run_dir], {**os.environ, ENTERED: "1"})
