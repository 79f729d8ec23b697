"""Short, bounded pictures of values, for the inputs and results that a run's page shows."""

from __future__ import annotations

from .encoding import to_bytes

LENGTH = 200  # characters
ITEMS = 6
DEPTH = 3

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BRACKETS: "dict[Any, tuple[str, str]]" = {list: ("[", "]"), tuple: ("(", ")"), set: ("{", "}"), frozenset: ("{", "}"), dict: ("{", "}")}


def short(value: object, limit: int = LENGTH) -> str:
    """A repr of at most about ``limit`` characters, without walking large values. Never raises."""
    try:
        text = _short(value, limit, DEPTH)
    except Exception as problem:
        text = f"<{type(value).__name__}: its repr raised {type(problem).__name__}>"
    return text if len(text) <= limit else text[: limit - 1] + "…"


def _short(value: "Any", limit: int, depth: int) -> str:
    kind = type(value)
    if kind is str:
        return repr(value) if len(value) <= limit else repr(value[:limit]) + f"… ({len(to_bytes(value[limit:]))} bytes more)"
    if kind is bytes or kind is bytearray:
        return repr(value) if len(value) <= limit else f"{value[: limit // 4]!r}… ({len(value)} bytes)"
    if kind in _BRACKETS:
        return _container(value, kind, limit, depth)
    if kind is int and value.bit_length() > 4 * limit:
        return f"<int of {value.bit_length()} bits>"
    shape = getattr(value, "shape", None)
    if type(shape) is tuple and shape:
        return f"{kind.__module__.partition('.')[0]}.{kind.__name__} {' × '.join(map(str, shape))}"
    return repr(value)


def _container(value: "Any", kind: type, limit: int, depth: int) -> str:
    opening, closing = _BRACKETS[kind]
    if not value:
        return repr(value)
    if depth == 0:
        return f"{opening}… {len(value)} items{closing}"
    parts: "list[str]" = []
    room = limit
    for item in value:
        if len(parts) == ITEMS or room <= 0:
            break
        part = _short(item, limit, depth - 1)
        if kind is dict:
            part += ": " + _short(value[item], limit, depth - 1)
        parts.append(part)
        room -= len(part)
    if len(parts) < len(value):
        parts.append(f"… {len(value)} items")
    elif kind is tuple and len(value) == 1:
        parts.append("")
    text = opening + ", ".join(parts).rstrip(" ") + closing
    return f"frozenset({text})" if kind is frozenset else text


def size_of(value: "Any") -> "int | None":
    """Bytes of the value where that is known at once (bytes, str, arrays), else None."""
    if isinstance(value, (bytes, bytearray)):
        return len(value)
    if isinstance(value, str):
        return len(to_bytes(value))
    if isinstance(value, (bool, int, float, list, tuple, dict, set)) or value is None:
        return None
    size = getattr(value, "nbytes", None)
    return size if type(size) is int else None
