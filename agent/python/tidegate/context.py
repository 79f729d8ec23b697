"""Where the running code stands: the run, and the task it is in.

A context variable carries the scope into coroutines and, by a copied context, into threads.
"""

from __future__ import annotations

from _thread import RLock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from contextvars import ContextVar
    from typing import Any, Protocol

    class Recorder(Protocol):
        """What takes the records of a run: the run directory, or the terminal."""

        def task(self, *records: dict) -> None: ...
        def log(self, level: str, text: str, scope: "Scope | None") -> None: ...
        def artifact(self, record: dict, data: bytes, extension: str) -> str: ...
        def error(self, exc: BaseException) -> "dict | None": ...
else:
    try:
        from _contextvars import ContextVar  # the C module: contextvars only renames it, later
    except ImportError:
        from contextvars import ContextVar


class Run:
    """One doing of a flow in this process."""

    __slots__ = ("fast", "forked", "futures", "info", "lineage", "lock", "memory", "recorder", "root", "unawaited", "waits")

    def __init__(self, recorder: Recorder, info: dict) -> None:
        self.recorder = recorder
        self.info = info  # as run.json has it
        self.lock = RLock()
        self.root = Scope(self, None)  # the flow's own body
        self.forked = False  # in a forked child, where tasks are plain functions: keys would be given twice
        self.fast = False  # whether delays are skipped: a local run may ask for it
        self.memory: "Any" = None  # memory.Memory, where there is a store
        self.waits: "Any" = None  # waits.Inbox, once something was waited for
        self.futures: "Any" = None  # futures.Outstanding, once something was submitted
        self.lineage: "Any" = None  # lineage.Lineage, once a task returned something
        self.unawaited: "dict[str, str]" = {}  # calls of async tasks that nobody awaited yet: key → the function's name


class Scope:
    """The flow's body (key None) or one task; numbers the tasks called in it by name."""

    __slots__ = ("attempt", "counts", "group", "key", "run", "tail")

    def __init__(self, run: Run, key: "str | None") -> None:
        self.run = run
        self.key = key
        self.counts: "dict[str, int]" = {}
        self.group: "Any" = None  # futures.Group of what is submitted here
        self.attempt = 1
        self.tail = ""  # the end of this scope's log records, made once by the streams

    def again(self, attempt: int) -> None:
        """Begin an attempt: what is called in it has the keys that it had before."""
        self.attempt = attempt
        self.counts = {}
        self.tail = ""

    def occurrence(self, name: str) -> int:
        """How many of this name came before in this scope."""
        with self.run.lock:
            count = self.counts.get(name, 0)
            self.counts[name] = count + 1
        return count

    def next_key(self, name: str) -> str:
        """``name#occurrence``, below the key of the task that it is called in."""
        count = self.occurrence(name)
        return f"{name}#{count}" if self.key is None else f"{self.key}/{name}#{count}"


    def own_key(self, head: str, key: str, tail: str) -> str:
        """A key that the caller gave. Raises TypeError, ValueError: it is a text, and given once."""
        if not isinstance(key, str) or not key or len(key) > 200:
            raise TypeError(f"key=… takes a text of 1 to 200 characters, not {key!r:.80}")
        found = f"{head}{key}{tail}" if self.key is None or head.startswith(f"{self.key}/") else f"{self.key}/{head}{key}{tail}"
        with self.run.lock:
            if found in self.counts:
                raise ValueError(f"the key {key!r} is given to two calls: {found}")
            self.counts[found] = 1
        return found


current: "ContextVar[Scope | None]" = ContextVar("tidegate_scope", default=None)

# The run of this process, also for threads that the user started without a context.
active: "list[Run]" = []

# Not empty while somebody wants the run to pause at its next task.
pausing: "list[bool]" = []

# True while execute or describe imports the user's module: a flow called then is a missing guard.
loading: "list[str]" = []


def here() -> "Scope | None":
    """The scope of the calling code; the flow's own body in a thread of the user's."""
    scope = current.get()
    if scope is None and active:
        return active[-1].root
    return scope
