"""What a type hint of a parameter means: one reading, shared by the schema and by the values that arrive."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

BASIC = {"str": str, "int": int, "float": float, "bool": bool, "list": list, "dict": dict, "object": object, "None": None}
SUPPORTED = "str, int, float, bool, date, datetime, list, dict, Optional, Literal, Enum, a dataclass, or unions of these"
ANYTHING: "Any" = object  # the hint of a parameter that has none


class HintError(TypeError):
    """A parameter's hint says something that a run's parameters can't be, or that can't be resolved."""


class Unknown(Exception):
    """The parser alone can't say what this is: the module has to be imported."""


def hints_of(owner: "Any") -> "dict[str, Any]":
    """The hints of a function or class, resolved, by name. Raises HintError for names that do not exist."""
    raw = getattr(owner, "__annotations__", {})
    simple = {name: BASIC.get(hint, hint) if isinstance(hint, str) else hint for name, hint in raw.items()}
    if not isinstance(owner, type) and all(hint is None or type(hint) is type for hint in simple.values()):
        return simple
    import typing

    try:
        return typing.get_type_hints(owner, include_extras=True)
    except Exception as problem:
        return _one_by_one(owner, raw, problem)


def _one_by_one(owner: "Any", raw: "dict[str, Any]", problem: Exception) -> "dict[str, Any]":
    """For what get_type_hints can't do: ``X | None`` in a string on Python 3.9."""
    import ast
    import builtins

    names = getattr(owner, "__globals__", None) or vars(sys.modules[owner.__module__])

    def lookup(dotted: str) -> "Any":
        first, *rest = dotted.split(".")
        if first not in names and not hasattr(builtins, first):
            raise Unknown(dotted)
        value = names[first] if first in names else getattr(builtins, first)
        for part in rest:
            value = getattr(value, part)
        return value

    found = {}
    for name, hint in raw.items():
        try:
            found[name] = evaluate(ast.parse(hint, mode="eval").body, lookup) if isinstance(hint, str) else hint
        except (Unknown, SyntaxError, AttributeError, TypeError):
            raise HintError(f'parameter "{name}": the hint {hint} can\'t be resolved ({problem})') from None
    return found


def evaluate(node: "Any", lookup: "Callable[[str], Any]") -> "Any":
    """The hint that an expression stands for, by a lookup of dotted names; runs nothing. Raises Unknown."""
    import ast
    import typing

    if isinstance(node, ast.Constant):
        if node.value is None:
            return None
        if isinstance(node.value, str):
            try:
                return evaluate(ast.parse(node.value, mode="eval").body, lookup)
            except SyntaxError:
                raise Unknown(node.value) from None
    if isinstance(node, (ast.Name, ast.Attribute)):
        return lookup(dotted_name(node))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return typing.Union[evaluate(node.left, lookup), evaluate(node.right, lookup)]
    if isinstance(node, ast.Subscript):
        base = evaluate(node.value, lookup)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if base is typing.Literal:
            return base[tuple(_constant(part) for part in parts)]
        if base is typing.Annotated:
            notes = [_constant(part) for part in parts[1:]]
            return base[tuple([evaluate(parts[0], lookup), *notes])]
        inner = tuple(evaluate(part, lookup) for part in parts)
        try:
            return base[inner if len(inner) > 1 else inner[0]]
        except TypeError:
            raise Unknown(ast.dump(node)) from None
    raise Unknown(ast.dump(node))


def _constant(node: "Any") -> "Any":
    import ast

    try:
        return ast.literal_eval(node)
    except ValueError:
        raise Unknown(ast.dump(node)) from None


def dotted_name(node: "Any") -> str:
    """``a.b.c`` of a name or attribute. Raises Unknown for anything else."""
    import ast

    parts: "list[str]" = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        raise Unknown(ast.dump(node))
    return ".".join([node.id, *reversed(parts)])


def read(hint: "Any") -> "tuple[str, Any]":
    """A hint as (kind, detail). Raises HintError for what parameters can't be.

    any None · null None · string, integer, number, boolean, date, date-time None · list item · dict value ·
    union [hints] · literal [values] · enum class · dataclass class · note (hint, text).
    """
    plain = {object: "any", None: "null", type(None): "null", str: "string", int: "integer", float: "number", bool: "boolean"}
    try:
        if hint in plain:
            return plain[hint], None
    except TypeError:
        pass  # a hint that can't be hashed is none of these
    if hint is list:
        return "list", ANYTHING
    if hint is dict:
        return "dict", ANYTHING
    typing = sys.modules.get("typing")
    if typing is not None and hint is typing.Any:  # a class from Python 3.11 on
        return "any", None
    if isinstance(hint, type) and getattr(hint, "__origin__", None) is None:
        return _read_class(hint)
    return _read_special(hint)


def _read_class(hint: type) -> "tuple[str, Any]":
    if hint.__module__ == "datetime" and hint.__name__ in ("date", "datetime"):
        return ("date" if hint.__name__ == "date" else "date-time"), None
    enum = sys.modules.get("enum")
    if enum is not None and issubclass(hint, enum.Enum):
        return "enum", hint
    if hasattr(hint, "__dataclass_fields__"):
        return "dataclass", hint
    raise HintError(f"{name_of(hint)} is no type that a parameter can have; use {SUPPORTED}")


def _read_special(hint: "Any") -> "tuple[str, Any]":
    import typing

    origin = getattr(hint, "__origin__", None)
    inner = getattr(hint, "__args__", ())
    inner = tuple(one for one in inner if not isinstance(one, typing.TypeVar))  # typing.List on 3.9 has a free variable
    if hasattr(hint, "__metadata__"):
        return "note", (origin, next((note for note in hint.__metadata__ if isinstance(note, str)), ""))
    if origin is typing.Union or type(hint).__name__ == "UnionType":
        return "union", list(inner)
    if origin is typing.Literal:
        for value in inner:
            if not (value is None or isinstance(value, (str, int, bool))) or hasattr(value, "__members__"):
                raise HintError(f"Literal[{value!r}] is no text, number, truth value or None")
        return "literal", list(inner)
    if origin is list:
        return "list", inner[0] if inner else ANYTHING
    if origin is dict:
        if inner and inner[0] is not str:
            raise HintError(f"{name_of(hint)}: the keys of a dict parameter are text, because they come as JSON")
        return "dict", inner[1] if inner else ANYTHING
    raise HintError(f"{name_of(hint)} is no type that a parameter can have; use {SUPPORTED}")


def name_of(hint: "Any") -> str:
    """How a message names a hint."""
    if isinstance(hint, type) and getattr(hint, "__origin__", None) is None:
        return hint.__qualname__ if hint.__module__ == "builtins" else f"{hint.__module__}.{hint.__qualname__}"
    return str(hint).replace("typing.", "")
