"""``python flow.py``: a flow run here and now, told on the terminal. No server, agent or account."""

from __future__ import annotations

import os
import sys
from time import localtime, monotonic, sleep, strftime, time

from . import context
from .flows import perform, perform_async
from .preview import short

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .flows import Flow

_COLOURS = {"debug": "2", "info": "36", "warn": "33", "error": "31", "start": "2", "done": "32", "failed": "31", "quiet": "2"}


class Terminal:
    """The recorder of a local run: lines on stderr, which leaves stdout to the program; artifacts as files."""

    def __init__(self, flow: str) -> None:
        self.flow = flow
        self.folder = ""
        self._started: "dict[str, float]" = {}
        self._failed: "set[str]" = set()  # of which another attempt may follow
        self._wide = 8

    def line(self, mark: str, label: str, text: str, colour: str) -> None:
        """One line: the time, what it is, whose it is, the text; coloured on a terminal."""
        self._wide = min(max(self._wide, len(label)), 24)
        stream = sys.stderr
        head = f"{strftime('%H:%M:%S', localtime())} {mark:<5}"
        if _coloured(stream):
            head = f"\x1b[2m{head[:9]}\x1b[0m\x1b[{_COLOURS[colour]}m{head[9:]}\x1b[0m"
            label = f"\x1b[1m{label}\x1b[0m" + " " * (self._wide - len(label))
        try:
            sys.stdout.flush()  # so that the program's own lines stay in their places
            stream.write(f"{head} {label:<{self._wide}}  {text}".rstrip() + "\n")
            stream.flush()
        except (OSError, ValueError, AttributeError):
            pass  # nobody is there to read

    def again(self, attempt: int, pause: float) -> None:
        """The flow is tried again: what failed before was the end of it, whatever is told of it then."""
        self._failed.clear()
        self.line("wait", self.flow, f"attempt {attempt} in {_seconds(pause)}", "quiet")

    def task(self, *records: dict) -> None:
        for record in records:
            self._task(record)

    def _task(self, record: dict) -> None:
        state, key = record["state"], record["key"]
        if state == "running":
            self._started[key] = monotonic()
            self.line("start", _label(key), "", "start")
            return
        if state == "pending":
            return
        if state == "waiting" and key not in self._failed:
            self._started[key] = monotonic()
            self.line("wait", _label(key), _seconds(max(record["until"] - time(), 0)) if "until" in record else "", "quiet")
            return
        if state == "waiting":
            self._failed.discard(key)
            self.line("wait", _label(key), f"attempt {record['attempt'] + 1} in {_seconds(max(record['until'] - time(), 0))}", "quiet")
            return
        took = _seconds(monotonic() - self._started.pop(key, monotonic()))
        if state == "succeeded":
            self.line("done", _label(key), _remembered(record.get("from")) or took, "done")
        elif state == "failed":
            self._failed.add(key)
            self.line("fail", _label(key), f"{took}  {record['error']['type']}: {record['error']['message']}"[:500], "failed")
        else:
            self.line("skip" if state == "skipped" else "stop", _label(key), state, "quiet")

    def log(self, level: str, text: str, scope: "context.Scope | None") -> None:
        label = self.flow if scope is None or scope.key is None else _label(scope.key)
        for line in text.split("\n"):
            self.line(level, label, line, level)

    def error(self, exc: BaseException) -> dict:
        try:
            message = str(exc)
        except Exception:  # the program gets its own exception all the same
            message = "(its message can't be made)"
        return {"type": type(exc).__qualname__, "message": message}

    def artifact(self, record: dict, data: bytes, extension: str) -> str:
        """Write the artifact below .tidegate/local, or to a temporary folder where that can't be. Returns its path."""
        if not self.folder:
            self.folder = _folder(self.flow)
        stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in record["name"])[:80]
        number = 1
        while True:
            path = os.path.join(self.folder, f"{stem}{'' if number == 1 else f'-{number}'}.{extension}")
            try:
                with open(path, "xb") as file:
                    file.write(data)
                break
            except FileExistsError:
                number += 1
        label = self.flow if record["task"] is None else _label(record["task"])
        self.line("file", label, f"{record['kind']} → {path}", "quiet")
        return path


