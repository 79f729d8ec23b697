"""Flows: the functions that a version deploys and a run does."""

from __future__ import annotations

from . import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Any, Callable, Generic, ParamSpec, TypeVar, overload

    from .options import Policy
    from .tasks import Delay, RetryOn

    P = ParamSpec("P")
    R = TypeVar("R")
else:
    from .tasks import Generic, P, R, overload


class Flow(Generic[P, R]):
    """A function that can be deployed and run.

    Called from a plain Python program it runs here, recorded to the terminal: no server, agent or account. Its
    arguments are checked as an agent checks parameters: a value of the hinted type is taken as it is, a date as text,
    an Enum member's name or a dict for a dataclass is converted, anything else raises ParameterError (a ValueError).
    Called inside a flow it is the plain function, and its tasks belong to the flow that called it.
    The call of an ``async def`` flow returns an awaitable: ``asyncio.run(my_flow())``.
    """

    def __init__(self, fn: "Callable[P, R]", name: "str | None" = None, policy: "Policy | None" = None) -> None:
        if not callable(fn) or not hasattr(fn, "__name__"):
            raise TypeError(f"@flow goes on a function, not on {fn!r}")
        code = getattr(fn, "__code__", None)
        if code and code.co_flags & 0x220:  # inspect.CO_GENERATOR, CO_ASYNC_GENERATOR
            from .options import no_generator

            raise no_generator("@flow", fn.__name__)
        self.policy = policy
        self.fn = fn
        self.__name__: str = fn.__name__
        self.__qualname__: str = fn.__qualname__
        self.__module__ = fn.__module__
        self.__doc__ = fn.__doc__
        self.__wrapped__ = fn
        self.name: str = fn.__name__ if name is None else name
        self.is_async = bool(code and code.co_flags & 0x80)  # inspect.CO_COROUTINE

    def on_success(self, hook: "Any") -> "Any":
        """``@my_flow.on_success`` above a function: it is run after a run that succeeded, in an execution of its own."""
        return self._hook("on_success", hook)

    def on_failure(self, hook: "Any") -> "Any":
        """As ``on_success``, after a run that failed. The function may take one argument, a hooks.Ended."""
        return self._hook("on_failure", hook)

    def on_cancel(self, hook: "Any") -> "Any":
        """As ``on_success``, after a run that was cancelled."""
        return self._hook("on_cancel", hook)

    def _hook(self, word: str, hook: "Any") -> "Any":
        from .options import HOOKS, Policy

        added = Policy("@flow", {word: hook})
        if self.policy is None:
            self.policy = added
        else:
            self.policy.hooks.setdefault(HOOKS[word], []).extend(added.hooks[HOOKS[word]])
        return hook

    def __call__(self, *args: "P.args", **kwargs: "P.kwargs") -> R:
        if context.here() is not None:
            return self.fn(*args, **kwargs)
        if context.loading:
            raise RuntimeError(
                f"{context.loading[-1]} calls {self.__name__}() while it is imported, so it would run twice. "
                f'Put the call under  if __name__ == "__main__":'
            )
        from .local import run_here

        return run_here(self, args, kwargs)  # type: ignore[no-any-return]

    def __reduce__(self) -> str:
        return self.__qualname__

    def __repr__(self) -> str:
        return f"<flow {self.name}>"


@overload
def flow(fn: "Callable[P, R]") -> "Flow[P, R]": ...
@overload
def flow(
    *,
    name: "str | None" = None,
    retries: int = 0,
    retry_delay: "Delay | None" = None,
    retry_jitter: float = 0,
    retry_on: "RetryOn | None" = None,
    timeout: "float | timedelta | None" = None,
    queue_timeout: "float | timedelta | None" = None,
    memory: "str | int | None" = None,
    cpu: "float | None" = None,
    gpus: "int | None" = None,
    on_success: "Any" = None,
    on_failure: "Any" = None,
    on_cancel: "Any" = None,
) -> "Callable[[Callable[P, R]], Flow[P, R]]": ...
def flow(fn: "Any" = None, **options: "Any") -> "Any":
    """Make a function a flow: ``@flow`` or ``@flow(name="…")``; plain and ``async def`` functions alike.

    Args:
        name: what it is deployed as
        retries, retry_delay, retry_jitter, retry_on, timeout: as of a task, for the whole run
        queue_timeout: seconds, or a timedelta, that a run may wait for an agent
        memory: what it may use at most, as "4 GiB"
        cpu, gpus: what it asks for, as 0.5 or 2
        on_success, on_failure, on_cancel: functions that are run after the end, in an execution of their own

    Raises:
        TypeError: for an argument that is unknown or of the wrong kind.
    """
    if not options:
        return flow if fn is None else Flow(fn)
    from .options import policy

    checked = policy("@flow", options)
    if fn is None:
        return lambda function: Flow(function, options.get("name"), checked)
    return Flow(fn, options.get("name"), checked)


def perform(run: context.Run, flow: "Flow[..., Any]", args: tuple, kwargs: dict) -> "Any":
    """Do a plain flow: its body, then whatever it submitted. Returns its value without futures, or raises."""
    token = context.current.set(run.root)
    context.active.append(run)
    try:
        value = flow.fn(*args, **kwargs)
        return _settled(run, value)
    except BaseException as exc:
        if isinstance(exc, Exception):
            _tell_unawaited(run)  # what it failed by may be the coroutine, where a value was meant
        _abandon(run, exc)
        raise
    finally:
        context.active.remove(run)
        context.current.reset(token)


async def perform_async(run: context.Run, flow: "Flow[..., Any]", args: tuple, kwargs: dict) -> "Any":
    """As ``perform``, for an ``async def`` flow."""
    token = context.current.set(run.root)
    context.active.append(run)
    try:
        value = await flow.fn(*args, **kwargs)
        return _settled(run, value)
    except BaseException as exc:
        _abandon(run, exc)
        raise
    finally:
        context.active.remove(run)
        context.current.reset(token)


def _tell_unawaited(run: context.Run) -> None:
    """Warn of async tasks that were called as plain ones are: they did not run, and the flow may succeed without them."""
    left: "dict[str, list[str]]" = {}
    for key, name in list(run.unawaited.items()):
        left.setdefault(name, []).append(key)
    run.unawaited.clear()
    for name, keys in left.items():
        which = keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1:,} more of {name}"
        run.recorder.log(
            "warn",
            f"{which} did not run, for want of an await: {name} is an async task, so write  await {name}(…)  in an async def, or  {name}.submit(…).result()",
            run.root,
        )


def _settled(run: context.Run, value: "Any") -> "Any":
    if run.unawaited:
        _tell_unawaited(run)
    if run.futures is None:
        return value
    from .futures import value_of

    run.futures.finish()
    return value_of(value)


def _abandon(run: context.Run, exc: BaseException) -> None:
    if run.futures is not None:
        run.futures.abandon(wait=isinstance(exc, Exception))
