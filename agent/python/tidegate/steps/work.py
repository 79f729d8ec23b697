"""Work of ``python``, ``sql`` and ``notebook`` steps: in this process, or in one of an environment of their own, which is

    python work.py < job.json, the answer in the file that the job names
"""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, Dict

TYPE_CHECKING = False

if not TYPE_CHECKING and __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    __package__ = "tidegate.steps"

from ..encoding import dumps, loads
from .processes import StepFailed, run


def module(name: str, requirement: str, kind: str) -> "Any":
    """A package that is not Python's own. Raises StepFailed, which names the requirement to add."""
    try:
        return import_module(name)
    except ModuleNotFoundError as problem:
        if problem.name != name:
            raise
        raise StepFailed(f"{kind} steps need {requirement}, and this environment has none: add {requirement} to requirements in tidegate.yaml") from None


def inside(job: "Dict[str, Any]") -> "Any":
    """Do it here; its result."""
    if job["kind"] == "python":
        return _call(job)
    return _shown(_done(job))


def outside(job: "Dict[str, Any]", python: str) -> "Any":
    """Do it by another environment's Python; its result."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="tidegate-step-") as scratch:
        where = os.path.join(scratch, "job.json")
        with open(os.open(where, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            file.write(dumps(job))
        env = {name: one for name, one in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
        run([python, "-u", os.path.abspath(__file__), where], job["folder"], env, f"the {job['kind']} step")
        with open(where, encoding="utf-8") as file:
            return _shown(loads(file.read()))


def _done(job: "Dict[str, Any]") -> "Dict[str, Any]":
    if job["kind"] == "sql":
        from .database import fetch

        return fetch(job)
    if job["kind"] == "notebook":
        from .notebook import execute

        return execute(job)
    return {"result": _call(job)}


def _call(job: "Dict[str, Any]") -> "Any":
    place, _, name = job["does"].rpartition(":")
    if place.endswith(".py"):
        from ..execute import load_module

        if not os.path.isfile(os.path.join(job["folder"], *place.split("/"))):
            raise StepFailed(f"the project has no file {place}")
        found = getattr(load_module(job["folder"], place), name, None)
    else:
        found = getattr(import_module(place), name, None)
    if not callable(found):
        raise StepFailed(f"{place} has {'nothing' if found is None else 'no callable'} by the name {name}")
    return found(**job["with"])


def _shown(done: "Dict[str, Any]") -> "Any":
    """Keep what the work shows as artifacts of the step; its result. Raises StepFailed where it ended badly."""
    from base64 import b64decode

    from .. import artifact, log

    for line in done.get("lines", ()):
        log.info(line)
    for one in done.get("artifacts", ()):
        if one["kind"] == "table":
            artifact.table(one["rows"], columns=one["columns"])
        elif one["kind"] == "markdown":
            artifact.markdown(one["text"], one["name"])
        else:
            artifact.image(b64decode(one["data"]), one["name"])
    if done.get("failed"):
        raise StepFailed(done["failed"])
    return done["result"]


def _main(where: str) -> None:
    with open(where, encoding="utf-8") as file:
        job = loads(file.read())
    os.unlink(where)  # it may hold a database's password
    sys.path.insert(0, job["folder"])
    try:
        answer = dumps(_done(job))
    except StepFailed as problem:
        print(problem)
        sys.exit(1)
    except TypeError as problem:
        if "JSON" not in str(problem):
            raise
        print(f"a step in an environment of its own returns what JSON can say: {problem}")
        sys.exit(1)
    with open(where, "w", encoding="utf-8") as file:
        file.write(answer)


if __name__ == "__main__":
    _main(sys.argv[1])
