"""Tasks: the steps of a flow, recorded with their inputs, states and results."""

from __future__ import annotations

from . import context
from .preview import short, size_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Awaitable, Callable, Coroutine, Generic, Iterable, Never, ParamSpec, TypeVar, overload

    from datetime import timedelta
    from typing import List, Tuple, Type, Union

    from .futures import Future
    from .mapping import FutureList
    from .options import Policy

    Seconds = Union[float, timedelta]
    Delay = Union[Seconds, List[Seconds], Callable[[int], Seconds]]
    RetryOn = Union[Type[Exception], Tuple[Type[Exception], ...], Callable[[Exception], bool]]

    P = ParamSpec("P")
    R = TypeVar("R")
    T = TypeVar("T")
else:

    class Generic:
        """Stands in for typing.Generic, which would cost the start its import."""

        def __class_getitem__(cls, item):
            return cls

    P = R = T = None

    def overload(function):
        return function


class Call:
    """One call of a task: its key, its records, its scope. The state goes pending → running → one end."""

    __slots__ = ("away", "base", "digests", "ended", "loose", "run", "scope", "task")

    def __init__(
        self,
        task: "Task[..., Any]",
        parent: context.Scope,
        args: tuple,
        kwargs: dict,
        group: "str | None" = None,
        index: "int | None" = None,
        own: "str | None" = None,
    ) -> None:
        run = self.run = parent.run
        self.task = task
        self.ended = False
        self.away: "Any" = None  # elsewhere.Place, where its function does not run in this thread
        self.digests: "Any" = None  # of its code and inputs, once the run's memory asked for them
        self.loose = run.memory is not None and own is None and context.current.get() is None  # numbered by chance, in a thread of the user's
        if own is not None:
            key = parent.own_key(f"{task.__name__}#=" if group is None else f"{group}[=", own, "" if group is None else "]")
        else:
            key = parent.next_key(task.__name__) if group is None else f"{group}[{index}]"
        self.scope = context.Scope(run, key)
        parents, inputs = run_lineage(run).read(task, args, kwargs)
        self.base: "dict[str, Any]" = {"key": key, "fn": task.__name__, "index": index, "map": group, "attempt": 1, "parents": parents}
        if task.name != task.__name__:
            self.base["name"] = task.name
        self.base["inputs"] = inputs

    def record(self, state: str, **more: "Any") -> "dict[str, Any] | None":
        """The record of a state it comes to; None if it has ended: cancelled by the flow's end while it ran in a thread."""
        with self.run.lock:
            if self.ended:
                return None
            self.ended = state not in ("pending", "running", "waiting")
        record = {**self.base, "state": state, **more}
        self.base.pop("inputs", None)  # the first record carries them
        return record

    def tell(self, state: str, **more: "Any") -> None:
        record = self.record(state, **more)
        if record is not None:
            self.run.recorder.task(record)

    def success(self, value: object) -> "dict[str, Any] | None":
        """The record of its value."""
        self.run.lineage.produced(self.base["key"], value)
        size = size_of(value)
        if size is None:
            return self.record("succeeded", preview=short(value))
        return self.record("succeeded", preview=short(value), size=size)

    def recalled(self, value: object, more: "dict[str, Any]") -> "dict[str, Any] | None":
        """The record of a value that is remembered."""
        record = self.success(value)
        return None if record is None else {**record, **more}

    def succeeded(self, value: object) -> None:
        record = self.success(value)
        if record is not None:
            self.run.recorder.task(record)

    def failed(self, exc: BaseException) -> None:
        if isinstance(exc, Exception) or isinstance(exc, (SystemExit, GeneratorExit)):
            self.tell("failed", error=self.run.recorder.error(exc))
        else:  # Cancelled, KeyboardInterrupt, asyncio.CancelledError
            self.tell("cancelled")

    def again(self, exc: BaseException, pause: float) -> bool:
        """Tell that an attempt failed and the next begins after ``pause`` seconds; whether it still may."""
        with self.run.lock:
            if self.ended:
                return False
        from time import time

        failed = {**self.base, "state": "failed", "error": self.run.recorder.error(exc)}
        self.run.recorder.task(failed, {**self.base, "state": "waiting", "until": round(time() + pause, 6)})
        self.base["attempt"] += 1
        self.scope.again(self.base["attempt"])
        return True

    def __call__(self, args: tuple, kwargs: dict) -> "Any":
        """Run a plain function here and now."""
        if self.task.policy is not None or self.run.memory is not None:
            from .attempts import done

            value, record = done(self, args, kwargs)
            if record is not None:
                self.run.recorder.task(record)
            return value
        token = context.current.set(self.scope)
        try:
            self.tell("running")
            value = self.task.fn(*args, **kwargs)
        except BaseException as exc:
            self.failed(exc)
            raise
        finally:
            context.current.reset(token)
        self.succeeded(value)
        return value

    async def awaited(self, args: tuple, kwargs: dict) -> "Any":
        """Run a coroutine function in the event loop that awaits this."""
        self.run.unawaited.pop(self.base["key"], None)
        if self.run.futures is not None:
            from .futures import arrived

            try:
                args, kwargs = await arrived(args, kwargs)
            except BaseException:
                self.tell("skipped")
                raise
        token = context.current.set(self.scope)
        try:
            if self.task.policy is not None or self.run.memory is not None:
                from .attempts import done_async

                return await done_async(self, args, kwargs)
            self.tell("running")
            try:
                value = await self.task.fn(*args, **kwargs)
            except BaseException as exc:
                self.failed(exc)
                raise
        finally:
            try:
                context.current.reset(token)
            except ValueError:
                pass  # closed from another context, as an unfinished coroutine at exit is
        self.succeeded(value)
        return value


