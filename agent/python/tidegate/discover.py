"""Finding the Python files of a project that can hold flows, without reading more than needed."""

from __future__ import annotations

import os

SKIPPED = frozenset({"__pycache__", "node_modules", "venv", "env", "site-packages", "build", "dist"})


def python_files(root: str) -> "list[str]":
    """Relative paths, with forward slashes, in order. Skips hidden folders, environments and caches."""
    found: "list[str]" = []
    _walk(root, "", found)
    return sorted(found)


def _walk(folder: str, prefix: str, found: "list[str]") -> None:
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if name.startswith("."):
                continue
            if entry.is_dir(follow_symlinks=False):
                if name not in SKIPPED and not os.path.exists(os.path.join(entry.path, "pyvenv.cfg")):
                    _walk(entry.path, f"{prefix}{name}/", found)
            elif name.endswith(".py") and entry.is_file():
                found.append(prefix + name)


def with_tidegate(root: str, paths: "list[str]") -> "dict[str, bytes]":
    """The contents of those files that mention tidegate at all, by path."""
    found = {}
    for path in paths:
        if path.endswith(".py"):
            with open(os.path.join(root, *path.split("/")), "rb") as file:
                text = file.read()
            if b"tidegate" in text:
                found[path] = text
    return found
