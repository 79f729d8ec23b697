"""Secrets by name, from where the flow runs: the agent's settings, or in a local run the environment or a file."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Dict, Optional

FILE = "secrets.json"
_given: "Optional[Dict[str, dict]]" = None  # what the agent gave to this process; None in a local run


class SecretError(LookupError):
    """There is no such secret here, or it can't be had now."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


def secret(name: str) -> str:
    """The value of a secret; raises SecretError, which says where to set it.

    On an agent it comes from the agent's settings (``tidegate agent secret set NAME`` on its machine), else from
    those of its pool or workspace (``tidegate secret set NAME``, or the page Variables), and its value is hidden in logs, errors and results. In a local run it comes from the environment variable
    TIDEGATE_SECRET_NAME, or from the file .tidegate/secrets with a line NAME=value.
    """
    if _given is None:
        return _local(name)
    found = _given.get(name)
    if found is None:
        raise SecretError(
            f"this agent has no secret {name!r} for this flow{_near(name, _given)}. "
            f"Set it on the agent's machine: tidegate agent secret set {name}, or for every agent of the workspace: tidegate secret set {name}"
        )
    if "value" not in found:
        raise SecretError(f"secret {name!r} could not be had: {found.get('problem')}. tidegate agent secret list, on the agent's machine, says where it comes from")
    return found["value"]


def take(run_dir: str) -> None:
    """Read what the agent left for this process, and remove it, before a line of the flow runs."""
    global _given
    from .encoding import loads

    path = os.path.join(run_dir, FILE)
    _given = {}
    try:
        with open(path, encoding="utf-8") as file:
            _given = loads(file.read())
        os.unlink(path)
    except FileNotFoundError:
        pass


def _local(name: str) -> str:
    variable = f"TIDEGATE_SECRET_{name}"
    value = os.environ.get(variable)
    if value:
        return value
    path = nearest("secrets")
    known = _read(path) if os.path.isfile(path) else {}
    if name in known:
        return known[name]
    raise SecretError(
        f"there is no secret {name!r} in this local run{_near(name, known)}. "
        f"Set the environment variable {variable}, or put a line {name}=value into {path}"
    )


def nearest(name: str) -> str:
    """The file .tidegate/NAME in the working folder or the nearest above it; where there is none, where it would be."""
    folder = os.getcwd()
    while True:
        path = os.path.join(folder, ".tidegate", name)
        if os.path.isfile(path):
            return path
        if os.path.dirname(folder) == folder:
            return os.path.join(".tidegate", name)
        folder = os.path.dirname(folder)


def _read(path: str) -> "Dict[str, str]":
    found = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            name, equals, value = (part.strip() for part in line.partition("="))
            if name.startswith("#") or not line.strip():
                continue
            if not equals or not name:
                # The line itself may be a secret.
                raise ValueError(f"{path}, line {number}: it is no NAME=value, nor a comment that begins with #")
            found[name] = value
    return found


def _near(name: str, known: "Dict[str, object]") -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), 1)
    return f" (did you mean {near[0]!r}?)" if near else ""