def run_lineage(run: context.Run) -> "Any":
    if run.lineage is None:
        from .lineage import Lineage

        run.lineage = Lineage()
    return run.lineage


class Task(Generic[P, R]):
    """A function whose calls inside a flow are recorded. Outside a flow it is the plain function.

    Calling it runs it here and returns its value; a task called by a task is recorded below it. What it
    raises reaches the caller unchanged. The call of an ``async def`` task returns an awaitable.
    """

    def __init__(self, fn: "Callable[P, R]", name: "str | None" = None, policy: "Policy | None" = None) -> None:
        if not callable(fn):
            raise TypeError(f"@task goes on a function, not on {fn!r}")
        code = getattr(getattr(fn, "__func__", fn), "__code__", None)
        if code and code.co_flags & 0x220:  # inspect.CO_GENERATOR, CO_ASYNC_GENERATOR
            from .options import no_generator

            raise no_generator("@task", fn.__name__)
        self.policy = policy
        self.fn = fn
        self.__name__: str = getattr(fn, "__name__", type(fn).__name__)
        self.__qualname__: str = getattr(fn, "__qualname__", self.__name__)
        self.__module__ = getattr(fn, "__module__", "")
        self.__doc__ = fn.__doc__
        self.__wrapped__ = fn
        self.name: str = self.__name__ if name is None else name
        self.is_async = bool(code and code.co_flags & 0x80)  # inspect.CO_COROUTINE
        skip = 1 if hasattr(fn, "__self__") else 0
        self._arguments: "tuple[str, ...]" = code.co_varnames[skip : code.co_argcount] if code else ()

    def __call__(self, *args: "P.args", **kwargs: "P.kwargs") -> R:
        scope = context.here()
        if scope is None or scope.run.forked:
            return self.fn(*args, **kwargs)
        if context.pausing:
            from .pause import here

            here(scope)
        if self.policy is not None and self.policy.apart:
            from .apart import elsewhere

            if elsewhere(scope):
                from .apart import called

                return called(self, scope, args, kwargs)  # type: ignore[no-any-return]
        call = Call(self, scope, args, kwargs)
        if self.is_async:
            scope.run.unawaited[call.base["key"]] = self.__name__
            coroutine = call.awaited(args, kwargs)
            coroutine.__qualname__ = self.__qualname__  # by which Python warns of one that was never awaited
            return coroutine  # type: ignore[return-value]
        if scope.run.futures is not None or scope.run.waits is not None:
            from .futures import resolved

            try:
                args, kwargs = resolved(args, kwargs)  # type: ignore[assignment]
            except BaseException:
                call.tell("skipped")
                raise
        return call(args, kwargs)  # type: ignore[no-any-return]

    def submit(self, *args: "Any", **kwargs: "Any") -> "Future[R]":
        """Run it in a thread; returns at once a future, whose ``.result()`` is the value. Futures among the arguments are waited for and become their values.

        ``key="…"`` names this call among those of the task, where its place in the order says nothing: in threads of your own.
        The flow waits at its end for all that it submitted. Raises RuntimeError outside a flow.
        """
        from .futures import submit

        return submit(self, args, kwargs)  # type: ignore[no-any-return]

    def map(self, items: "Iterable[Any]", *others: "Never", concurrency: "int | None" = None, on: "Any" = "threads", **unmapped: "Any") -> "FutureList[R]":
        """Run it once per item, in threads, each as ``task(item, **unmapped)``: ``squares = square.map(range(9)).results()``.
        What is the same for each item goes by keyword: ``power.map(range(9), exponent=3)``.

        At most ``concurrency`` at a time (default: min(32, cores + 4)). Returns at once the futures in the order of
        the items; ``.results()`` waits and gives the values in that order, or raises what the first failure raised.

        ``on`` says where the function runs: ``"threads"`` of this process, ``"processes"`` of this machine (for what computes in Python itself),
        or the team's own cluster, ``Dask("tcp://…")`` or ``Ray("ray://…")``. Retries, cache and checkpoints are the same everywhere.
        """
        from .mapping import map_items

        return map_items(self, items, unmapped, concurrency, on, others)

    def __get__(self, instance: object, owner: "type | None" = None) -> "Task[..., Any]":
        if instance is None:
            return self
        return Task(self.fn.__get__(instance, owner), self.name, self.policy)

    def __reduce__(self) -> str:
        return self.__qualname__  # by name, as functions are, so that a process pool can be given one

    def __repr__(self) -> str:
        return f"<task {self.name}>"


