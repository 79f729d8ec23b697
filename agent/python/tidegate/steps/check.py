"""``python -m tidegate.steps.check FOLDER``: what is wrong with the functions that steps name, for the command line, before a deploy.

Reads ``[{"file", "function", "with": [names]}, …]`` from stdin, and answers ``[null | {"argument": name or "", "problem"}, …]``.
Nothing is imported: where the parser can't tell, nothing is said.
"""

from __future__ import annotations

import ast
import os
import sys
from difflib import get_close_matches
from typing import Any, Dict, List

from ..encoding import dumps, loads
from ..source import Source, _statements

FUNCTION = ""  # no argument is wrong, but the function itself


def check(root: str, call: "Dict[str, Any]") -> "Dict[str, str] | None":
    """What is wrong with one call; None where nothing is, or where only an import can tell."""
    path, name = call["file"], call["function"]
    file = os.path.join(root, *path.split("/"))
    with open(file, "rb") as opened:
        text = opened.read()
    try:
        tree = ast.parse(text, file)
        source = Source(path, text, file)
    except SyntaxError as problem:
        return _about(FUNCTION, f"{path}:{problem.lineno}: {problem.msg}")
    bound = _bound(tree)
    if bound is None:
        return None
    if name not in bound:
        near = get_close_matches(name, bound, 1)
        return _about(FUNCTION, f"{path} has nothing by the name {name}" + (f"; did you mean {near[0]}?" if near else ""))
    node = source.functions.get(name)
    # A second definition, or a decorator that is not ours, may take other arguments.
    if node is None or bound[name] > 1 or any(source.decorates(one) not in ("task", "flow") for one in node.decorator_list):
        return None
    return _arguments(node, call["with"])


def _bound(tree: "ast.Module") -> "Dict[str, int] | None":
    """How often each name is bound at the top level; None where the file may have names that no parser sees."""
    found: "Dict[str, int]" = {}

    def bind(name: str) -> None:
        found[name] = found.get(name, 0) + 1

    for node in _statements(tree.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            bind(node.name)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            for alias in node.names:
                if alias.name == "*":
                    return None
                bind(alias.asname or alias.name.split(".")[0])
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.For, ast.AsyncFor, ast.With, ast.AsyncWith)):
            targets = getattr(node, "targets", None) or [getattr(node, "target", None), *(item.optional_vars for item in getattr(node, "items", []))]
            for part in [part for target in targets if target is not None for part in ast.walk(target)]:
                if isinstance(part, ast.Name):
                    bind(part.id)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            words = {part.id for part in ast.walk(node.value) if isinstance(part, ast.Name)}
            if words & {"globals", "vars", "setattr", "exec"}:
                return None
        elif type(node).__name__ == "Match":
            return None
    return None if "__getattr__" in found else found


def _arguments(node: "Any", given: "List[str]") -> "Dict[str, str] | None":
    arguments = node.args
    named = [one.arg for one in (*arguments.args, *arguments.kwonlyargs)]
    all_places = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    optional = set(all_places[len(all_places) - len(arguments.defaults) :] if arguments.defaults else [])
    optional.update(one.arg for one, default in zip(arguments.kwonlyargs, arguments.kw_defaults) if default is not None)
    if not arguments.kwarg:
        for name in given:
            if name not in named:
                near = get_close_matches(name, named, 1)
                hint = f"; did you mean {near[0]}?" if near else f" (it takes: {', '.join(named) or 'nothing'})"
                return _about(name, f"{node.name} takes no argument {name}{hint}")
    missing = [name for name in (*all_places, *(one.arg for one in arguments.kwonlyargs)) if name not in given and name not in optional]
    return _about(FUNCTION, f"{node.name} needs {', '.join(missing)}: give it under with") if missing else None


def _about(about: str, problem: str) -> "Dict[str, str]":
    return {"argument": about, "problem": problem}


if __name__ == "__main__":
    print(dumps([check(sys.argv[1], call) for call in loads(sys.stdin.read())]))
