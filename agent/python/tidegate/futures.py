"""Futures: tasks that run in threads, wait for the futures they were given, and are waited for by the flow."""

from __future__ import annotations

from _thread import allocate_lock

from . import context
from .cancelled import Cancelled
from .mistakes import NotItsValue
from .pool import Group, Pool
from .preview import short

try:
    from _contextvars import copy_context
except ImportError:
    from contextvars import copy_context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import Context
    from typing import Any, Callable, Generator, Generic, TypeVar

    from .tasks import Call, Task

    R = TypeVar("R")
else:
    from .tasks import Generic, R


class Future(NotItsValue, Generic[R]):
    """The result of a task that was submitted. Also awaitable inside ``async def`` flows and tasks.

    ``key`` is the task's key, ``state`` one of pending, running, succeeded, failed, cancelled, skipped
    (skipped: something it depends on failed).

    It is not the value itself: adding to it, indexing it or looping over it raises a TypeError that says so.
    """

    _is_tidegate_future = True

    def __init__(self, call: "Call", args: tuple, kwargs: dict, group: Group) -> None:
        self.key: str = call.base["key"]
        self.state = "pending"
        self._call = call
        self._args = args
        self._kwargs = kwargs
        self._group = group
        self._context: "Context" = copy_context()
        self._ended = False
        self._latch = allocate_lock()  # held until it has ended: a fraction of what an Event costs
        self._latch.acquire()
        self._value: "Any" = None
        self._error: "BaseException | None" = None
        self._trace: "Any" = None
        self._given = ""  # the item of a map, in short, where it failed
        self._asked = False
        self._blocked = 1
        self._callbacks: "list[Callable[[], Future[Any] | None]]" = []

    def done(self) -> bool:
        """Whether it has ended, in whatever state."""
        return self._ended

    def _wait(self, timeout: "float | None" = None) -> None:
        if self._ended:
            return
        if timeout is None:
            with self._latch:
                return
        if not self._latch.acquire(timeout=max(timeout, 0)):
            raise TimeoutError(f"{self.key} has not ended within {timeout} s; it is {self.state}")
        self._latch.release()

    def result(self, timeout: "float | None" = None) -> R:
        """Wait for the value; raise what the task raised. Raises TimeoutError after ``timeout`` seconds."""
        self._wait(timeout)
        self._asked = True
        if self._error is not None:
            raise self._error.with_traceback(self._trace)
        return self._value  # type: ignore[no-any-return]

    def exception(self, timeout: "float | None" = None) -> "BaseException | None":
        """Wait for the end; what the task raised, or None. Raises TimeoutError after ``timeout`` seconds."""
        self._wait(timeout)
        self._asked = True
        return self._error

    def cancel(self) -> bool:
        """Give up on it if it has not begun; whether that was so."""
        with self._call.run.lock:
            if self.state != "pending":
                return False
            self.state = "cancelled"
        self._call.tell("cancelled")
        self._settle(error=Cancelled(f"{self.key} was cancelled before it began"))
        return True

    def __await__(self) -> "Generator[Any, None, R]":
        from asyncio import get_running_loop

        loop = get_running_loop()
        waiter = loop.create_future()

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(arrive)
            except RuntimeError:
                pass  # the loop was closed: nobody waits there any more

        def arrive() -> None:
            if not waiter.done():
                waiter.set_result(None)

        self._then(wake)
        yield from waiter.__await__()
        return self.result()

    def _then(self, callback: "Callable[[], Future[Any] | None]") -> "Future[Any] | None":
        """Call it at the end, or now if that has been: then its value is returned, a future that it made a skipped one."""
        with self._call.run.lock:
            if not self._ended:
                self._callbacks.append(callback)
                return None
        return callback()

    def _depend(self, parents: "list[Future[Any]]") -> None:
        self._blocked += len(parents)
        for parent in parents:
            if parent._then(lambda parent=parent: self._unblock(parent)):  # type: ignore[misc]
                self._settle(error=parent._error)
        self._unblock(None)

    def _unblock(self, parent: "Future[Any] | None") -> "Future[Any] | None":
        with self._call.run.lock:
            self._blocked -= 1
            skip = parent is not None and parent._error is not None and self.state == "pending"
            if skip:
                self.state = "skipped"
        if skip:
            self._call.tell("skipped")
            return self
        if self._blocked == 0 and self.state == "pending":
            self._group.add(self)
        return None

    def claim(self) -> bool:
        """Called by a thread of the pool when it is this future's turn: whether it is still to be done."""
        with self._call.run.lock:
            if self.state != "pending":
                return False
            self.state = "running"
            return True

    def _tells(self) -> bool:
        """Whether it is told as pending and running from here: a coroutine tells itself, and what is remembered begins no more."""
        memory = self._call.run.memory
        return not self._call.task.is_async and (memory is None or not memory.knows(self._call.base["key"]))

    def _beginning(self) -> "dict[str, Any] | None":
        return self._call.record("running") if self._tells() else None

    def tell_running(self) -> None:
        record = self._beginning()
        if record is not None:
            self._call.run.recorder.task(record)

    def work(self) -> "Future[Any] | None":
        """Do it in this thread, told as running. Returns the next of its group, told as running with this one's end."""
        records = []
        error: "BaseException | None" = None
        value = None
        try:
            value, record = self._context.run(self._run)
            records.append(record)
            self.state = "succeeded"
        except BaseException as exc:
            if self._call.base["index"] is not None:
                self._given = short(self._args[0], 120)
            self.state = "failed"
            error = exc
        following: "Future[Any] | None" = self._group.next()
        if following is not None:
            records.append(following._beginning())
        records = [record for record in records if record is not None]
        if records:
            self._call.run.recorder.task(*records)
        self._settle(value, error)
        del value, error  # whose traceback holds this frame
        return following

    def _run(self) -> "tuple[Any, dict[str, Any] | None]":
        call = self._call
        try:
            args, kwargs = resolved(self._args, self._kwargs)
            if call.task.is_async:
                import asyncio

                return asyncio.run(call.awaited(args, kwargs)), None
            context.current.set(call.scope)
            if call.task.policy is not None or call.run.memory is not None or call.away is not None:
                from .attempts import done

                return done(call, args, kwargs, told=self._tells())
            value = call.task.fn(*args, **kwargs)
            return value, call.success(value)
        except BaseException as exc:
            if not call.ended:
                call.failed(exc)
            raise

    def _settle(self, value: "Any" = None, error: "BaseException | None" = None) -> None:
        todo = self._end(value, error)
        while todo:  # no recursion: a chain of skipped futures may be longer than Python's stack
            skipped = todo.pop()()
            if skipped is not None:
                todo += skipped._end(None, error)

    def _end(self, value: "Any", error: "BaseException | None") -> "list[Callable[[], Future[Any] | None]]":
        with self._call.run.lock:
            self._value = value
            self._error = error
            self._trace = None if error is None else error.__traceback__
            self._args, self._kwargs = (), {}
            self._ended = True
            self._latch.release()
            callbacks, self._callbacks = self._callbacks, []
        self._call.run.futures.ended(self)
        return callbacks


