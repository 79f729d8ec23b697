"""JSON without importing :mod:`json`, which costs more than the rest of a start (it brings re and enum).

The C accelerator that json itself uses is called directly; where it is missing
(another Python implementation), json is used and only the start is slower.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

try:
    from _json import encode_basestring as _quote
    from _json import make_encoder as _make_encoder
    from _json import make_scanner as _make_scanner
except ImportError:
    _make_encoder = None  # type: ignore[assignment,misc]


def _refuse(value: object) -> Any:
    kind = type(value)
    raise TypeError(f"{kind.__module__}.{kind.__qualname__} is not JSON")


if _make_encoder is not None:

    class _Rules:
        strict = True
        object_hook = None
        object_pairs_hook = None
        parse_float = float
        parse_int = int
        parse_constant = None
        memo: dict = {}

    quote: "Callable[[str], str]" = _quote  # a text as JSON has it

    _scan = _make_scanner(_Rules())  # type: ignore[arg-type]

    def loads(text: str) -> Any:
        """The value of one JSON text. Raises ValueError if it is none."""
        text = text.strip(" \t\r\n")
        try:
            value, end = _scan(text, 0)
        except StopIteration:
            raise ValueError("not JSON: nothing that a value can begin with") from None
        except SystemError:  # CPython's scanner forgets to say so of an object that ends after its brace
            raise ValueError("not JSON: it ends too early") from None
        if end != len(text):
            raise ValueError(f"not JSON: more text after the value, at character {end}")
        return value

    def dumps(value: Any) -> str:
        """One JSON text on one line. Raises TypeError for other types, ValueError for NaN and cycles."""
        return "".join(_make_encoder({}, _refuse, _quote, None, ":", ",", False, False, False)(value, 0))

else:
    import json

    def quote(text: str) -> str:
        return json.dumps(text, ensure_ascii=False)

    def loads(text: str) -> Any:
        return json.loads(text)

    def dumps(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def to_bytes(text: str) -> bytes:
    """UTF-8; half surrogates, which Python has where a file name was no UTF-8, become a question mark."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")


def without_nan(value: Any) -> Any:
    """The value with every NaN and infinity as None: JSON has no word for them."""
    if isinstance(value, float):
        return value if value - value == 0 else None
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [without_nan(item) for item in value]
    return value
