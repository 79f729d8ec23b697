"""The JSON Schema of a flow's parameters, from its names, hints, defaults and docstring."""

from __future__ import annotations

from .docstrings import descriptions
from .hints import ANYTHING, HintError, hints_of, read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

MISSING: "Any" = type("Missing", (), {"__repr__": lambda self: "no default"})()


class Parameter:
    """One parameter: its name, its hint (ANYTHING if it has none), its default (MISSING if it has none)."""

    __slots__ = ("default", "hint", "name")

    def __init__(self, name: str, hint: "Any", default: "Any") -> None:
        self.name = name
        self.hint = hint
        self.default = default


def parameters_of(fn: "Callable[..., Any]") -> "list[Parameter]":
    """The parameters of a function. Raises HintError for ``*args``, ``**kwargs`` and hints that can't be resolved."""
    code = fn.__code__
    if code.co_flags & 0x0C:  # inspect.CO_VARARGS, CO_VARKEYWORDS
        raise HintError(f"{fn.__name__} takes *args or **kwargs, but a run's parameters have names: name them")
    hints = hints_of(fn)
    positional = code.co_varnames[: code.co_argcount]
    defaults = dict(zip(reversed(positional), reversed(fn.__defaults__ or ())))
    defaults.update(fn.__kwdefaults__ or {})
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return [Parameter(name, hints.get(name, ANYTHING), defaults.get(name, MISSING)) for name in names]


def parameters_schema(parameters: "list[Parameter]", doc: "str | None") -> dict:
    """The JSON Schema (an object, nothing additional) of a flow's parameters. Raises HintError, which names the parameter."""
    return _object(parameters, descriptions(doc), (), 'parameter "{}": {}')


def _object(parameters: "list[Parameter]", texts: "dict[str, str]", outer: tuple, frame: str) -> dict:
    properties = {}
    for parameter in parameters:
        try:
            schema = schema_of(parameter.hint, outer)
        except HintError as problem:
            raise HintError(frame.format(parameter.name, problem)) from None
        if parameter.name in texts:
            schema["description"] = texts[parameter.name]
        if parameter.default is not MISSING:
            from .values import to_json

            try:
                schema["default"] = to_json(parameter.default)
            except TypeError:
                pass  # a default that JSON can't say is still one: the parameter is not required
        properties[parameter.name] = schema
    required = [parameter.name for parameter in parameters if parameter.default is MISSING]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def schema_of(hint: "Any", outer: tuple = ()) -> dict:
    """The JSON Schema of one hint; ``outer`` are the dataclasses around it. Raises HintError."""
    kind, detail = read(hint)
    if kind == "any":
        return {}
    if kind in ("null", "string", "integer", "number", "boolean"):
        return {"type": kind}
    if kind in ("date", "date-time"):
        return {"type": "string", "format": kind}
    if kind == "list":
        items = schema_of(detail, outer)
        return {"type": "array", "items": items} if items else {"type": "array"}
    if kind == "dict":
        values = schema_of(detail, outer)
        return {"type": "object", "additionalProperties": values} if values else {"type": "object"}
    if kind == "union":
        return {"anyOf": [schema_of(one, outer) for one in detail]}
    if kind == "literal":
        return {"enum": detail}
    if kind == "note":
        schema = schema_of(detail[0], outer)
        return {**schema, "description": detail[1]} if detail[1] else schema
    name = f"{detail.__module__}.{detail.__qualname__}"
    if kind == "enum":
        return {"type": "string", "enum": [member.name for member in detail], "x-python": name}
    if detail in outer:
        raise HintError(f"the dataclass {name} contains itself")
    # A dataclass without a docstring is given its signature as one.
    doc = None if (detail.__doc__ or "").startswith(detail.__name__ + "(") else detail.__doc__
    schema = _object(fields_of(detail), descriptions(doc), (*outer, detail), "field {}: {}")
    return {**schema, "title": detail.__name__, "x-python": name}


def fields_of(cls: type) -> "list[Parameter]":
    """The fields that a dataclass takes when it is made, as parameters."""
    import dataclasses

    # A class made from source has its hints resolved, and no module to resolve them in.
    static = "_tidegate_static" in vars(cls)
    hints = {field.name: field.type for field in dataclasses.fields(cls)} if static else hints_of(cls)
    found = []
    for field in dataclasses.fields(cls):
        if field.init:
            default = field.default
            if default is dataclasses.MISSING:
                default = MISSING if field.default_factory is dataclasses.MISSING else field.default_factory()
            found.append(Parameter(field.name, hints.get(field.name, ANYTHING), default))
    return found
