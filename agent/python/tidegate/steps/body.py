"""The body of a flow of steps: each step a task, begun when all that it needs has ended."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import Any, Dict, List

from .. import context, log
from ..errors import note
from ..options import policy
from ..secrets import secret
from ..tasks import Call, Task
from ..variables import VariableError, variable
from . import kinds
from .children import Children
from .plan import plain
from .processes import StepFailed, begin, end_all
from .values import ExpressionError, filled, text, value


class Secrets:
    """``secrets.NAME``: asked for when it is used, so that no other step has it."""

    def asked(self, name: str) -> str:
        return secret(name)


class Variables:
    """``variables.NAME``: what is set for this agent. One that is missing is an ExpressionError, which says how to set it."""

    def asked(self, name: str) -> "Any":
        try:
            return variable(name)
        except VariableError as problem:
            raise ExpressionError(str(problem)) from None


class _Standing:
    """Stands for values that a step's inputs do not show: secrets, and those of a matrix, which each item has."""

    def __init__(self, text: str) -> None:
        self._text = text

    def asked(self, name: str) -> str:
        return self._text.format(name)


class Stood:
    """Among a step's inputs, a need that has no result: the edge of the graph, and how it ended."""

    _is_tidegate_future = True

    def __init__(self, key: str, state: str) -> None:
        self.key = key
        self._state = state

    def result(self) -> str:
        return self._state


class Doing:
    """What a step's task calls; its name is the step's."""

    def __init__(self, body: "Body", step: "Dict[str, Any]") -> None:
        self.__name__ = self.__qualname__ = step["name"]
        self.__module__ = __name__
        self.__doc__ = None
        self._body = body
        self._step = step

    def __call__(self, step: "Dict[str, Any]", needs: "List[Any]", matrix: "Any" = None) -> "Any":
        return self._body.do(self._step, matrix)


def _always(info: "Dict[str, Any]", given: "Dict[str, Any]") -> "Dict[str, Any]":
    """The names that every expression may speak of."""
    when = info.get("logicalDate") or datetime.now(timezone.utc).isoformat()
    moment = datetime.fromisoformat(when.replace("Z", "+00:00")).astimezone(timezone.utc)
    return {
        "params": {name: plain(one) for name, one in given.items()},
        "ds": moment.date().isoformat(),
        "logical_date": moment.isoformat(),
        "run": {"id": info["run"], "flow": info["flow"], "attempt": info.get("attempt", 1)},
        "variables": Variables(),
        "secrets": Secrets(),
    }


def after(step: "Dict[str, Any]", folder: str, given: "Dict[str, Any]", ended: "Any") -> "Any":
    """Do a hook: a step that is done after the end of another run."""
    scope = context.here()
    assert scope is not None
    names = _always(scope.run.info, given)
    names["run"] = {"id": ended.run, "flow": ended.flow, "attempt": names["run"]["attempt"], "state": ended.state, "error": ended.error}
    begin()
    try:
        return kinds.do(step, folder, names, filled(step["with"], names), {name: text(one) for name, one in filled(step["env"], names).items()})
    finally:
        end_all()


