"""Parameters on their way in (JSON to what the hints say) and values on their way out (to JSON)."""

from __future__ import annotations

from .encoding import dumps, without_nan
from .hints import HintError, name_of, read
from .schema import MISSING, Parameter, fields_of, parameters_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_NOUNS = {
    "null": "null",
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "true or false",
    "date": "a date as in 2026-01-31",
    "date-time": "a date and time as in 2026-01-31T12:00:00Z",
    "list": "a list",
    "dict": "an object",
}


class ParameterError(ValueError):
    """Parameters that do not fit the flow: which, what was expected, what was given. One line each."""


def typed_arguments(fn: "Callable[..., Any]", given: "dict[str, Any]") -> "dict[str, Any]":
    """The given JSON values as the function's hints want them, by name. Raises ParameterError, HintError."""
    return _typed(parameters_of(fn), given, "", "parameter")


def typed_values(parameters: "list[Parameter]", given: "dict[str, Any]") -> "dict[str, Any]":
    """As ``typed_arguments``, for parameters that no function declares."""
    return _typed(parameters, given, "", "parameter")


def checked_arguments(fn: "Callable[..., Any]", args: tuple, kwargs: "dict[str, Any]") -> "tuple[tuple, dict[str, Any]]":
    """The arguments of a call in Python as the hints want them: what has its type already is taken as it is, what an
    agent would convert is converted. Raises ParameterError. Missing and unknown ones are left to the call itself,
    and what could not be deployed (``*args``, a hint that no parameter can have) is not checked.
    """
    try:
        hints = {parameter.name: parameter.hint for parameter in parameters_of(fn)}
    except (HintError, AttributeError):  # AttributeError: a callable that is no Python function
        return args, kwargs
    problems: "list[str]" = []

    def take(name: str, value: "Any") -> "Any":
        try:
            return typed(value, hints[name], name, True) if name in hints else value
        except HintError:
            return value
        except ParameterError as problem:
            problems.append(str(problem))

    names = fn.__code__.co_varnames[: fn.__code__.co_argcount]
    taken = tuple([take(name, value) for name, value in zip(names, args)]) + args[len(names) :]
    named = {name: take(name, value) for name, value in kwargs.items()}
    if problems:
        raise ParameterError("\n".join(problems))
    return taken, named


def _typed(parameters: "list[Parameter]", given: "dict[str, Any]", prefix: str, noun: str, local: bool = False) -> "dict[str, Any]":
    known = {parameter.name: parameter for parameter in parameters}
    problems = [_unknown(f"{prefix}{name}", str(name), list(known), noun) for name in given if name not in known]
    found = {}
    for name, parameter in known.items():
        if name in given:
            try:
                found[name] = typed(given[name], parameter.hint, prefix + name, local)
            except ParameterError as problem:
                problems.append(str(problem))
        elif parameter.default is MISSING:
            problems.append(f'parameter "{prefix}{name}": expected {expected(parameter.hint)}, but it was not given and has no default')
    if problems:
        raise ParameterError("\n".join(problems))
    return found


def _unknown(path: str, name: str, known: "list[str]", noun: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, known, 1)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    if not known:
        return f'parameter "{path}": unknown; the {noun} has none'
    return f'parameter "{path}": unknown{hint} (known: {", ".join(known)})'


def expected(hint: "Any") -> str:
    """What a hint asks for, in words."""
    kind, detail = read(hint)
    if kind == "union":
        return " or ".join(expected(one) for one in detail)
    if kind == "literal":
        return "one of " + ", ".join(dumps(value) for value in detail)
    if kind == "enum":
        return "one of " + ", ".join(dumps(member.name) for member in detail)
    if kind == "note":
        return expected(detail[0])
    if kind == "dataclass":
        return f"an object with the fields of {detail.__name__}"
    return _NOUNS.get(kind, "any value")


def _got(value: "Any") -> str:
    try:
        text = repr(value) if isinstance(value, float) else dumps(without_nan(value))
    except (TypeError, RecursionError):  # of a call in Python, which may give anything
        from .preview import short

        return f"{short(value, 60)} (of type {name_of(type(value))})"
    text = text if len(text) <= 60 else text[:59] + "…"
    if value is None:
        return "null"
    if isinstance(value, bool):
        return f"{text} (a boolean)"
    nouns = ((str, "a string"), (int, "an integer"), (float, "a number"), ((list, tuple), "a list"), (dict, "an object"))
    return f"{text} ({next(noun for kind, noun in nouns if isinstance(value, kind))})"


