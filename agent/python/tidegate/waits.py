"""Waiting for a time, a person, an event or another run: in this process for a moment, then without one."""

from __future__ import annotations

import os
import time
from _thread import get_ident

from . import context
from .encoding import loads
from .suspend import in_body, quiet, suspend
from .timeouts import TimedOut

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from typing import Any, Callable

SHORT = 5.0  # seconds: a sleep up to that stays in the process and is told to nobody else
SOON = 3.0  # seconds: what is due so soon is waited for
FIRST_LOOK, LONGEST_PAUSE = 0.02, 0.5
LATEST = 32_503_680_000  # epoch seconds: what an agent takes of a wait's moment
GOOD = ("answered", "due")  # states of an answer


class WaitFailed(Exception):
    """What was waited for failed: the run that was asked for, or the asking."""


class Inbox:
    """The answers that a run has got so far, by the key of the wait."""

    def __init__(self, run: context.Run) -> None:
        self.answers: "dict[str, dict]" = {}
        self.waiting: "dict[int, float]" = {}  # thread → since when it waits for the outside
        self.coroutines: "dict[Any, float]" = {}  # asyncio task → the same
        self.open: "dict[str, Wait]" = {}
        path = getattr(run.recorder, "path", None)
        self._folder = None if path is None else os.path.join(path, "inbox")
        self._seen: "set[str]" = set()

    def look(self) -> None:
        if self._folder is None:
            return
        try:
            names = sorted(name for name in os.listdir(self._folder) if name.endswith(".json") and name not in self._seen)
        except OSError:
            return
        for name in names:
            try:
                with open(os.path.join(self._folder, name), encoding="utf-8") as file:
                    message = loads(file.read())
            except (OSError, ValueError):
                continue
            self._seen.add(name)
            if isinstance(message, dict) and message.get("type") == "answer":
                self.answers.setdefault(message["key"], message)


def inbox_of(run: context.Run) -> Inbox:
    if run.waits is None:
        run.waits = Inbox(run)
    return run.waits  # type: ignore[no-any-return]


class Asked:
    """What a wait for another run was asked with: by it a run that resumes knows whether the answer still counts."""

    def __init__(self, code: "str | None" = None, inputs: "str | None" = None) -> None:
        self.code = code  # digests
        self.inputs = inputs
        self.key: "str | None" = None  # of an item of a map
        self.index: "int | None" = None
        self.map: "str | None" = None
        self.parents: "list[str]" = []
        self.shown: "dict[str, str] | None" = None


