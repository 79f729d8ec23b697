"""Doing a task whose options, or whose run's store, ask for more than a plain call."""

from __future__ import annotations

import time

from . import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .tasks import Call


def done(call: "Call", args: tuple, kwargs: dict, told: bool = False) -> "tuple[Any, dict[str, Any] | None]":
    """The value of a call, remembered or new, and the record of its success, which is not yet written; ``told``: as running. Raises what the last attempt raised."""
    policy, memory = call.task.policy, call.run.memory
    token = context.current.set(call.scope)
    try:
        if memory is not None:
            found = _recalled(call, args, kwargs)
            if found is not None:
                return found[0], call.recalled(*found)
        while True:
            if not told:
                call.tell("running")
            told = False
            try:
                value = _once(call, policy, args, kwargs)
                break
            except BaseException as exc:
                pause = _wish(call, policy, exc)
                if pause is None or not call.again(exc, pause):
                    _failed(call, exc)
                    raise
            _pause(call, pause)
        _kept(call, value)
        return value, call.success(value)
    finally:
        context.current.reset(token)


def _once(call: "Call", policy: "Any", args: tuple, kwargs: dict) -> "Any":
    fn = call.task.fn if call.away is None else call.away.bound(call.task)
    if policy is None or policy.timeout is None:
        return fn(*args, **kwargs)
    from .timeouts import limited

    return limited(policy.timeout, call.base["key"], lambda: fn(*args, **kwargs))


def _recalled(call: "Call", args: tuple, kwargs: dict) -> "tuple[Any, dict[str, Any]] | None":
    from .memory import FailedBefore

    try:
        return call.run.memory.recall(call, args, kwargs)  # type: ignore[no-any-return]
    except FailedBefore as before:
        call.base["attempt"] = before.attempt
        call.tell("failed", error=before.error)
        raise before.raised from None
    except Exception as problem:
        call.failed(problem)
        raise


def _failed(call: "Call", exc: BaseException) -> None:
    """The last of its attempts."""
    if call.run.memory is not None and isinstance(exc, Exception) and not call.ended:
        call.run.memory.keep_failure(call, exc, call.run.recorder.error(exc))
    call.failed(exc)


def _kept(call: "Call", value: "Any") -> None:
    """A checkpoint stands before the task is told as succeeded: who reads that may count on it."""
    if call.run.memory is not None:
        try:
            call.run.memory.keep(call, value)
        except Exception as problem:
            call.failed(problem)
            raise


def _wish(call: "Call", policy: "Any", exc: BaseException) -> "float | None":
    """Seconds until the next attempt, or None. A predicate or a delay of the user's that raises ends the task with what it raised."""
    try:
        return None if policy is None else policy.again(exc, call.base["attempt"])
    except Exception as problem:
        call.failed(problem)
        raise


def _pause(call: "Call", seconds: float) -> None:
    if seconds and not call.run.fast:
        time.sleep(seconds)
    _still_wanted(call)


def _still_wanted(call: "Call") -> None:
    if call.ended:  # the flow ended meanwhile, and told this task as cancelled
        from .cancelled import Cancelled

        raise Cancelled("the flow ended before the next attempt")


async def done_async(call: "Call", args: tuple, kwargs: dict) -> "Any":
    """As ``done``, for a coroutine function; the success is written."""
    policy = call.task.policy
    if call.run.memory is not None:
        found = _recalled(call, args, kwargs)
        if found is not None:
            record = call.recalled(*found)
            if record is not None:
                call.run.recorder.task(record)
            return found[0]
    while True:
        call.tell("running")
        try:
            value = await _once_async(call, policy, args, kwargs)
            break
        except BaseException as exc:
            pause = _wish(call, policy, exc)
            if pause is None or not call.again(exc, pause):
                _failed(call, exc)
                raise
        if pause and not call.run.fast:
            from asyncio import sleep

            await sleep(pause)
        _still_wanted(call)
    _kept(call, value)
    call.succeeded(value)
    return value


async def _once_async(call: "Call", policy: "Any", args: tuple, kwargs: dict) -> "Any":
    if policy is None or policy.timeout is None:
        return await call.task.fn(*args, **kwargs)
    import asyncio

    from .timeouts import over

    inner = asyncio.ensure_future(call.task.fn(*args, **kwargs))
    try:
        ended, _ = await asyncio.wait({inner}, timeout=policy.timeout)
    except BaseException:
        inner.cancel()
        raise
    if ended:
        return inner.result()
    inner.cancel()
    await asyncio.wait({inner}, timeout=5)  # its finally blocks
    raise over(call.base["key"], policy.timeout)