class Body:
    """One doing of a plan."""

    def __init__(self, plan: "Dict[str, Any]", folder: str, given: "Dict[str, Any]") -> None:
        self.steps: "List[Dict[str, Any]]" = plan["steps"]
        self.folder = folder
        scope = context.here()
        assert scope is not None
        self.scope = scope
        self.ended: "Dict[str, Dict[str, Any]]" = {}
        self.names: "Dict[str, Any]" = {**_always(scope.run.info, given), "steps": self.ended}
        self.futures: "Dict[str, Any]" = {}  # of tasks and runs, by step
        self.failure: "BaseException | None" = None
        self._news: "SimpleQueue[str]" = SimpleQueue()
        self._open: "Dict[str, int]" = {}
        self._children = Children(self)

    def run(self) -> "Any":
        """Do all steps; the result of the last one. Raises what the first failed step raised, once all others have ended."""
        waiting = list(self.steps)
        begin()
        try:
            while waiting or self._open or self._children.open:
                ready = [step for step in waiting if all(need in self.ended for need in step["needs"])]
                waiting = [step for step in waiting if step not in ready]
                for step in ready:
                    self._begin(step)
                self._wait()
        finally:
            end_all()
        if self.failure is not None:
            raise self.failure
        return self.ended[self.steps[-1]["name"]]["result"]

    def _begin(self, step: "Dict[str, Any]") -> None:
        name = step["name"]
        reason = self._unmet(step)
        task: "Task[..., Any]" = Task(Doing(self, step), name, policy("@task", _options(step)))
        shown = None
        try:
            if reason is None and step["when"] is not None and not value(step["when"], self.names):
                reason = "its when is false"
            if reason is None:
                shown = self._shown(step)
        except ExpressionError as problem:
            self._refused(task, step, problem)
            return
        if reason is not None:
            self._skip(task, step, reason)
            return
        if step["kind"] == "flow":
            self._children.begin(step)
            return
        # Their futures make the edges of the graph. Of one that failed the step knows the state alone.
        needs = [one for need in step["needs"] for one in self._standing(need)]
        if step["matrix"] is None:
            futures = [task.submit(shown, needs)]
        else:
            matrix = Task(_Item(task.fn), name, task.policy)
            futures = list(matrix.map(step["matrix"], concurrency=step["concurrency"], step=shown, needs=needs))
        self.futures[name] = futures
        self._open[name] = len(futures)
        for future in futures:
            future._asked = True  # its failure is raised here, when all others have ended
            future._then(lambda: self._news.put(name))

    def _wait(self) -> None:
        """Until something ended. With tasks under way the process stays; when only other runs are waited for, it may end."""
        if self._children.open:
            if self._children.look() or not self._open:
                return
            try:
                self._arrived(self._news.get(timeout=0.5))
            except Empty:
                pass
        elif self._open:
            self._arrived(self._news.get())

    def _standing(self, need: str) -> "List[Any]":
        state = self.ended[need]["state"]
        return self.futures[need] if state == "succeeded" else [Stood(one.key, state) for one in self.futures[need]]

    def keys_of(self, step: "Dict[str, Any]") -> "List[str]":
        """The keys of the tasks that a step needs."""
        return [one.key for need in step["needs"] for one in self.futures[need]]

    def is_busy(self) -> bool:
        """Whether a task is under way here."""
        return bool(self._open)

    def end(self, step: "Dict[str, Any]", results: "List[Any]", problem: "BaseException | None") -> None:
        """A step has ended, with the results of its combinations or with what the first failed one raised."""
        if problem is not None:
            self._failed(step["name"], problem)
        else:
            self.ended[step["name"]] = {"state": "succeeded", "result": results[0] if step["matrix"] is None else results}

    def _unmet(self, step: "Dict[str, Any]") -> "str | None":
        """Why a step can't be done, by how its needs ended."""
        for need in step["needs"]:
            if self.ended[need]["state"] == "failed" and need not in step["states"]:
                return f"{need} failed"
            if self.ended[need]["state"] == "skipped" and self.ended[need].get("because"):
                if need not in step["states"]:
                    return f"{need} was skipped, as {self.ended[need]['because']}"
        for other in step["results"]:
            if self.ended[other]["state"] != "succeeded":
                return f"it needs the result of {other}, which {'was skipped' if self.ended[other]['state'] == 'skipped' else 'failed'}"
        return None

    def _skip(self, task: "Task[..., Any]", step: "Dict[str, Any]", reason: str) -> None:
        name = step["name"]
        self._call(task, step, "skipped").tell("skipped")
        log.info(f"{name} is skipped: {reason}")
        self.ended[name] = {"state": "skipped", "result": None, "because": reason if reason.endswith("failed") else ""}

    def _refused(self, task: "Task[..., Any]", step: "Dict[str, Any]", problem: Exception) -> None:
        self._call(task, step, "failed").failed(problem)
        self._failed(step["name"], problem)

    def _call(self, task: "Task[..., Any]", step: "Dict[str, Any]", state: str) -> Call:
        """A step that is never begun, and yet has its place in the graph."""
        call = Call(task, self.scope, (), {})
        call.base["parents"] = self.keys_of(step)
        self.futures[step["name"]] = [Stood(call.base["key"], state)]
        return call

    def _failed(self, name: str, problem: "BaseException | None") -> None:
        self.ended[name] = {"state": "failed", "result": None}
        self.failure = self.failure or problem

    def _arrived(self, name: str) -> None:
        self._open[name] -= 1
        if self._open[name]:
            return
        del self._open[name]
        futures = self.futures[name]
        failed = next((future for future in futures if future.exception() is not None), None)
        step = next(step for step in self.steps if step["name"] == name)
        if failed is None:
            self.end(step, [future.result() for future in futures], None)
        else:
            self.end(step, [], _named(failed.key.replace("#0", ""), failed.exception()))

    def _shown(self, step: "Dict[str, Any]") -> "Dict[str, Any]":
        """A step as its inputs show it, its values filled in: by them a resumed run knows whether it is still the same."""
        names = {**self.names, "secrets": _Standing("••••"), "matrix": _Standing("{{{{ matrix.{} }}}}")}
        does = step["does"]
        if step["kind"] == "run":
            does = "".join(part if isinstance(part, str) else text(value(part["tree"], names)) for part in does)
        more = {word: step[word] for word in ("with", "env") if step[word]}
        fixed = {word: step[word] for word in ("database", "requirements") if step[word]}
        return {step["kind"]: filled(does, names), **filled(more, names), **fixed, **self._files(step)}

    def _files(self, step: "Dict[str, Any]") -> "Dict[str, str]":
        """Digests of the files that a step does: when one has changed, a resumed run does the step again."""
        does = step["does"]
        path = does if isinstance(does, str) else does.get("query") or does.get("application") if isinstance(does, dict) else None
        path = path.rpartition(":")[0] if step["kind"] == "python" and isinstance(path, str) else path
        if not isinstance(path, str) or not kinds.is_file(self.folder, path):
            return {}
        with open(os.path.join(self.folder, path), "rb") as file:
            return {"file": sha256(file.read()).hexdigest()[:16]}

    def do(self, step: "Dict[str, Any]", matrix: "Any") -> "Any":
        """Do a step with its texts filled in; runs in the step's task."""
        names = {**self.names, "matrix": matrix or {}}
        env = {name: text(one) for name, one in filled(step["env"], names).items()}
        return kinds.do(step, self.folder, names, filled(step["with"], names), env)


def _named(step: str, problem: BaseException) -> BaseException:
    """What a step's task raised, as the flow raises it: who reads only that has to know which step it was."""
    if isinstance(problem, StepFailed):
        return StepFailed(f"{step}: {problem}")
    note(problem, f"in step {step}")
    return problem


class _Item:
    """A step's doing for one combination, which a map gives first."""

    def __init__(self, doing: "Any") -> None:
        self.__name__ = self.__qualname__ = doing.__name__
        self.__module__ = __name__
        self.__doc__ = None
        self._doing = doing

    def __call__(self, matrix: "Any", step: "Dict[str, Any]", needs: "List[Any]") -> "Any":
        return self._doing(step, needs, matrix)


def _options(step: "Dict[str, Any]") -> "Dict[str, Any]":
    wanted: "Dict[str, Any]" = {}
    if step["retries"]:
        wanted.update(retries=step["retries"], retry_delay=step["retry_delay"])
    if step["timeout"] is not None:
        wanted["timeout"] = step["timeout"]
    return wanted
