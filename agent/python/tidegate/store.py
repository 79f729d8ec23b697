"""The store on the premises: checkpoints, cached results and large values of runs. Decision record 7 has its bytes."""

from __future__ import annotations

import os
from _thread import RLock
from binascii import crc32

from . import background
from .encoding import dumps, loads, to_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

FORMAT = 1
LARGE = 32 * 1024  # bytes from which a value is a file of its own
GROUPED = 0.08  # seconds in which checkpoints share one fdatasync
_sync = getattr(os, "fdatasync", os.fsync)
_BINARY = getattr(os, "O_BINARY", 0)


class StoreError(Exception):
    """The store can't be read or written: where, why, and what to do. The run can be resumed once that is done."""


def prepare(path: str) -> None:
    """Make a store of a folder, if it is none: for local runs; an agent makes its own."""
    os.makedirs(path, mode=0o700, exist_ok=True)
    if not os.path.exists(os.path.join(path, "store.json")):
        from binascii import hexlify

        put_file(os.path.join(path, "store.json"), to_bytes(dumps({"format": FORMAT, "id": hexlify(os.urandom(8)).decode()})))


def put_file(path: str, data: bytes) -> None:
    """Write a file whole or not at all."""
    draft = f"{path}.{os.getpid()}.{os.urandom(4).hex()}"
    try:
        fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(fd, view) :]
            os.fsync(fd)
        finally:
            os.close(fd)
        os.replace(draft, path)
    except OSError:
        try:
            os.unlink(draft)
        except OSError:
            pass
        raise


class Store:
    """One folder, checked when it is opened. Raises StoreError."""

    def __init__(self, path: str) -> None:
        self.path = path
        file = os.path.join(path, "store.json")
        try:
            with open(file, encoding="utf-8") as source:
                found = loads(source.read())
            number = found["format"]
            self.id = str(found["id"])
        except OSError as problem:
            raise StoreError(f"the store {path} can't be read: {problem.strerror}. Check that it is there and mounted, then resume the run") from None
        except (ValueError, TypeError, KeyError):
            raise StoreError(f"{file} is damaged: it has to say the store's format and id. Put it back from a copy, or give the agent another store") from None
        if type(number) is not int or number > FORMAT:
            raise StoreError(f"the store {path} was written by a newer Tidegate (format {number}, this one knows {FORMAT}). Update this agent, then resume the run")

    def failed(self, problem: OSError) -> StoreError:
        return StoreError(f"the store {self.path} can't be written: {problem.strerror}. Make room or let it be written, then resume the run")

    def put_object(self, data: bytes) -> str:
        """Keep bytes by their digest; returns it. Raises StoreError."""
        from _hashlib import openssl_sha256

        name = str(openssl_sha256(data).hexdigest())
        folder = os.path.join(self.path, "objects", name[:2])
        path = os.path.join(folder, name)
        try:
            if not os.path.exists(path):
                os.makedirs(folder, mode=0o700, exist_ok=True)
                put_file(path, data)
        except OSError as problem:
            raise self.failed(problem) from None
        return name

    def get_object(self, name: str) -> bytes:
        """The bytes of a digest. Raises StoreError if they are gone or not what they were."""
        from _hashlib import openssl_sha256

        path = os.path.join(self.path, "objects", name[:2], name)
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as problem:
            raise StoreError(f"{path} can't be read: {problem.strerror}") from None
        if openssl_sha256(data).hexdigest() != name:
            raise StoreError(f"{path} is damaged: its content is not what was kept")
        return data

    def _cached(self, key: str) -> str:
        return os.path.join(self.path, "cache", key[:2], f"{key}.json")

    def put_cached(self, key: str, entry: dict) -> None:
        path = self._cached(key)
        try:
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            put_file(path, to_bytes(dumps(entry)))
        except OSError as problem:
            raise self.failed(problem) from None

    def get_cached(self, key: str) -> "dict | None":
        try:
            with open(self._cached(key), encoding="utf-8") as file:
                found = loads(file.read())
            return found if isinstance(found, dict) else None
        except (OSError, ValueError):
            return None  # none, or a damaged one: the task runs, and the file is written anew

    def log(self, run: str) -> "CheckpointLog":
        return CheckpointLog(self, run)


class CheckpointLog:
    """The checkpoints of one run: each line has its checksum, is written at once and synced within 100 ms."""

    def __init__(self, store: Store, run: str) -> None:
        self.store = store
        self.folder = os.path.join(store.path, "runs", run)
        self.path = os.path.join(self.folder, "checkpoints.log")
        self.lock = RLock()
        self.fd = -1
        self._dirty = False
        self._syncing = False

    def read(self, damaged: "Callable[[int], Any]") -> "list[dict]":
        """What was kept, in order; ``damaged`` hears how many lines do not check and are left out. Raises StoreError."""
        try:
            with open(self.path, "rb") as file:
                lines = file.read().split(b"\n")
        except FileNotFoundError:
            return []
        except OSError as problem:
            raise StoreError(f"{self.path} can't be read: {problem.strerror}") from None
        found, bad = [], 0
        for line in lines:
            if not line:
                continue
            try:
                if int(line[:8], 16) != crc32(line[9:]):
                    raise ValueError
                found.append(loads(line[9:].decode()))
            except ValueError:
                bad += 1
        if bad:
            damaged(bad)
        return found

    def append(self, record: dict) -> None:
        """Write a line. Raises StoreError."""
        body = to_bytes(dumps(record))
        line = b"%08x %b\n" % (crc32(body), body)
        with self.lock:
            try:
                if self.fd < 0:
                    self._open()
                if os.write(self.fd, line) != len(line):
                    os.write(self.fd, b"\n")  # ends the half line, which will not check
                    raise OSError(28, "No space left on device")
            except OSError as problem:
                raise self.store.failed(problem) from None
            self._dirty = True
            if not self._syncing:
                self._syncing = True
                background.start(self._sync_soon)

    def _open(self) -> None:
        os.makedirs(self.folder, mode=0o700, exist_ok=True)
        self.fd = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | _BINARY, 0o600)
        size = os.fstat(self.fd).st_size
        if size:
            os.lseek(self.fd, size - 1, 0)
            if os.read(self.fd, 1) != b"\n":  # the half line of a process that was killed
                os.write(self.fd, b"\n")

    def _sync_soon(self) -> None:
        ends = False
        while True:
            ends = ends or background.rest(GROUPED)
            with self.lock:
                if not self._dirty:
                    self._syncing = False
                    return
                self._dirty = False
                fd = self.fd
            try:
                _sync(fd)
            except OSError:
                pass  # the next append tells

    def sync(self) -> None:
        """Bring everything to the disk now. Raises StoreError."""
        with self.lock:
            if self._dirty and self.fd >= 0:
                self._dirty = False
                try:
                    _sync(self.fd)
                except OSError as problem:
                    raise self.store.failed(problem) from None
