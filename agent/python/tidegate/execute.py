"""``python -m tidegate.execute RUN_DIR``: do the run that a run directory describes.

Everything that comes of it is written there (the agent's decision record 1 says how). Exit codes: 0 done,
1 the flow raised, 2 the project can't be imported or the parameters don't fit, 124 timed out, 143 cancelled.
"""

from __future__ import annotations

import os
import sys

from . import __version__, context
from .cancelled import Cancelled
from .encoding import dumps, loads, without_nan
from .records import RunDirectory
from .streams import Streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

    from .flows import Flow

RESULT_LIMIT = 256 * 1024  # bytes of JSON; a larger result is described, not sent


class EntryError(Exception):
    """The run names a file or function that the project does not have as a flow."""


def load(project: str, entry: str) -> "Flow[..., Any]":
    """Import ``path.py:function`` of a project and return the flow. Raises what the import raises, or EntryError."""
    path, _, function = entry.rpartition(":")
    if path == "tidegate.yaml":
        from .steps.plan import load as load_steps

        return load_steps(project, function)
    if not os.path.isfile(os.path.join(project, *path.split("/"))):
        raise EntryError(f"the project has no file {path}, where the flow {function} was deployed from")
    module = load_module(project, path)
    found = getattr(module, function, None)
    from .flows import Flow

    if not isinstance(found, Flow):
        what = "nothing" if found is None else f"a {type(found).__name__} without @flow"
        raise EntryError(f"{path} has {what} by the name {function}")
    return found


def load_module(project: str, path: str) -> "Any":
    """Import a file of a project, whose root is on sys.path, under the name that the project's own imports give it."""
    name = path[:-3].replace("/", ".") if path.endswith(".py") else path
    if name.endswith(".__init__"):
        name = name[:-9]
    context.loading.append(path)
    try:
        if name in sys.modules or "." in path[:-3]:
            file = os.path.join(project, *path.split("/"))
            return _load_file("__tidegate_flow__" if name in sys.modules else name.replace(".", "_"), file)
        __import__(name)
        return sys.modules[name]
    finally:
        context.loading.pop()


def _load_file(name: str, file: str) -> "Any":
    """For names that an import statement could not say, or that a module already has."""
    from importlib.util import module_from_spec, spec_from_file_location

    spec = spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise EntryError(f"{file} is no Python file")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def arguments(flow: "Flow[..., Any]", given: dict) -> dict:
    """The parameters as the flow's hints want them. Raises values.ParameterError, which says which and why."""
    typed = getattr(flow, "typed", None)
    if typed is not None:  # steps, which no function declares
        return typed(given)  # type: ignore[no-any-return]
    code = flow.fn.__code__
    named = code.co_argcount + code.co_kwonlyargcount
    defaults = len(flow.fn.__defaults__ or ()) + len(flow.fn.__kwdefaults__ or ())
    if not given and named == defaults:
        return {}
    from .values import typed_arguments

    return typed_arguments(flow.fn, given)


def result_record(value: object) -> dict:
    """The ``result`` event of a value: its JSON up to 256 KiB, else its type, size and a short repr."""
    try:
        try:
            text = dumps(value)
        except TypeError:
            from .values import to_json

            value = to_json(value)
            text = dumps(value)
        except ValueError:
            value = without_nan(value)
            text = dumps(value)
        size = len(text.encode("utf-8", "replace"))
        if size <= RESULT_LIMIT:
            return {"type": "result", "json": value}
    except (TypeError, ValueError, RecursionError):
        from .preview import size_of

        known = size_of(value)
        size = sys.getsizeof(value) if known is None else known
    from .preview import short

    return {"type": "result", "repr": short(value, 2000), "python": _type_name(value), "size": size}


def _type_name(value: object) -> str:
    kind = type(value)
    module = kind.__module__.partition(".")[0]
    return kind.__qualname__ if module == "builtins" else f"{module}.{kind.__qualname__}"


def was_cancelled(exc: "BaseException | None") -> bool:
    """Whether a cancel is what ended it, even where a finally block raised something else on the way."""
    while exc is not None:
        if isinstance(exc, Cancelled):
            return True
        exc = exc.__context__
    return False


