"""What other runs returned: asked of the agent, which fetches and opens it; what is no JSON is taken from the store on the premises."""

from __future__ import annotations

import os
import time

from . import context
from .encoding import dumps, loads, to_bytes
from .kept import NotStorable, restored, sha, stored
from .store import Store, StoreError, put_file
from .waits import FIRST_LOOK, LONGEST_PAUSE, inbox_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

NAME = "=result"  # what a run's log calls the value that it returned, where that is no JSON
_LOCAL = 10  # results of a flow that a local store keeps
_NONE: "Any" = object()


class NoResult(LookupError):
    """No run of that flow, version and labels has succeeded, or what it returned can't be read here."""


def result(flow: "Any", *, version: "int | None" = None, run: "str | None" = None, labels: "dict | None" = None, default: "Any" = _NONE) -> "Any":
    """What another run of the workspace returned: ``result("train")`` of the newest that succeeded.

    It is remembered: a run that goes on, or is resumed, gets the same again. A local run reads the local store, which knows
    neither versions nor labels.

    Args:
        flow: its name, or the flow
        version: of this version alone
        run: of the run with this id
        labels: of runs that have these labels
        default: what is returned where there is none

    Raises:
        NoResult: where there is none, and no default.
    """
    name = flow if isinstance(flow, str) else getattr(flow, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f"result takes the name of a flow, or the flow, not {flow!r}")
    if version is not None and (type(version) is not int or version < 1):
        raise TypeError(f"result(version=…) takes the number of a version, not {version!r}")
    scope = context.here()
    if scope is None or scope.run.forked:
        raise RuntimeError("result() works inside a flow, in its own process")
    try:
        if not hasattr(scope.run.recorder, "event"):
            return _here(name, run)
        return _asked(scope, name, {"version": version, "run": run, "labels": dict(labels or {})})
    except NoResult:
        if default is _NONE:
            raise
        return default


def _asked(scope: context.Scope, flow: str, wanted: dict) -> "Any":
    memory = scope.run.memory
    if context.current.get() is None and memory is not None:
        raise RuntimeError("result() in a thread of your own: threads come in another order each time; ask for it in the flow's body, or in a task")
    key = scope.next_key("result")
    found = None if memory is None else memory.moment(key)
    if found is None:
        answer = _answer(scope, key, flow, wanted)
        if answer.get("state") != "answered":
            error = answer.get("error") or {}
            raise (NoResult if error.get("type") == "NoResult" else RuntimeError)(f"result of {flow}: {error.get('message', 'the agent could not get it')}")
        found = {"run": answer["child"]["run"], "value": answer.get("value"), "described": answer.get("described")}
        if memory is not None:
            memory.once(key, lambda: found)
    if found["described"] is None:
        return found["value"]
    return of_run(scope.run.info.get("store"), found["run"], flow, found["described"])


def _answer(scope: context.Scope, key: str, flow: str, wanted: dict) -> dict:
    """Ask the agent and wait here: it takes a moment, not a person."""
    run = scope.run
    recorder: "Any" = run.recorder
    inbox = inbox_of(run)
    inbox.look()
    if key not in inbox.answers:
        recorder.event({"type": "result_of", "key": key, "flow": flow, **wanted})
    pause = FIRST_LOOK
    while key not in inbox.answers:
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)
        inbox.look()
    return inbox.answers[key]


def of_run(path: "str | None", run: str, flow: str, described: dict) -> "Any":
    """What a run kept of the value that it returned, which was no JSON. Raises NoResult, StoreError."""
    what = f"the result of run {run} of {flow} (a {described.get('python')}, {described.get('size')} bytes)"
    if path is None:
        raise NoResult(f"{what} is no JSON, and this run has no store to read it from")
    store = Store(path)
    kept: "dict | None" = None
    for record in store.log(run).read(lambda count: None) if os.path.isdir(os.path.join(path, "runs", run)) else ():
        if record.get("once") == NAME:
            kept = record["value"]
    if kept is None:
        raise NoResult(f"{what} is no JSON, so it stays in the store of the agent that ran it, and store {store.id} of this agent has none: it is another's, or older than the store keeps them, or could not be stored")
    return restored(store, kept)


def keep(memory: "Any", value: "Any") -> None:
    """Keep what a run returned and JSON does not say, for those who ask for it. One that can't be stored is said."""
    try:
        memory.append({"once": NAME, "value": stored(memory.store, value)[0], "at": round(time.time(), 6), "run": memory.run})
    except (NotStorable, StoreError) as problem:
        memory.note("warn", f"what the flow returned can't be stored, so no other run can read it: {problem}", None)


def _file(store: Store, flow: str) -> str:
    return os.path.join(store.path, "results", f"{sha(to_bytes(flow))[:32]}.json")


def keep_here(store: Store, flow: str, run: str, value: "Any") -> None:
    """Of a local run; what can't be kept is not there for others."""
    try:
        newest = {"run": run, "at": round(time.time(), 6), "value": stored(store, value)[0]}
        path = _file(store, flow)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        put_file(path, to_bytes(dumps([newest, *_read(path)][:_LOCAL])))
    except (NotStorable, StoreError, OSError):
        pass


def _read(path: str) -> "list[dict]":
    try:
        with open(path, encoding="utf-8") as file:
            found = loads(file.read())
    except (OSError, ValueError):
        return []
    return found if isinstance(found, list) else []


def _here(flow: str, run: "str | None") -> "Any":
    from .local_store import PLACE
    from .testing import active

    if active and f"result {flow}" in active[-1].answers:
        return active[-1].answers[f"result {flow}"]
    path = active[-1].store if active else PLACE
    known = _read(_file(Store(path), flow)) if os.path.exists(os.path.join(path, "store.json")) else []
    for one in known:
        if run is None or one["run"] == run:
            return restored(Store(path), one["value"])
    raise NoResult(f"no run of {flow}{'' if run is None else f' by the id {run}'} has succeeded here, as far as {path} knows")