def typed(value: "Any", hint: "Any", path: str, local: bool = False) -> "Any":
    """One JSON value as a hint wants it; ``local``: one of a call in Python, which may have its type already.

    Raises ParameterError, which gives the path.
    """
    kind, detail = read(hint)
    if kind == "any":
        return value
    if kind == "note":
        return typed(value, detail[0], path, local)
    if kind == "union":
        return _first(value, detail, path, local)
    given = value
    if local:
        if _has_type(value, kind, detail):
            return value
        value = _as_json(value)
    if kind == "list" and isinstance(value, list):
        items = [typed(item, detail, f"{path}[{index}]", local) for index, item in enumerate(value)]
        return given if local and given is value and _same(items, value) else items
    if kind == "dict" and isinstance(value, dict):
        found = {key: typed(item, detail, f"{path}.{key}", local) for key, item in value.items()}
        return given if local and _same(found.values(), value.values()) else found
    if kind == "dataclass" and isinstance(value, dict):
        return detail(**_typed(fields_of(detail), value, path + ".", detail.__name__, local))
    found = _scalar(value, kind, detail)
    if found is MISSING:
        raise ParameterError(f'parameter "{path}": expected {expected(hint)}, got {_got(value)}')
    return found


def _has_type(value: "Any", kind: str, detail: "Any") -> bool:
    if kind in ("enum", "dataclass"):
        return isinstance(value, detail)
    if kind in ("date", "date-time"):
        import datetime

        # A datetime is a date to Python, but never what an agent gives for one.
        return isinstance(value, datetime.datetime) if kind == "date-time" else isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return kind == "number" and isinstance(value, float)


def _as_json(value: "Any") -> "Any":
    """A tuple as the list, and an array's scalar as the number, that JSON would make of it."""
    if isinstance(value, tuple):
        return list(value)
    return value.item() if getattr(value, "shape", None) == () and hasattr(value, "item") else value


def _same(some: "Any", others: "Any") -> bool:
    return all(one is other for one, other in zip(some, others))


def _first(value: "Any", hints: "list[Any]", path: str, local: bool) -> "Any":
    problems = []
    for hint in hints:
        try:
            return typed(value, hint, path, local)
        except ParameterError as problem:
            problems.append((hint, problem))
    deeper = [problem for hint, problem in problems if not str(problem).startswith(f'parameter "{path}": expected')]
    if deeper:  # the value has the right shape, and something inside it is wrong: say what
        raise deeper[0]
    words = " or ".join(expected(hint) for hint in hints)
    raise ParameterError(f'parameter "{path}": expected {words}, got {_got(value)}')


def _scalar(value: "Any", kind: str, detail: "Any") -> "Any":
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if kind == "null":
        return None if value is None else MISSING
    if kind == "boolean":
        return value if isinstance(value, bool) else MISSING
    if kind == "integer":
        return int(value) if number and (isinstance(value, int) or value.is_integer()) else MISSING
    if kind == "number":
        return float(value) if number else MISSING
    if kind == "literal":
        return next((one for one in detail if one == value and type(one) is type(value)), MISSING)
    if not isinstance(value, str):
        return MISSING
    if kind == "string":
        return value
    if kind == "enum":
        return detail.__members__.get(value, MISSING)
    return _moment(value, kind) if kind in ("date", "date-time") else MISSING


def _moment(text: str, kind: str) -> "Any":
    from datetime import date

    try:
        if kind == "date-time":
            return parse_datetime(text)
        return date.fromisoformat(text) if len(text) == 10 else MISSING
    except ValueError:
        return MISSING


def parse_datetime(text: str) -> "Any":
    """RFC 3339 also where Python (before 3.11) knows neither "Z" nor every length of fraction. Raises ValueError."""
    from datetime import datetime

    if text[-1:] in "zZ" and text:
        text = text[:-1] + "+00:00"
    head, dot, tail = text.partition(".")
    if dot:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = f"{head}.{digits[:6].ljust(6, '0')}{tail[len(digits):]}"
    return datetime.fromisoformat(text)


def to_json(value: "Any") -> "Any":
    """A value as JSON has it: dates as text, Enum members by name, dataclasses as objects, array scalars as numbers.

    NaN and infinity become None. Raises TypeError for what has no such form.
    """
    if value is None or isinstance(value, (bool, str)):
        return getattr(value, "name", value) if hasattr(type(value), "__members__") else value
    if hasattr(type(value), "__members__"):
        return value.name
    if isinstance(value, (int, float)):
        return without_nan(value)
    if isinstance(value, dict):
        return {_key(key): to_json(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if hasattr(type(value), "__dataclass_fields__"):
        return {name: to_json(getattr(value, name)) for name in type(value).__dataclass_fields__}
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if getattr(value, "shape", None) == () and hasattr(value, "item"):
        return to_json(value.item())
    raise TypeError(f"{name_of(type(value))} is not JSON")


def _key(key: "Any") -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, (int, float, bool)) or key is None:
        return dumps(key).strip('"')
    raise TypeError(f"a key of type {name_of(type(key))} is not JSON")