def _remembered(source: "dict | None") -> str:
    return "" if source is None else f"{'cached' if source['cached'] else 'remembered'} from run {source['run']}"


def _coloured(stream: "Any") -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def _label(key: str) -> str:
    return key.rpartition("/")[2].replace("#0", "")


def _seconds(duration: float) -> str:
    return f"{duration * 1000:.0f} ms" if duration < 1 else f"{duration:.1f} s"


def _folder(flow: str) -> str:
    stem = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in flow)[:60]
    name = f"{stem}-{strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"
    path = os.path.join(".tidegate", "local", name)
    try:
        os.makedirs(path, exist_ok=True)
        return path
    except OSError:
        from tempfile import mkdtemp

        return mkdtemp(prefix=f"tidegate-{stem}-")


def _quiet_frames() -> None:
    """Leave the SDK's frames out of the traceback of an uncaught exception; everything else stays as it was."""
    previous = sys.excepthook
    if getattr(previous, "_is_tidegate", False):
        return

    def hook(kind: "type[BaseException]", exc: BaseException, trace: "Any") -> None:
        from .errors import noted, strip

        strip(exc)
        previous(kind, exc, exc.__traceback__)
        sys.stderr.write(noted(exc))

    hook._is_tidegate = True  # type: ignore[attr-defined]
    sys.excepthook = hook


def run_here(flow: "Flow[..., Any]", args: tuple, kwargs: dict, given: "dict | None" = None) -> "Any":
    """Run a flow in this process; returns or raises what it does, or a coroutine that will.

    ``given``: its parameters as hooks are told them, where the arguments do not say so.
    Raises ParameterError for arguments that an agent would not take.
    """
    from uuid import uuid4

    from .local_store import open_here

    _quiet_frames()
    if len(sys.argv) > 1 and not context.active:
        from .command import check
        from .testing import active

        if not active:
            check(flow)
    if args or kwargs:
        from .values import checked_arguments

        args, kwargs = checked_arguments(flow.fn, args, kwargs)
    if given is None:
        given = _given(flow, args, kwargs)
    terminal = Terminal(flow.name)
    info: "dict[str, Any]" = {"run": str(uuid4()), "flow": flow.name}
    kept = open_here(flow, info, lambda mark, text: terminal.line(mark, flow.name, text, "quiet"))
    run = _run(terminal, info, kept, flow)
    if flow.is_async:
        return _told_async(terminal, run, flow, args, kwargs, kept, given)
    begin = monotonic()
    terminal.line("start", flow.name, "", "start")
    attempt = 0
    while True:
        attempt += 1
        try:
            value = _in_time(flow, lambda: perform(run, flow, args, kwargs))
            break
        except BaseException as exc:
            _failed(terminal, exc, begin)
            pause = None if flow.policy is None else flow.policy.again(exc, attempt)
            if pause is None:
                _hooks(terminal, flow, run.info, exc, given)
                _resumable(terminal, flow, kept, exc)
                raise
        sleep(_told_again(terminal, attempt, 0 if run.fast else pause))
        run = _run(terminal, {**run.info, "attempt": attempt + 1}, kept, flow)
    _done(terminal, value, begin)
    if kept is not None:
        kept.succeeded(value)
    _hooks(terminal, flow, run.info, None, given)
    return value


def _given(flow: "Flow[..., Any]", args: tuple, kwargs: dict) -> dict:
    """What a run was given, by name and as JSON has it: so an agent tells its hooks."""
    if flow.policy is None or not flow.policy.hooks:
        return {}
    from .values import to_json

    code = getattr(flow.fn, "__code__", None)
    named = {**dict(zip(() if code is None else code.co_varnames[: code.co_argcount], args)), **kwargs}
    for name, value in named.items():
        try:
            named[name] = to_json(value)
        except (TypeError, RecursionError):
            pass  # a call in Python may give what no agent would take
    return named