class Wait:
    """One wait: told when it begins, and remembered once it has its answer."""

    def __init__(
        self, scope: context.Scope, kind: str, name: str, key: "str | None", until: "float | None" = None, asked: "Asked | None" = None, **told: "Any"
    ) -> None:
        asked = asked or Asked()
        if context.current.get() is None and scope.run.memory is not None and key is None:
            come = "threads come in another order each time"
            if name in ("event", "pause"):  # whose key is the event's own
                raise RuntimeError(f"wait_for() works in the flow's own thread and in tasks, not in a thread of your own: {come}")
            raise RuntimeError(f'{name}() in a thread of your own needs key="…": {come}')
        self.scope = scope
        self.run = scope.run
        self.kind = kind
        self.fn = name if kind == "time" else kind  # what is called: pages say "sleep", not "time"
        self.asked = asked
        # What it is remembered by. It is told by that too, but for one that failed in an earlier attempt of the flow.
        self.key = self.name = asked.key or (scope.next_key(name) if key is None else scope.own_key(f"{name}#=", key, ""))
        self.until = until
        self.told = told
        self.begun = False
        self.fits: "Callable[[Any], Any] | None" = None  # raises for an answer that its question does not take
        self.wrong: "Exception | None" = None
        self.answer: "dict | None" = None
        memory = self.run.memory
        if memory is not None:
            remembered = self._remembered(memory)
            if kind != "time":
                self.key = memory.asked_as(self.name, None if remembered else self._failed)
            if remembered is not None:
                self.answer, origin = {"state": "answered", **remembered[0]}, remembered[1]
                self._task(remembered[2], **{"from": {"run": origin, "cached": False}})
            elif until is not None:
                # A sleep of the run that this one resumes goes on; a deadline for an answer begins anew, as its question does.
                name = f"{self.key}:until" if kind == "time" else f"{self.key}:until:{self.run.info['run']}"
                self.until = memory.once(name, lambda: until)

    def _remembered(self, memory: "Any") -> "tuple[dict, str, str] | None":
        """What it was answered before, in which run, and the state of its task: by hand, or where the same was asked for."""
        marked = memory.marked(self.name)
        if marked is not None:
            return {"value": marked[0]}, marked[2], marked[1]
        found = memory.moment(self.name)
        if found is None:
            return None
        origin = memory.origin(self.name)
        for what, told in (("code", "its code is"), ("inputs", "its inputs are")):
            before, now = found.pop(what, None), getattr(self.asked, what)
            if now is not None and before is not None and before != now and origin != self.run.info["run"] and not (what == "code" and memory.changed == "keep"):
                memory.note("info", f"{self.name} runs again: {told} not what they were in run {origin}".replace("code is not what they were", "code is not what it was"), self.scope)
                memory.drop(self.name)
                return None
        return found, origin, "succeeded"

    def _failed(self, key: str) -> bool:
        """Whether what was told by this key had an answer that is none, when this process began or since."""
        inbox = inbox_of(self.run)
        if not inbox.answers:
            inbox.look()
        found = inbox.answers.get(key)
        return found is not None and (found.get("state") not in GOOD or self.run.memory.moment(self._unfit(key)) is not None)

    def _unfit(self, key: str) -> str:
        return f"{key}:unfit:{self.run.info['run']}"

    def _task(self, state: str, **more: "Any") -> None:
        asked = self.asked
        record = {"key": self.key, "fn": self.fn, "index": asked.index, "map": asked.map, "attempt": 1, "parents": asked.parents, "state": state, **more}
        if asked.shown is not None:
            record["inputs"], asked.shown = asked.shown, None
        self.run.recorder.task(record)

    def begin(self) -> None:
        """Tell that the run waits, once."""
        if self.begun or self.answer is not None:
            return
        self.begun = True
        agent = hasattr(self.run.recorder, "event")
        stays = self.kind == "time" and (self.scope.key is not None or (self.until or 0) - time.time() <= SHORT)
        # A sleep that stays in its process holds a slot as any work does, and no wait is told of it: as running, a page knows since when it is.
        self._task("running" if agent and stays else "waiting", **({} if self.until is None else {"until": self.until}))
        if agent and not stays:
            inbox_of(self.run).open[self.key] = self
            self.run.recorder.event({"type": "wait", "key": self.key, "kind": self.kind, "until": self.until, **self.told})

    def look(self) -> bool:
        """Whether it has its answer now."""
        if self.answer is None:
            inbox = inbox_of(self.run)
            found = inbox.answers.get(self.key)
            if found is None and self.kind == "time" and (self.run.fast or (self.until or 0) <= time.time()):
                found = {"state": "due", "value": None}
            if found is not None:
                self.end(found)
        return self.answer is not None

    def end(self, found: dict) -> None:
        """Take the answer; one that is no failure is remembered."""
        inbox_of(self.run).open.pop(self.key, None)
        self.answer = found
        good = found.get("state") in GOOD
        if good and self.fits is not None:
            try:
                self.fits(found.get("value"))
            except Exception as problem:  # not remembered: a run that resumes asks again, and another attempt
                good, self.wrong = False, problem
                if self.run.memory is not None:
                    self.run.memory.once(self._unfit(self.key), lambda: True)
        if good and self.run.memory is not None:
            kept = {name: found[name] for name in ("value", "by", "described") if found.get(name) is not None}
            kept.update({name: getattr(self.asked, name) for name in ("code", "inputs") if getattr(self.asked, name) is not None})
            self.run.memory.once(self.name, lambda: kept)
        if good:
            self._task("succeeded")
        else:
            error = found.get("error")
            problem = self.wrong or self._problem()
            self._task("failed", error=error if isinstance(error, dict) else self.run.recorder.error(problem))

    def _problem(self) -> Exception:
        answer = self.answer or {}
        if answer.get("state") == "expired":
            return TimedOut(f"{self.key} had no answer before its deadline")
        error = answer.get("error")
        why = f": {error['type']}: {error['message']}" if isinstance(error, dict) and "type" in error else ""
        return WaitFailed(f"{self.key} {answer.get('state', 'failed')}{why}")

    def value(self) -> "Any":
        """What was answered. Raises TimedOut, WaitFailed."""
        assert self.answer is not None
        if self.wrong is not None:
            raise self.wrong
        if self.answer.get("state") not in GOOD:
            raise self._problem()
        return self.answer["described"] if "described" in self.answer else self.answer.get("value")