class Outstanding:
    """What a run has submitted and not yet seen the end of."""

    def __init__(self, run: context.Run) -> None:
        self.run = run
        self.pool = Pool()
        self._open: "dict[int, Future[Any]]" = {}

    def add(self, future: "Future[Any]") -> None:
        with self.run.lock:
            self._open[id(future)] = future

    def ended(self, future: "Future[Any]") -> None:
        if future.state != "failed":  # a failure stays until somebody has asked for it
            with self.run.lock:
                self._open.pop(id(future), None)

    def busy(self) -> bool:
        """Whether something of it is still to be done."""
        with self.run.lock:
            return any(not future._ended for future in self._open.values())

    def running(self) -> bool:
        """Whether a task runs in one of the threads."""
        with self.run.lock:
            return any(not future._ended and future.state != "pending" for future in self._open.values())

    def finish(self) -> None:
        """Wait for everything; raise the first failure that nobody asked for: no task fails in silence."""
        while True:
            with self.run.lock:
                waiting = [future for future in self._open.values() if not future.done()]
            if not waiting:
                break
            for future in waiting:
                future._wait()
        for future in list(self._open.values()):
            if not future._asked:
                future.result()

    def abandon(self, wait: bool) -> None:
        """After a failure or a cancel: what has not begun never does; what runs is waited for, or left."""
        with self.run.lock:
            futures = list(self._open.values())
        for future in futures:
            if not future.cancel() and not wait and not future.done():
                future._call.tell("cancelled")
        for future in futures if wait else ():
            future._wait()


