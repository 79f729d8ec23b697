"""Threads for submitted tasks, bounded per group so that a task that waits for its own children never blocks them."""

from __future__ import annotations

import os
from _queue import SimpleQueue
from collections import deque
from threading import Thread

from . import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Pool:
    """Daemon threads, made when there is work and none is idle. The groups bound how many that can be."""

    def __init__(self) -> None:
        self._jobs: "Any" = SimpleQueue()
        self._idle = 0
        self._made = 0

    def start(self, job: "tuple[Group, Any]") -> None:
        """Hand out a job; the caller holds the run's lock."""
        if self._idle:
            self._idle -= 1
        else:
            self._made += 1
            Thread(target=self._work, args=(job[0].lock,), name=f"tidegate-{self._made}", daemon=True).start()
        self._jobs.put(job)

    def _work(self, lock: "Any") -> None:
        while True:
            group, future = self._jobs.get()
            future = group.first(future)
            while future is not None:
                future = future.work()
            del group, future  # while idle, hold nobody's arguments
            with lock:
                self._idle += 1


class Group:
    """The futures of one map, or those submitted in one scope: at most ``limit`` run at a time, oldest first."""

    def __init__(self, pool: Pool, lock: "Any", limit: "int | None", scope: "context.Scope") -> None:
        self.pool = pool
        self._run = scope.run if scope.key is None else None  # whose body's tasks a pause holds back
        self.lock = lock
        self._limit = limit or min(32, (os.cpu_count() or 1) + 4)
        self._active = 0
        self._waiting: "deque[Any]" = deque()

    def add(self, future: "Any") -> None:
        """Start a future that depends on nothing more, or let it wait for its turn."""
        with self.lock:
            if self._active < self._limit:
                self._active += 1
                self.pool.start((self, future))
            else:
                self._waiting.append(future)

    def first(self, future: "Any") -> "Any":
        """What a thread that was handed this future begins with: it, or the next if it was cancelled meanwhile, or None."""
        if context.pausing and self._run is not None:
            from .pause import park

            park(self._run)
        if not future.claim():
            future = self.next()
        if future is not None:
            future.tell_running()
        return future

    def next(self) -> "Any":
        """One has ended: the future that has its place now, claimed for the same thread, or None."""
        with self.lock:
            while self._waiting:
                future = self._waiting.popleft()
                if context.pausing and self._run is not None:
                    self.pool.start((self, future))  # whose thread waits before it begins
                    return None
                if future.claim():
                    return future
            self._active -= 1
            return None