def outlast(waits: "list[Wait]") -> None:
    """Wait until all have their answers; the process may end meanwhile, and the flow's body comes here again."""
    inbox = inbox_of(waits[0].run) if waits else None
    if inbox is None:
        return
    inbox.look()
    left = [wait for wait in waits if not wait.look()]
    for wait in left:
        wait.begin()
    pause = FIRST_LOOK
    me = get_ident()
    inbox.waiting[me] = time.monotonic()
    try:
        while left:
            due = [wait.until for wait in left if wait.kind == "time" and wait.until is not None]
            time.sleep(max(min([pause, *[until - time.time() for until in due]]), 0.001))
            pause = min(pause * 1.5, LONGEST_PAUSE)
            inbox.look()
            left = [wait for wait in left if not wait.look()]
            if left and _may_end(left, inbox, due):
                others = len(inbox.waiting) > 1
                suspend(left[0].run, list(inbox.open) if others else [wait.key for wait in left], "any" if others else "all")
    finally:
        inbox.waiting.pop(me, None)


def _may_end(left: "list[Wait]", inbox: Inbox, due: "list[float]") -> bool:
    if not in_body(left[0].scope) or any(wait.key not in inbox.open for wait in left):
        return False
    if due and min(due) - time.time() < SOON:
        return False
    return quiet(left[0].run, inbox.waiting)


def _scope(name: str) -> context.Scope:
    scope = context.here()
    if scope is None or scope.run.forked:
        raise RuntimeError(f"{name}() works inside a flow, in its own process, where there is a run that waits")
    return scope


def _done(wait: Wait) -> "Any":
    if wait.answer is None and not hasattr(wait.run.recorder, "event") and wait.kind != "time":
        from .answers import asked_here

        wait.begin()
        wait.end(asked_here(wait))
    outlast([wait])
    return wait.value()


def _limit(what: str, timeout: "Any") -> "float | None":
    from .options import _some_seconds

    seconds = _some_seconds(what, "timeout", timeout)
    return None if seconds is None else round(time.time() + seconds, 6)


def _moment(what: str, seconds: float) -> float:
    """When a wait is due. Raises ValueError for what none could keep: told to an agent, the run would fail without a word of the flow's."""
    if not seconds <= LATEST:
        raise ValueError(f"{what} comes to a moment past the latest that a wait may have, 3000-01-01 00:00 UTC")
    return round(seconds, 6)


def sleeping(seconds: "float | timedelta" = 0, *, minutes: float = 0, hours: float = 0, days: float = 0, key: "str | None" = None) -> Wait:
    """The wait of ``sleep``."""
    from .options import _seconds

    parts = (("seconds", seconds, 1), ("minutes", minutes, 60), ("hours", hours, 3600), ("days", days, 86400))
    total = sum(_seconds("sleep", word, value) * worth for word, value, worth in parts)
    return Wait(_scope("sleep"), "time", "sleep", key, _moment("sleep()", time.time() + total))