def perform(directory: RunDirectory, info: dict, given: dict) -> int:
    """Import, check and do the run; write its end. Returns the exit code."""
    from .flows import perform as perform_plain

    home = os.getpid()
    run = None
    code = 2
    try:
        if info.get("step"):
            from .apart import as_flow

            flow, kwargs = as_flow(directory.project, info, given), {}
        else:
            flow = load(directory.project, info["entry"])
            flow, kwargs = (_hooked(flow, info, given), {}) if info.get("hook") else (flow, arguments(flow, given))
        code = 1
        run = context.Run(directory, info)
        if info.get("store"):
            from .memory import Memory
            from .store import Store

            run.memory = Memory(Store(info["store"]), info, directory.log)
        if flow.is_async:
            import asyncio

            from .flows import perform_async

            value = _in_time(info, flow, lambda: asyncio.run(perform_async(run, flow, (), kwargs)))
        else:
            value = _in_time(info, flow, lambda: perform_plain(run, flow, (), kwargs))
        end, code = result_record(value), 0
        if "json" not in end and run.memory is not None and not info.get("hook"):
            from .results import keep

            keep(run.memory, value)
    except BaseException as exc:
        if was_cancelled(exc):
            end, code = {"type": "cancelled"}, 143
        elif isinstance(exc, SystemExit) and exc.code in (None, 0) and code == 1:
            end, code = {"type": "result", "json": None}, 0
        elif code == 1:
            end, code = _failure(directory, info, flow, exc, home)
        else:
            end = {"type": "error", "error": directory.error(exc)}
    directory.streams.finish()
    if os.getpid() == home:  # a child that forked and came back here has no end to write
        if run is not None and run.memory is not None:
            try:
                run.memory.sync()
            except Exception as problem:
                directory.log("warn", str(problem), None)
        directory.event(end)
    return code


def _hooked(flow: "Flow[..., Any]", info: dict, given: dict) -> "Flow[..., Any]":
    """What is run after another run's end, in its place."""
    from .hooks import Ended, as_flow

    hook = info["hook"]
    return as_flow(flow, hook["on"], Ended(info.get("parent"), flow.name, hook["state"], _told(hook.get("error")), given))


def _told(error: "Any") -> "str | None":
    """An error of a run as a hook is given it: one line of text, as in a local run."""
    return f"{error['type']}: {error['message']}" if isinstance(error, dict) else error


def _in_time(info: dict, flow: "Flow[..., Any]", do: "Any") -> "Any":
    """Do the flow until the end that the agent set for this attempt; without one, as long as its timeout says."""
    policy = flow.policy
    seconds = None if policy is None else policy.timeout
    if info.get("deadline"):
        from time import time

        from .values import parse_datetime

        left = max(parse_datetime(info["deadline"]).timestamp() - time(), 0.001)
        seconds = left if seconds is None else min(left, seconds)
    if seconds is None:
        return do()
    from .timeouts import FlowTimedOut, limited

    whole = seconds if policy is None or policy.timeout is None else policy.timeout
    return limited(seconds, flow.name, do, FlowTimedOut(f"{flow.name} took longer than its timeout of {whole:g} s"))


def _failure(directory: RunDirectory, info: dict, flow: "Flow[..., Any]", exc: BaseException, home: int) -> "tuple[dict, int]":
    """The end of a flow that raised, told after its wish for another attempt, so that the end stays last."""
    error = directory.error(exc)
    pause = None
    if flow.policy is not None and os.getpid() == home:
        try:
            pause = flow.policy.again(exc, info.get("attempt", 1))
        except Exception as problem:  # a predicate or a delay of the user's own that raises
            problem.__context__ = exc
            error = directory.error(problem)
    if pause is not None:
        directory.event({"type": "retry", "after": pause, "error": error})
    timeouts = sys.modules.get("tidegate.timeouts")
    if timeouts is not None and isinstance(exc, timeouts.FlowTimedOut):
        return {"type": "timeout", "error": error}, 124
    return {"type": "error", "error": error}, 1


def main(run_dir: str) -> int:
    """Do the run of a run directory; returns the exit code."""
    import faulthandler

    from .secrets import take
    from .signals import listen

    path = os.path.abspath(run_dir)
    with open(os.path.join(path, "run.json"), encoding="utf-8") as file:
        info = loads(file.read())
    project = os.path.join(path, "project")
    directory = RunDirectory(path, project)
    directory.streams = Streams(directory.logs)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=directory.after_fork)
    with open(os.path.join(path, info["parameters"]), encoding="utf-8") as file:
        given = loads(file.read())
    if info.get("step"):
        from .apart import enter

        try:
            enter(directory, path, info, given)
        except Exception as problem:
            directory.streams.finish()
            directory.event({"type": "error", "error": directory.error(problem)})
            return 2
    take(path)
    listen(path)
    faulthandler.enable(2)  # a segmentation fault leaves the line that was running in err.log
    from .logging_bridge import watch

    watch(directory.streams)
    version = "%d.%d.%d" % sys.version_info[:3]
    directory.event({"type": "started", "python": version, "sdk": __version__})
    os.chdir(project)
    sys.path[:] = [project, *[entry for entry in sys.path if entry not in ("", project)]]
    sys.argv[:] = [os.path.join(project, info["entry"].rpartition(":")[0])]
    return perform(directory, info, given)


def run() -> "NoReturn":
    """Do the run that the command line names, and end with its exit code."""
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tidegate.execute RUN_DIR")
    sys.exit(main(sys.argv[1]))


if __name__ == "__main__":
    run()
