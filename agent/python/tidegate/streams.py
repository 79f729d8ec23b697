"""sys.stdout and sys.stderr during an execution: every line becomes a record with its task and time.

The streams are wrapped, not ``print``, so that whatever writes through them is caught. What goes past
them (``sys.stdout.buffer``, C code, subprocesses) reaches the raw descriptors, which the agent reads too.
"""

from __future__ import annotations

import io
import sys
from _thread import get_ident
from time import time

from .context import current
from .encoding import quote, to_bytes
from .records import LIMIT, RecordFile

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PIECE = 10_000  # characters of one record: six bytes each at the worst, and the rest of it below LIMIT
LONGEST = 10_000_000  # characters of one message; the rest is cut
HELD = 1_000_000  # characters of a line that has not ended before they are written as its parts


def _tail(scope: "Any") -> str:
    if scope is None or scope.key is None:
        return ""
    if not scope.tail:
        scope.tail = ',"k":' + quote(scope.key) + (f',"a":{scope.attempt}' if scope.attempt > 1 else "")
    return str(scope.tail)


def write_lines(file: RecordFile, level: str, source: str, scope: "Any", lines: "list[str]", mark: str = "") -> None:
    """Write each text as a record, long ones as several; many records share an ``os.write``. ``mark`` ends the record."""
    head = f'{{"t":{time():.6f},"l":"{level}","m":'
    tail = f',"s":"{source}"{_tail(scope)}{mark}}}\n'
    if len(lines) == 1 and len(lines[0]) <= PIECE:
        file.write(to_bytes(head + quote(lines[0]) + tail))
        return
    batch: "list[bytes]" = []
    size = 0
    for line in lines:
        if len(line) <= PIECE:
            records = [head + quote(line) + tail]
        else:
            records = _pieces(head, line, tail)
        for record in records:
            data = to_bytes(record)
            if size + len(data) > LIMIT:
                file.write(b"".join(batch))
                batch, size = [], 0
            batch.append(data)
            size += len(data)
    if batch:
        file.write(b"".join(batch))


def _pieces(head: str, line: str, tail: str) -> "list[str]":
    if len(line) > LONGEST:
        line = f"{line[:LONGEST]}… ({len(to_bytes(line[LONGEST:]))} bytes more)"
    ends = range(PIECE, len(line), PIECE)
    unfinished = tail if tail.endswith(',"part":true}\n') else tail[:-2] + ',"part":true}\n'
    pieces = [head + quote(line[end - PIECE : end]) + unfinished for end in ends]
    pieces.append(head + quote(line[len(ends) * PIECE :]) + tail)
    return pieces


class _Line:
    """The line that one thread has begun and not ended."""

    __slots__ = ("parts", "progress", "scope", "shown", "size")

    def __init__(self) -> None:
        self.scope: "Any" = None
        self.parts: "list[str]" = []
        self.size = 0
        self.progress = False  # a carriage return stands in it
        self.shown = 0.0  # when its unfinished text was last written

    def take(self, more: str = "") -> str:
        text = "".join([*self.parts, more]) if self.parts else more
        self.parts.clear()
        self.size = 0
        return text


class RecordedStream(io.TextIOBase):
    """A text stream whose lines become records at once."""

    def __init__(self, raw: "Any", source: str, level: str, file: RecordFile) -> None:
        self._raw = raw
        self._source = source
        self._level = level
        self._file = file
        self._lines: "dict[int, _Line]" = {}

    def write(self, text: str) -> int:
        line = self._lines.get(get_ident()) or self._begin()
        scope = current.get()
        if scope is not line.scope:
            if line.parts:
                self._end(line)
            line.scope = scope
        try:
            plain = not line.progress and "\r" not in text
        except TypeError:
            raise TypeError(f"write() argument must be str, not {type(text).__name__}") from None
        if not plain:
            self._progress(line, text)
            return len(text)
        parts = line.parts
        if text == "\n":  # what print writes last: the common case, kept short
            if len(parts) == 1:
                write_lines(self._file, self._level, self._source, scope, parts)
                parts.clear()
                line.size = 0
            else:
                write_lines(self._file, self._level, self._source, scope, [line.take()])
            return 1
        before, newline, after = text.rpartition("\n")
        if newline:
            if parts:
                before = line.take(before)
            write_lines(self._file, self._level, self._source, scope, before.split("\n"))
        if after:
            parts.append(after)
            line.size += len(after)
            if line.size > HELD:
                write_lines(self._file, self._level, self._source, scope, [line.take()], ',"part":true')
        return len(text)

    def _begin(self) -> _Line:
        line = self._lines[get_ident()] = _Line()
        return line

    def _progress(self, line: _Line, text: str) -> None:
        """A carriage return starts the line over; what it showed before counts only if a second has passed."""
        *ended, last = line.take(text).replace("\r\n", "\n").split("\n")
        for whole in ended:
            write_lines(self._file, "info" if line.progress or "\r" in whole else self._level, self._source, line.scope, [_visible(whole)])
            line.progress = False
            line.shown = 0.0
        if not last:
            return
        line.progress = line.progress or "\r" in last
        shown = _visible(last)
        line.parts.append(shown + "\r" if last.endswith("\r") else shown)
        now = time()
        if line.progress and shown and now - line.shown >= 1:
            line.shown = now
            write_lines(self._file, "info", self._source, line.scope, [shown[:PIECE]], ',"r":true')

    def _end(self, line: _Line) -> None:
        text = line.take()
        level = "info" if line.progress else self._level
        line.progress = False
        write_lines(self._file, level, self._source, line.scope, [_visible(text)])

    def flush(self) -> None:
        """Nothing waits here but a line without its end; show its beginning, at most once a second."""
        line = self._lines.get(get_ident())
        if line is None or not line.parts or line.progress:
            return
        now = time()
        if now - line.shown >= 1:
            line.shown = now
            write_lines(self._file, self._level, self._source, line.scope, [line.take()], ',"part":true')

    def finish(self) -> None:
        """Write what never got its line end."""
        for line in list(self._lines.values()):
            if line.parts:
                self._end(line)

    def after_fork(self) -> None:
        """The parent writes what it had begun; the child must not write it again."""
        self._lines.clear()

    @property
    def buffer(self) -> "Any":
        return self._raw.buffer

    encoding = property(lambda self: "utf-8")
    errors = property(lambda self: "replace")
    name = property(lambda self: f"<{self._source}>")
    mode = "w"
    line_buffering = True

    def fileno(self) -> int:
        return int(self._raw.fileno())

    def isatty(self) -> bool:
        return False

    def writable(self) -> bool:
        return True

    def reconfigure(self, **options: object) -> None:
        """Accepted and without effect: records are UTF-8, line by line."""

    def close(self) -> None:
        self.finish()


def _visible(text: str) -> str:
    """What a terminal would show last of a line that starts over at each carriage return."""
    if "\r" not in text:
        return text
    return next((piece for piece in reversed(text.split("\r")) if piece), "")


class Streams:
    """Both wrapped streams, and the door for records of ``log`` and :mod:`logging`."""

    def __init__(self, file: RecordFile) -> None:
        self.file = file
        self.out = RecordedStream(sys.stdout, "stdout", "info", file)
        self.err = RecordedStream(sys.stderr, "stderr", "warn", file)
        sys.stdout, sys.stderr = self.out, self.err

    def record(self, level: str, text: str, scope: "Any") -> None:
        write_lines(self.file, level, "log", scope, [text])

    def finish(self) -> None:
        self.out.finish()
        self.err.finish()

    def after_fork(self) -> None:
        self.file.after_fork()
        self.out.after_fork()
        self.err.after_fork()