def sleep(seconds: "float | timedelta" = 0, *, minutes: float = 0, hours: float = 0, days: float = 0, key: "str | None" = None) -> None:
    """Let time pass: ``sleep(days=3)``. From the flow's body a long one holds no process and no slot.

    Inside a task it waits in the process. Raises RuntimeError outside a flow.
    """
    _done(sleeping(seconds, minutes=minutes, hours=hours, days=days, key=key))


def until(moment: "datetime", *, key: "str | None" = None) -> Wait:
    """The wait of ``wait_until``."""
    if not hasattr(moment, "timestamp"):
        raise TypeError(f"wait_until takes a datetime, not {moment!r}")
    if moment.tzinfo is None:
        raise ValueError("wait_until takes a datetime with a time zone, as in datetime(…, tzinfo=timezone.utc): agents may be in several")
    return Wait(_scope("wait_until"), "time", "wait_until", key, _moment(f"wait_until({moment})", moment.timestamp()))


def wait_until(moment: "datetime", *, key: "str | None" = None) -> None:
    """Wait for a point in time, which has a time zone. One that is past is no wait. Raises TypeError, ValueError, RuntimeError."""
    _done(until(moment, key=key))


def wait_for(
    event: "str | Callable[[], Any]",
    key: str = "",
    *,
    every: "float | timedelta" = 60,
    timeout: "float | timedelta | None" = None,
) -> "Any":
    """Wait for an event by name and key, sent through the API, and return what it brought; or until a function returns something true.

    ``wait_for(lambda: os.path.exists(path), every=300)`` asks each 5 minutes and holds no slot between. Raises TimedOut.
    """
    if callable(event):
        return _sensed(event, every, timeout)
    return _done(hearing(event, key, timeout))


def hearing(event: "Any", key: str, timeout: "Any") -> Wait:
    """The wait of ``wait_for`` for an event."""
    if not isinstance(event, str) or not event or "\0" in event:
        raise TypeError(f"wait_for takes an event's name, or a function that says whether to go on, not {event!r}")
    # 7 and "7" would be two keys, of which nobody sends the first.
    if not isinstance(key, str) or "\0" in key:
        raise TypeError(f"wait_for takes the event's key as text, not {key!r}")
    return Wait(_scope("wait_for"), "event", "event", None, _limit("wait_for", timeout), event=f"{event}\0{key}")


class Sensor:
    """A function that is asked every so often whether to go on; each pause is a wait of its own, and those of earlier executions are over."""

    def __init__(self, every: "Any", timeout: "Any") -> None:
        from .options import _seconds

        self._pause = _seconds("wait_for", "every", every)
        self._scope = _scope("wait_for")
        self.name = self._scope.next_key("sensor")
        self._limit = _limit("wait_for", timeout)
        run = self._scope.run
        if run.memory is not None and self._limit is not None:
            # As a deadline for an answer: one that passed in an earlier attempt of the flow, or in a run that is resumed, begins anew.
            end = f":until:{run.info['run']}"
            told = run.memory.asked_as(self.name, lambda told: (run.memory.moment(told + end) or float("inf")) <= time.time())
            self._limit = run.memory.once(told + end, lambda: self._limit)

    def next(self) -> Wait:
        """The first pause that was not waited through."""
        while True:
            wait = Wait(self._scope, "time", "pause", None, round(time.time() + self._pause, 6))
            if wait.answer is None:
                return wait

    def check(self) -> None:
        if self._limit is not None and time.time() >= self._limit:
            raise TimedOut(f"{self.name} had nothing before its deadline")


def _sensed(ready: "Callable[[], Any]", every: "Any", timeout: "Any") -> "Any":
    sensor = Sensor(every, timeout)
    while True:
        wait = sensor.next()
        found = ready()
        if found:
            return found
        sensor.check()
        _done(wait)