def _run(terminal: Terminal, info: dict, kept: "Any", flow: "Flow[..., Any]") -> context.Run:
    from .local_store import fast

    run = context.Run(terminal, info)
    run.fast = fast(flow)
    if kept is not None:
        run.memory = kept.memory(info.get("attempt", 1), terminal.log)
    return run


def _hooks(terminal: Terminal, flow: "Flow[..., Any]", info: dict, exc: "BaseException | None", given: dict) -> None:
    """What the flow wants done after its end; a failure there is told and changes nothing."""
    if flow.policy is None or not flow.policy.hooks:
        return
    from .cancelled import Cancelled
    from .hooks import Ended, as_flow

    state = "succeeded" if exc is None else "cancelled" if isinstance(exc, (Cancelled, KeyboardInterrupt)) else "failed"
    on = {"succeeded": "success", "cancelled": "cancel", "failed": "failure"}[state]
    error = None if exc is None else f"{type(exc).__qualname__}: {exc}"
    try:
        perform(context.Run(terminal, dict(info)), as_flow(flow, on, Ended(info["run"], flow.name, state, error, given)), (), {})
    except Exception as problem:
        terminal.log("error", f"a hook on {on} failed: {type(problem).__qualname__}: {problem}", None)


def _resumable(terminal: Terminal, flow: "Flow[..., Any]", kept: "Any", exc: BaseException) -> None:
    """Says how to go on, where the command line can be asked for it."""
    from .command import takes_words
    from .testing import active

    if kept is not None and not context.active and not active and not isinstance(exc, SystemExit) and takes_words(flow):
        terminal.line("note", flow.name, "--resume goes on from here: what succeeded is not done again", "quiet")


def _in_time(flow: "Flow[..., Any]", do: "Any") -> "Any":
    if flow.policy is None or flow.policy.timeout is None:
        return do()
    from .timeouts import limited

    return limited(flow.policy.timeout, flow.name, do)


def _told_again(terminal: Terminal, attempt: int, pause: float) -> float:
    terminal.again(attempt + 1, pause)
    return pause


async def _told_async(terminal: Terminal, run: context.Run, flow: "Flow[..., Any]", args: tuple, kwargs: dict, kept: "Any", given: dict) -> "Any":
    begin = monotonic()
    terminal.line("start", flow.name, "", "start")
    attempt = 0
    while True:
        attempt += 1
        try:
            value = await _awaited_in_time(flow, perform_async(run, flow, args, kwargs))
            break
        except BaseException as exc:
            _failed(terminal, exc, begin)
            pause = None if flow.policy is None else flow.policy.again(exc, attempt)
            if pause is None:
                _hooks(terminal, flow, run.info, exc, given)
                _resumable(terminal, flow, kept, exc)
                raise
        from asyncio import sleep as pass_time

        await pass_time(_told_again(terminal, attempt, 0 if run.fast else pause))
        run = _run(terminal, {**run.info, "attempt": attempt + 1}, kept, flow)
    _done(terminal, value, begin)
    if kept is not None:
        kept.succeeded(value)
    _hooks(terminal, flow, run.info, None, given)
    return value


async def _awaited_in_time(flow: "Flow[..., Any]", work: "Any") -> "Any":
    if flow.policy is None or flow.policy.timeout is None:
        return await work
    import asyncio

    from .timeouts import over

    try:
        return await asyncio.wait_for(work, flow.policy.timeout)
    except asyncio.TimeoutError as problem:
        raise over(flow.name, flow.policy.timeout) from problem


def _done(terminal: Terminal, value: object, begin: float) -> None:
    result = "" if value is None else f"  → {short(value)}"
    terminal.line("done", terminal.flow, _seconds(monotonic() - begin) + result, "done")


def _failed(terminal: Terminal, exc: BaseException, begin: float) -> None:
    took = _seconds(monotonic() - begin)
    if isinstance(exc, (KeyboardInterrupt, SystemExit)):
        return terminal.line("fail", terminal.flow, f"stopped after {took}", "failed")
    error = terminal.error(exc)  # of an attempt that another follows there is no traceback
    terminal.line("fail", terminal.flow, f"failed after {took}  {error['type']}: {error['message']}"[:500], "failed")
