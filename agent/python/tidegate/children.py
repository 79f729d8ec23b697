"""Other flows as runs of their own: asked for from the flow's body, awaited without a slot."""

from __future__ import annotations

from . import context
from .encoding import dumps
from .ids import uuid7
from .kept import sha
from .mistakes import NotItsValue
from .waits import Asked, Wait, _scope, outlast

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Generator, Iterable, Never


MOST = 10_000  # children of one run, as the control plane has it: what never ends is told while there is still memory


class Child(NotItsValue):
    """A run that was asked for. ``.result()`` waits for what its flow returns; raises WaitFailed if it failed."""

    _is_tidegate_future = True
    _is_tidegate_child = True

    def __init__(self, wait: Wait, run: str, flow: str, parameters: dict, opened: "Callable[[Any], Any] | None" = None) -> None:
        self.run = run
        self.flow = flow
        self.parameters = parameters
        self.key = wait.key
        self._wait = wait
        self._opened = opened  # what makes the value of what its run returned
        self._value: "list[Any]" = []

    @property
    def state(self) -> str:
        answer = self._wait.answer
        return "waiting" if answer is None else "succeeded" if answer.get("state") == "answered" else "failed"

    def done(self) -> bool:
        """Whether it has ended, as far as this process has heard."""
        from .waits import inbox_of

        inbox_of(self._wait.run).look()
        return self._wait.look()

    def result(self) -> "Any":
        _all([self])
        return self._taken()

    def __await__(self) -> "Generator[Any, None, Any]":
        from .aio import arrived

        yield from arrived([self]).__await__()
        return self._taken()

    def _taken(self) -> "Any":
        """The value, made once: what is passed on is known by its identity."""
        if not self._value:
            value = self._wait.value()
            described = (self._wait.answer or {}).get("described")
            if described is not None:
                from .results import NoResult, of_run

                try:
                    value = of_run(self._wait.run.info.get("store"), self.run, self.flow, described)
                except NoResult:
                    pass  # then its description has to do
            elif self._opened is not None:
                value = self._opened(value)
            self._value.append(value)
            _lineage(self._wait.run).produced(self.key, value)
        return self._value[0]

    def __repr__(self) -> str:
        return f"<run {self.run} of {self.flow}>"


class Children(list):  # type: ignore[type-arg]
    """The runs that one call asked for, in order."""

    def results(self, failed: str = "raise") -> "list[Any]":
        """Wait for all. ``failed``: "raise" what the first failed one says, "skip" those, or "return" the exception in its place."""
        if failed not in ("raise", "skip", "return"):
            raise ValueError(f'results(failed=…) takes "raise", "skip" or "return", not {failed!r}')
        _all(self)
        return self._results(failed)

    def __await__(self) -> "Generator[Any, None, list[Any]]":
        from .aio import arrived

        yield from arrived(self).__await__()
        return self._results("raise")

    def _results(self, failed: str) -> "list[Any]":
        found: "list[Any]" = []
        for child in self:
            try:
                found.append(child._taken())
            except Exception as problem:
                if failed == "raise":
                    raise
                if failed == "return":
                    found.append(problem)
        return found


def _all(children: "list[Child]") -> None:
    for child in children:
        if child._wait.answer is None and not hasattr(child._wait.run.recorder, "event"):
            from .answers import run_child_here

            child._wait.end(run_child_here(child))
    outlast([child._wait for child in children])


def _named(flow: "Any") -> str:
    name = flow if isinstance(flow, str) else getattr(flow, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f"run_flow takes the name of a deployed flow, or the flow, not {flow!r}")
    return name


def _refuse(flow: "Any", unknown: "dict[str, Any]") -> None:
    """What was meant for the flow, most likely."""
    for word in unknown:
        name = _named(flow)
        raise TypeError(f'run_flow({name!r}, {word}=…): unknown. Parameters of the flow go in a dict: run_flow({name!r}, {{"{word}": …}}) (known: pool, labels, detached, key)')


def _refuse_unfit(flow: "Any", given: list) -> None:
    """None of them is asked for where one can't be: what can be told before the tasks that they wait for have ended."""
    from .values import checked_arguments, to_json

    name = _named(flow)
    scope = context.here()
    # A deployed flow may be another version, whose parameters the agent knows; here it is this one.
    here = not isinstance(flow, str) and scope is not None and not hasattr(scope.run.recorder, "event")
    for place, each in enumerate(given):
        try:
            if not isinstance(each, dict):
                raise TypeError(f"takes the parameters of each run as a dict, not {each!r}")
            if not _waits(each):
                to_json(each)
                if here:
                    checked_arguments(flow.fn, (), each)
        except (TypeError, ValueError) as problem:
            raise (TypeError if isinstance(problem, TypeError) else ValueError)(f"run_flow.map({name!r}), item {place} of {len(given):,}: {problem}") from None


