"""Files and folders as results: they pass from task to task by reference, with size and digest, and are kept in the store."""

from __future__ import annotations

import os

from .store import Store, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_PIECE = 1 << 20


def _object(store: Store, digest: str) -> str:
    return os.path.join(store.path, "objects", digest[:2], digest)


class File:
    """A file that a task made. Pass it on as it is: ``open(result)`` and ``pathlib.Path(result)`` work, since it is a path.

    When the task ends its content goes to the run's store under its digest, so that a run that goes on later, elsewhere, has it.

    Attributes:
        path: where it lies, absolute
        size: bytes
        digest: SHA-256 of the content, hex

    Raises FileNotFoundError where there is no such file.
    """

    codec = "file"
    _is_tidegate_file = True

    def __init__(self, path: "str | os.PathLike[str]") -> None:
        self.path = os.path.abspath(os.fspath(path))
        self.size, self.digest = self._measure()

    def _measure(self) -> "tuple[int, str]":
        if not os.path.isfile(self.path):
            raise FileNotFoundError(2, "there is no such file to return", self.path)
        return os.path.getsize(self.path), _digest(self.path)

    def __fspath__(self) -> str:
        return self.path

    def __repr__(self) -> str:
        return f"{type(self).__name__}({os.path.basename(self.path)}, {self.size} bytes)"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other.digest == self.digest  # type: ignore[attr-defined]

    def __hash__(self) -> int:
        return hash(self.digest)

    @classmethod
    def _of(cls, path: str, size: int, digest: str) -> "File":
        made = cls.__new__(cls)
        made.path, made.size, made.digest = path, size, digest
        return made

    def _keep(self, store: Store) -> "dict[str, Any]":
        """The ``<value>`` of a checkpoint. Raises kept.NotStorable, StoreError."""
        if not os.path.exists(self.path):
            from .kept import NotStorable

            raise NotStorable(f"{self.path}, which it returned, is not there any more")
        _copy_in(store, self.path, self.digest)
        return {"codec": self.codec, "object": self.digest, "size": self.size, "type": f"tidegate.{type(self).__name__}", "name": os.path.basename(self.path)}


class Model(File):
    """A file that holds a trained model; as File, told apart where results are shown."""


class Dir(File):
    """A folder that a task made, with all that lies in it. As File; its digest is that of its list of files."""

    codec = "dir"

    def _measure(self) -> "tuple[int, str]":
        if not os.path.isdir(self.path):
            raise FileNotFoundError(2, "there is no such folder to return", self.path)
        self.files = {name: (os.path.getsize(full), _digest(full)) for name, full in _walk(self.path)}
        from hashlib import sha256

        listed = sha256(repr(sorted(self.files.items())).encode("utf-8", "surrogatepass")).hexdigest()
        return sum(size for size, _ in self.files.values()), listed

    def _keep(self, store: Store) -> "dict[str, Any]":
        for name, (_, digest) in self.files.items():
            _copy_in(store, os.path.join(self.path, name), digest)
        listed = {name: digest for name, (_, digest) in self.files.items()}
        return {"codec": self.codec, "files": listed, "digest": self.digest, "size": self.size, "type": "tidegate.Dir", "name": os.path.basename(self.path)}


def restored(store: Store, kept: "dict[str, Any]") -> File:
    """The file or folder of a checkpoint, in the store itself or in a folder of links to it. Raises StoreError."""
    if kept["codec"] == "file":
        path = _object(store, kept["object"])
        _assert_there(path, kept)
        kind = Model if kept.get("type") == "tidegate.Model" else File
        return kind._of(_linked(store, kept["object"], {kept["name"]: kept["object"]}, kept) + os.sep + kept["name"], kept["size"], kept["object"])
    found = Dir._of(_linked(store, kept["digest"], kept["files"], kept), kept["size"], kept["digest"])
    found.files = {name: (os.path.getsize(os.path.join(found.path, name)), digest) for name, digest in kept["files"].items()}  # type: ignore[attr-defined]
    return found


def _assert_there(path: str, kept: "dict[str, Any]") -> None:
    if not os.path.exists(path):
        raise StoreError(f"{kept['name']}, a result that was kept as {path}, is not there any more: what made it has to run again (--from that task)")


def _linked(store: Store, digest: str, files: "dict[str, str]", kept: "dict[str, Any]") -> str:
    """A read-only folder in which the contents have their names again."""
    folder = os.path.join(store.path, "views", digest[:2], digest)
    for name, content in files.items():
        path, source = os.path.join(folder, name), _object(store, content)
        _assert_there(source, kept)
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        try:
            os.link(source, path)
        except FileExistsError:
            pass
        except OSError:
            from shutil import copyfile

            copyfile(source, path)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    os.utime(folder)  # its last use
    return folder


def _walk(root: str) -> "list[tuple[str, str]]":
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            full = os.path.join(folder, name)
            found.append((os.path.relpath(full, root), full))
    return found


def _digest(path: str) -> str:
    from hashlib import sha256

    state = sha256()
    with open(path, "rb") as file:
        for piece in iter(lambda: file.read(_PIECE), b""):
            state.update(piece)
    return state.hexdigest()


def _copy_in(store: Store, source: str, digest: str) -> None:
    """Bring a file's content into the store, never a half of it. Raises kept.NotStorable, StoreError."""
    from shutil import copyfile

    target = _object(store, digest)
    draft = f"{target}.{os.getpid()}.new"
    try:
        if os.path.exists(target):
            return
        os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
        try:
            copyfile(source, draft)
            if _digest(draft) != digest:
                from .kept import NotStorable

                raise NotStorable(f"{source} was changed while it was stored: write it, close it, and return it then")
            os.chmod(draft, 0o400)
            fd = os.open(draft, os.O_RDONLY)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
            os.replace(draft, target)
        finally:
            if os.path.exists(draft):
                os.unlink(draft)
    except OSError as problem:
        raise store.failed(problem) from None