def scope_for(what: str, numbered: bool) -> context.Scope:
    scope = context.here()
    if numbered and scope is not None and scope.run.memory is not None and context.current.get() is None:
        raise RuntimeError(f'{what} in a thread of your own needs key="…": threads come in another order each time, and a resumed run has to know which call this is')
    if scope is None or scope.run.forked:
        raise RuntimeError(f"{what} works inside a flow, in its own process, where there is a run to wait for it. Elsewhere call the task itself.")
    if scope.run.futures is None:
        with scope.run.lock:
            scope.run.futures = scope.run.futures or Outstanding(scope.run)
    return scope


def start(run: context.Run, futures: "list[Future[Any]]") -> None:
    """Tell futures as pending, in one go, and let them wait for what they depend on and for their turn."""
    for future in futures:
        run.futures.add(future)
    memory = run.memory
    records = [future._call.record("pending") for future in futures if memory is None or not memory.knows(future._call.base["key"])]
    run.recorder.task(*[record for record in records if record is not None])
    for future in futures:
        future._depend(_futures_in(future._args, future._kwargs))


def submit(task: "Task[..., Any]", args: tuple, kwargs: dict) -> "Any":
    """See Task.submit."""
    from .tasks import Call

    own = kwargs.pop("key", None) if "key" not in task._arguments else None
    scope = scope_for(f"{task.__name__}.submit()", own is None)
    if task.policy is not None and task.policy.apart:
        from .apart import ask, elsewhere

        if elsewhere(scope):
            return ask(task, scope, args, kwargs, own)
    if scope.group is None:
        scope.group = Group(scope.run.futures.pool, scope.run.lock, None, scope)
    call = Call(task, scope, args, kwargs, own=own)
    if scope.run.waits is not None:
        args, kwargs = settled(args, kwargs)
    future: "Future[Any]" = Future(call, args, kwargs, scope.group)
    start(scope.run, [future])
    return future


def _futures_in(args: tuple, kwargs: dict) -> "list[Future[Any]]":
    found: "list[Future[Any]]" = []
    for value in (*args, *kwargs.values()):
        items = value if isinstance(value, (list, tuple)) else value.values() if isinstance(value, dict) else (value,)
        found += [item for item in items if isinstance(item, Future)]
    return found


def _is_later(value: "Any") -> bool:
    return hasattr(type(value), "_is_tidegate_future")


def settled(args: tuple, kwargs: dict) -> "tuple[tuple, dict]":
    """The arguments with the runs among them waited for, which only the flow's body can without holding a slot."""
    values = [*args, *kwargs.values()]
    if any(hasattr(type(one), "_is_tidegate_child") for value in values for one in (value if isinstance(value, (list, tuple)) else [value])):
        return resolved(args, kwargs)
    return args, kwargs


def value_of(value: "Any") -> "Any":
    """The value with its futures resolved: itself, or the items of a list, tuple or dict. Others are left as they are."""
    if _is_later(value):
        return value.result()
    if not isinstance(value, (list, tuple, dict)) or not any(_is_later(item) for item in (value.values() if isinstance(value, dict) else value)):
        return value
    children = [item for item in (value.values() if isinstance(value, dict) else value) if hasattr(type(item), "_is_tidegate_child")]
    if children:
        from .children import _all

        _all(children)  # at once: the process may end until the last has its answer
    if isinstance(value, dict):
        return {key: value_of(item) for key, item in value.items()}
    items = [item.result() if _is_later(item) else item for item in value]
    if isinstance(value, list):
        return items
    return type(value)(*items) if hasattr(value, "_fields") else tuple(items)


def resolved(args: tuple, kwargs: dict) -> "tuple[tuple, dict]":
    """The arguments with their futures waited for and replaced by their values."""
    return tuple([value_of(value) for value in args]), {name: value_of(value) for name, value in kwargs.items()}


async def arrived(args: tuple, kwargs: dict) -> "tuple[tuple, dict]":
    """As ``resolved``, letting the event loop go on meanwhile."""
    for value in (*args, *kwargs.values()):
        for item in value if isinstance(value, (list, tuple)) else value.values() if isinstance(value, dict) else (value,):
            if _is_later(item):
                await item
    return resolved(args, kwargs)
