"""What the expressions and templates of a plan come to. They are trees already: here nothing is parsed, and nothing can be called."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, Callable, Dict, List


class ExpressionError(ValueError):
    """An expression that has no value: a name that is missing, or values that can't be compared."""


def value(tree: "List[Any]", names: "Dict[str, Any]") -> "Any":
    """The value of a tree. Raises ExpressionError."""
    kind = tree[0]
    if kind == "value":
        return tree[1]
    if kind == "list":
        return [value(item, names) for item in tree[1:]]
    if kind == "get":
        return _get(tree[1:], names)
    if kind == "not":
        return not value(tree[1], names)
    if kind == "and":
        return value(tree[1], names) and value(tree[2], names)
    if kind == "or":
        return value(tree[1], names) or value(tree[2], names)
    if kind == "move":
        return _moved(value(tree[1], names), tree[2])
    return _compare(kind, value(tree[1], names), value(tree[2], names))


def _get(path: "List[Any]", names: "Dict[str, Any]") -> "Any":
    found: "Any" = names
    for place, part in enumerate(path):
        try:
            if isinstance(found, dict):
                found = found[part]
            elif isinstance(found, (list, tuple)) and isinstance(part, int):
                found = found[part]
            elif callable(getattr(found, "asked", None)):
                found = found.asked(part)
            else:
                raise KeyError(part)
        except (KeyError, IndexError):
            told = ".".join(str(one) for one in path[:place]) or "the run"
            kind = "" if isinstance(found, (dict, list)) else f", which is {_type(found)}"
            raise ExpressionError(f"{told} has no {part!r}{kind}") from None
    return found


def _moved(date: "Any", seconds: float) -> "Any":
    moved = datetime.fromisoformat(date) + timedelta(seconds=seconds)
    return moved.date().isoformat() if len(date) == 10 else moved.isoformat()


_COMPARE: "Dict[str, Callable[[Any, Any], Any]]" = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
    "in": lambda a, b: a in b,
    "not in": lambda a, b: a not in b,
}


def _compare(sign: str, left: "Any", right: "Any") -> "Any":
    try:
        return _COMPARE[sign](left, right)
    except TypeError:
        raise ExpressionError(f"{_type(left)} {sign} {_type(right)} says nothing: these can't be compared") from None


def _type(found: "Any") -> str:
    names = {str: "text", bool: "true or false", int: "a number", float: "a number", type(None): "null", list: "a list", dict: "an object"}
    return names.get(type(found), type(found).__name__)


def text(found: "Any") -> str:
    """A value in a text: text as it is, the rest as JSON."""
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False, default=str)


def filled(data: "Any", names: "Dict[str, Any]", encode: "Callable[[str], str]" = lambda part: part) -> "Any":
    """Data of the plan with its templates filled in. One that is the whole text keeps its value's type; ``encode`` is for values inside texts."""
    if isinstance(data, list):
        return [filled(item, names, encode) for item in data]
    if not isinstance(data, dict):
        return data
    parts = data.get("$")
    if parts is None:
        return {key: filled(item, names, encode) for key, item in data.items()}
    if len(parts) == 1:
        return value(parts[0], names)
    return "".join(part if isinstance(part, str) else encode(text(value(part, names))) for part in parts)
