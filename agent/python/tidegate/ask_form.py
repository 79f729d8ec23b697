"""A form asked field by field in the terminal, by its JSON Schema."""

from __future__ import annotations

from .encoding import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

_YES, _NO = ("true", "yes", "y", "on"), ("false", "no", "n", "off")


def hint_of(form: dict) -> str:
    """``{"region": string, "share": number (0.1)}``: what a form asks for, its defaults in brackets."""
    default = [f" ({dumps(one['default'])})" if "default" in one else "" for one in form["properties"].values()]
    named = [f"{dumps(name)}: {_kind(one)}" for name, one in form["properties"].items()]
    return "{" + ", ".join(name + more for name, more in zip(named, default)) + "}"


def filled_in(form: dict, ask: "Callable[[str], str]", tell: "Callable[[str], None]") -> "dict[str, Any]":
    """Each field in its turn, until it has what fits; one that may be left out is left out by an empty line."""
    found: "dict[str, Any]" = {}
    for name, one in form["properties"].items():
        optional = "default" in one or name not in form.get("required", ())
        more = f", or nothing for {dumps(one['default'])}" if "default" in one else ", or nothing" if optional else ""
        while True:
            text = ask(f"  {name} ({_kind(one)}{more}): ")
            if optional and not text.strip():
                break
            try:
                found[name] = _read(one, text)
                break
            except ValueError:
                tell(f"  {name} takes {_kind(one)}, not {text.strip() or 'nothing'}")
    return found


def _kind(schema: dict) -> str:
    if "enum" in schema:
        return " | ".join(dumps(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " | ".join(_kind(one) for one in schema["anyOf"])
    return str(schema.get("format") or schema.get("type") or "anything")


def _read(schema: dict, text: str) -> "Any":
    """The value that a person typed. Raises ValueError for what is none of that kind."""
    if "enum" in schema:
        for one in schema["enum"]:
            if text.strip() in (one, dumps(one)):
                return one
        raise ValueError
    if "anyOf" in schema:
        # Text takes everything, so it comes last.
        for one in sorted(schema["anyOf"], key=lambda one: one.get("type") == "string"):
            try:
                return _read(one, text)
            except ValueError:
                pass
        raise ValueError
    kind = schema.get("type")
    word = text.strip()
    if kind == "string" and word:
        return text
    if kind == "boolean" and word.lower() in _YES + _NO:
        return word.lower() in _YES
    if kind in ("string", "boolean"):
        raise ValueError
    try:
        value = loads(word)
    except ValueError:
        if kind is None and word:
            return text
        raise
    fits = {"integer": int, "number": (int, float), "array": list, "object": dict, "null": type(None)}.get(str(kind), object)
    if not isinstance(value, fits) or (isinstance(value, bool) and kind is not None):
        raise ValueError
    return value
