"""Environments that steps name: built once on these premises, and found again by the digest of what they hold."""

from __future__ import annotations

import os
import shutil
import sys
from hashlib import sha256
from tempfile import mkdtemp
from threading import Lock
from time import monotonic
from typing import Any, Callable, Dict, List, Union

from .. import context, log
from .processes import StepFailed, run

_locks: "Dict[str, Lock]" = {}
_guard = Lock()


def home() -> str:
    """Where they lie: beside the run's store, or in the user's cache."""
    scope = context.here()
    store: "Any" = None if scope is None else scope.run.info.get("store")
    if store:
        return os.path.join(store, "environments")
    return os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "tidegate", "environments")


def environment(requirements: "Union[str, List[str]]", folder: str, where: "str | None" = None, say: "Callable[[str], None]" = log.info) -> str:
    """The Python of an environment with these requirements: there already, or built now. Raises StepFailed with the installer's words."""
    where = where or home()
    wanted = _text(requirements, folder)
    digest = sha256(f"{sys.version}\0{sys.prefix}\0{wanted}".encode()).hexdigest()[:24]
    place = os.path.join(where, digest)
    python = os.path.join(place, "Scripts" if os.name == "nt" else "bin", "python.exe" if os.name == "nt" else "python")
    with _guard:
        lock = _locks.setdefault(digest, Lock())
    with lock:
        try:
            os.utime(os.path.join(place, "ready"))  # its last use: by it the agent knows which ones to remove
            return python
        except OSError:
            pass
        os.makedirs(where, mode=0o700, exist_ok=True)
        begin = monotonic()
        say("building the environment of this step: " + ", ".join(wanted.split("\n")[:10]))
        _build(place, python, wanted)
        say(f"environment ready after {monotonic() - begin:.1f} s")
    return python


def _text(requirements: "Union[str, List[str]]", folder: str) -> str:
    if isinstance(requirements, list):
        return "\n".join(requirements)
    try:
        with open(os.path.join(folder, *requirements.split("/")), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        raise StepFailed(f"the project has no file {requirements}") from None


def _build(place: str, python: str, wanted: str) -> None:
    """Built where it stays, as its scripts know their place; ready once the mark is there. Two processes that build at once: one waits for nobody and both agree."""
    scratch = mkdtemp(prefix="tidegate-requirements-")
    file = os.path.join(scratch, "requirements.txt")
    try:
        with open(file, "w", encoding="utf-8") as target:
            target.write(wanted + "\n")
        with _held(place + ".lock"):
            if os.path.isfile(os.path.join(place, "ready")):
                return
            shutil.rmtree(place, ignore_errors=True)
            env = {name: one for name, one in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")}
            run([sys.executable, "-m", "venv", place], scratch, env, "the environment")
            run([python, "-m", "pip", "install", "--disable-pip-version-check", "--no-input", "-q", "-r", file], scratch, env, "pip install")
            with open(os.path.join(place, "ready"), "w", encoding="utf-8") as mark:
                mark.write(wanted)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


class _held:
    """A lock between processes, let go by the system when its holder dies."""

    def __init__(self, path: str) -> None:
        self._path = path

    def __enter__(self) -> None:
        self._file = open(self._path, "w")
        try:
            from fcntl import LOCK_EX, flock

            flock(self._file, LOCK_EX)
        except ImportError:
            pass  # Windows: the last one that builds wins

    def __exit__(self, *raised: "Any") -> None:
        self._file.close()
