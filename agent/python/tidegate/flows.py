"""Flows: the functions that a version deploys and a run does."""

from __future__ import annotations

from . import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable, Generic, ParamSpec, TypeVar, overload

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

    def __init__(self, fn: "Callable[P, R]", name: "str | None" = None) -> None:
        if not callable(fn) or not hasattr(fn, "__name__"):
            raise TypeError(f"@flow goes on a function, not on {fn!r}")
        if name is not None and (not isinstance(name, str) or not name.strip()):
            raise ValueError(f"@flow(name=…) takes a name that is not empty, not {name!r}")
        self.fn = fn
        self.__name__: str = fn.__name__
        self.__qualname__: str = fn.__qualname__
        self.__module__ = fn.__module__
        self.__doc__ = fn.__doc__
        self.__wrapped__ = fn
        self.name: str = fn.__name__ if name is None else name
        code = getattr(fn, "__code__", None)
        self.is_async = bool(code and code.co_flags & 0x80)  # inspect.CO_COROUTINE

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
def flow(*, name: "str | None" = None) -> "Callable[[Callable[P, R]], Flow[P, R]]": ...
def flow(fn: "Any" = None, *, name: "str | None" = None) -> "Any":
    """Make a function a flow: ``@flow`` or ``@flow(name="…")``; plain and ``async def`` functions alike."""
    if fn is None:
        return lambda function: Flow(function, name)
    return Flow(fn, name)


def perform(run: context.Run, flow: "Flow[..., Any]", args: tuple, kwargs: dict) -> "Any":
    """Do a plain flow: its body, then whatever it submitted. Returns its value without futures, or raises."""
    token = context.current.set(run.root)
    context.active.append(run)
    try:
        value = flow.fn(*args, **kwargs)
        return _settled(run, value)
    except BaseException as exc:
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


def _settled(run: context.Run, value: "Any") -> "Any":
    if run.futures is None:
        return value
    from .futures import value_of

    run.futures.finish()
    return value_of(value)


def _abandon(run: context.Run, exc: BaseException) -> None:
    if run.futures is not None:
        run.futures.abandon(wait=isinstance(exc, Exception))