@overload
def task(fn: "Callable[P, R]") -> "Task[P, R]": ...
@overload
def task(
    *,
    name: "str | None" = None,
    retries: int = 0,
    retry_delay: "Delay | None" = None,
    retry_jitter: float = 0,
    retry_on: "RetryOn | None" = None,
    timeout: "float | timedelta | None" = None,
    cache: "bool | Callable[..., Any] | None" = None,
    cache_for: "float | timedelta | None" = None,
    pool: "str | None" = None,
    environment: "str | list[str] | None" = None,
    image: "str | None" = None,
) -> "Callable[[Callable[P, R]], Task[P, R]]": ...
def task(fn: "Any" = None, **options: "Any") -> "Any":
    """Make a function a task: ``@task`` or ``@task(name="…")``; plain and ``async def`` functions alike.

    Args:
        name: what the page calls it
        retries: how often it is tried again after a failure
        retry_delay: seconds before that, or a timedelta; a list of them; ``exponential(first)``; a function of the attempt's number
        retry_jitter: 0 to 1, the share of the delay that is drawn by lot
        retry_on: exception types, or a function of the exception: others fail at once
        timeout: seconds, or a timedelta, that one attempt may take
        cache: True to take the result of an earlier run that had the same code and arguments; a function of the
            arguments that makes the key; False for what is never kept and runs each time
        cache_for: seconds, or a timedelta, that such a result counts
        pool: whose agents do it, as a run of its own
        environment: requirements file of the project, or list of requirements, in whose environment it is done, as a run of its own
        image: container image with a Python of its own in which it is done, as a run of its own, by an agent that has docker

    Raises:
        TypeError: for an argument that is unknown or of the wrong kind.
    """
    if not options:
        return task if fn is None else Task(fn)
    from .options import policy

    checked = policy("@task", options)
    if fn is None:
        return lambda function: Task(function, options.get("name"), checked)
    return Task(fn, options.get("name"), checked)
