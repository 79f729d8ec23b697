"""The writing side of the run directory: one ``os.write`` per record, or per few whole records of one call."""

from __future__ import annotations

import os
from _thread import RLock
from time import time

from .encoding import dumps, to_bytes, without_nan

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LIMIT = 65536  # bytes of one os.write, the line end included
_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)


class Losses:
    """What a full disk cost this process, told in a file that the agent made beforehand: to write over what is there needs no room."""

    WIDTH = 128  # bytes of a process's line
    LINES = 32  # a process has that of its pid

    def __init__(self, directory: str) -> None:
        self.path = os.path.join(directory, "lost")
        self.lock = RLock()
        self.since = 0.0
        self.lost = {"log": [0, 0], "events": [0, 0]}  # records and bytes

    def add(self, stream: str, records: int, size: int, why: str) -> None:
        with self.lock:
            self.since = self.since or round(time(), 6)
            self.lost[stream][0] += records
            self.lost[stream][1] += size
            line = dumps({"pid": os.getpid(), "since": self.since, "why": why, **self.lost})
            try:
                fd = os.open(self.path, _FLAGS & ~(os.O_APPEND | os.O_CREAT))
                try:
                    os.lseek(fd, os.getpid() % self.LINES * self.WIDTH, 0)
                    os.write(fd, to_bytes(line.ljust(self.WIDTH - 1) + "\n"))
                finally:
                    os.close(fd)
            except OSError:
                pass


def _why(problem: OSError) -> str:
    from errno import errorcode

    return errorcode.get(problem.errno or 0, "EIO")


class RecordFile:
    """An append-only file of JSON lines. A full disk costs records, never the user's code; how many, the log says in their place."""

    def __init__(self, directory: str, stream: str, losses: "Losses | None" = None) -> None:
        self.directory = directory
        self.losses = losses
        self.gap = [0, 0]  # records and bytes that were lost since the last that was written
        self.why = ""  # of these
        self.stream = stream
        self.lock = RLock()  # re-entrant: a signal handler may print while its own thread writes
        self.fd = -1
        self.torn = False
        self.lost = 0

    def write(self, data: bytes) -> None:
        """Append whole records; ``data`` ends with a line end and is at most LIMIT bytes (a result: more)."""
        with self.lock:
            done = 0
            try:
                if self.fd < 0 or self.torn or self.gap[0]:
                    self._ready()
                done = os.write(self.fd, data)
                while done < len(data):
                    self.torn = True
                    done += os.write(self.fd, data[done:])
                    self.torn = done < len(data)
            except OSError as problem:
                self._lose(problem, data[done:])

    def _ready(self) -> None:
        if self.fd < 0:
            self.fd = os.open(os.path.join(self.directory, f"{self.stream}.{os.getpid()}.ndjson"), _FLAGS, 0o600)
        if self.torn:  # end the half record of a failed write, so that readers skip only that
            os.write(self.fd, b"\n")
            self.torn = False
        if self.gap[0] and self.stream == "log":
            what = "1 line of this log is" if self.gap[0] == 1 else f"{self.gap[0]:,} lines of this log are"
            record = {"t": round(time(), 6), "l": "error", "m": f"{what} lost here ({self.gap[1]:,} bytes): {self.why}", "s": "agent"}
            notice = to_bytes(dumps(record)) + b"\n"
            done = os.write(self.fd, notice)
            if done < len(notice):
                self.torn = True
                raise OSError(28, os.strerror(28))  # ENOSPC: it was cut short
        self.gap = [0, 0]

    def _lose(self, problem: OSError, data: bytes) -> None:
        records = data.count(b"\n")
        self.gap = [self.gap[0] + records, self.gap[1] + len(data)]
        why = _why(problem)
        self.why = "the agent's disk was full" if why in ("ENOSPC", "EDQUOT") else f"the run directory could not be written ({why})"
        if self.losses is not None:
            self.losses.add(self.stream, records, len(data), why)
        self.lost += 1
        if self.lost == 1:
            text = (
                f"tidegate: cannot write {self.stream} records to {self.directory}: {problem.strerror}. "
                "The flow goes on; its records are lost until there is room again.\n"
            )
            try:
                os.write(2, to_bytes(text))
            except OSError:
                pass

    def after_fork(self) -> None:
        """In a forked child: a file of its own, and a lock that no thread of the parent holds."""
        self.lock = RLock()
        if self.fd >= 0:
            os.close(self.fd)
        self.fd = -1
        self.torn = False
        self.gap = [0, 0]


class RunDirectory:
    """The recorder of an execution: events, log and artifacts of one run directory."""

    def __init__(self, path: str, project: str) -> None:
        self.path = path
        self.project = project
        losses = Losses(path)
        self.events = RecordFile(path, "events", losses)
        self.logs = RecordFile(path, "log", losses)
        self.streams: "Any" = None  # set by streams.install
        self.forked = False  # in a forked child, which tells artifacts and log lines: tasks and the flow are its parent's to tell

    def event(self, record: dict) -> None:
        """Append one event; its time is added here."""
        if self.forked and record["type"] != "artifact":
            return
        self.events.write(self._line(record.pop("type"), record))

    def _line(self, kind: str, record: dict) -> bytes:
        line = {"type": kind, "t": round(time(), 6), **record}
        try:
            data = to_bytes(dumps(line)) + b"\n"
        except ValueError:
            data = to_bytes(dumps(without_nan(line))) + b"\n"
        if len(data) > LIMIT and kind != "result":
            data = self._smaller(line)
        return data

    def after_fork(self) -> None:
        """In a forked child, which writes files of its own, and none for the task and the flow that it may run to the end of."""
        from .context import active

        self.forked = True
        for run in active:
            run.forked = True
            run.lock = RLock()
            run.memory = None  # nor does it keep what that task returns there
        self.events.losses = self.logs.losses = Losses(self.path)
        self.events.after_fork()
        self.streams.after_fork()

    def _smaller(self, line: dict) -> bytes:
        from .errors import shrink

        return to_bytes(dumps(without_nan(shrink(line, LIMIT)))) + b"\n"

    def task(self, *records: dict) -> None:
        """Append task events; those of one call share an ``os.write``, for each costs a switch between threads."""
        if self.forked:
            return
        if len(records) == 1:
            self.events.write(self._line("task", records[0]))
            return
        batch: "list[bytes]" = []
        size = 0
        for record in records:
            data = self._line("task", record)
            if size + len(data) > LIMIT:
                self.events.write(b"".join(batch))
                batch, size = [], 0
            batch.append(data)
            size += len(data)
        if batch:
            self.events.write(b"".join(batch))

    def log(self, level: str, text: str, scope: "Any") -> None:
        self.streams.record(level, text, scope)

    def error(self, exc: BaseException) -> dict:
        from .errors import describe

        return describe(exc, self.project)

    def artifact(self, record: dict, data: bytes, extension: str) -> str:
        """Keep the payload, then tell of it. Returns the artifact's id; raises OSError if it can't be kept."""
        name = record["id"]
        file = f"artifacts/{name}.{extension}"
        folder = os.path.join(self.path, "artifacts")
        os.makedirs(folder, mode=0o700, exist_ok=True)
        with open(os.path.join(folder, f"{name}.{extension}"), "xb") as target:
            target.write(data)
        self.event({"type": "artifact", **record, "file": file, "size": len(data)})
        return name