def _waits(value: "Any") -> bool:
    """Whether there is a future in it."""
    if isinstance(value, (dict, list, tuple)):
        return any(_waits(item) for item in (value.values() if isinstance(value, dict) else value))
    return hasattr(type(value), "_is_tidegate_future")


def _ask(
    flow: "Any", parameters: "dict | None", pool: "str | None", labels: "dict | None", detached: bool, key: "str | None", parents: "Iterable[str]" = ()
) -> Child:
    """``parents``: keys of tasks that it depends on, besides those that made its parameters."""
    name = _named(flow)
    if parameters is not None and not isinstance(parameters, dict):
        raise TypeError(f"run_flow takes the parameters as a dict, not {parameters!r}")
    scope = _scope("run_flow")
    if scope.key is not None:
        raise RuntimeError(f"run_flow({name!r}) is called in the task {scope.key}, but only the flow's own body can wait for another run without holding a slot: call it there")
    from .values import to_json

    came = _lineage(scope.run).came_from(parameters or {})
    if came:
        from .futures import value_of

        parameters = value_of(parameters)
    given = to_json(parameters or {})
    asked = Asked(inputs=sha(dumps([name, given]).encode("utf-8", "replace")))
    asked.parents = list(dict.fromkeys([*parents, *came]))
    child: "dict[str, Any]" = {"flow": name, "parameters": given, "labels": dict(labels or {}), "pool": pool, "detached": detached}
    wait, run = begun(scope, f"run {name}", key, asked, child)
    return Child(wait, run, name, given)


def begun(scope: context.Scope, name: str, key: "str | None", asked: Asked, child: dict) -> "tuple[Wait, str]":
    """Tell of a run that is asked for; its id is remembered first, so that whoever comes here again asks for the same."""
    memory = scope.run.memory
    child["id"] = uuid7()
    wait = Wait(scope, "child", name, key, None, asked, child=child)
    if memory is not None and wait.answer is None:
        child["id"] = memory.once(f"{wait.key}:{scope.run.info['run']}", lambda: child["id"])
    wait.begin()
    return wait, child["id"]


def _lineage(run: context.Run) -> "Any":
    from .tasks import run_lineage

    return run_lineage(run)


class RunFlow:
    """``run_flow("name", {"n": 1})`` runs a deployed flow as a run of its own and returns what it returned."""

    def __call__(
        self,
        flow: "Any",
        parameters: "dict | None" = None,
        *,
        pool: "str | None" = None,
        labels: "dict | None" = None,
        detached: bool = False,
        key: "str | None" = None,
        **unknown: "Never",
    ) -> "Any":
        _refuse(flow, unknown)
        return _ask(flow, parameters, pool, labels, detached, key).result()

    def submit(
        self,
        flow: "Any",
        parameters: "dict | None" = None,
        *,
        pool: "str | None" = None,
        labels: "dict | None" = None,
        detached: bool = False,
        key: "str | None" = None,
        **unknown: "Never",
    ) -> Child:
        """Ask for the run and go on; a ``detached`` one is not cancelled with this run."""
        _refuse(flow, unknown)
        return _ask(flow, parameters, pool, labels, detached, key)

    def map(self, flow: "Any", parameters: "Iterable[dict]", *, pool: "str | None" = None, labels: "dict | None" = None, **unknown: "Never") -> Children:
        """Ask for a run for each; ``.results()`` waits for all at once. All are looked at before the first is asked for."""
        from itertools import islice

        from .mapping import items_of

        _refuse(flow, unknown)
        given = list(islice(items_of("run_flow.map()", parameters, MOST, "parameters", "A run may have that many children: give each more to do"), MOST + 1))
        if len(given) > MOST:
            raise ValueError(f"run_flow.map() was given more than {MOST:,} parameters; does what makes them end? A run may have that many children: give each more to do")
        _refuse_unfit(flow, given)
        return Children([_ask(flow, each, pool, labels, False, None) for each in given])


run_flow = RunFlow()
