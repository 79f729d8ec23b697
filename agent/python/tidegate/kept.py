"""Values as the store keeps them: JSON where that says all, else pickle. And digests of values and of code."""

from __future__ import annotations

from _hashlib import openssl_sha256
from io import BytesIO

from .encoding import dumps, loads, to_bytes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .store import Store

try:
    from _pickle import Pickler
except ImportError:
    from pickle import Pickler  # type: ignore[assignment]

_ITEMS = 1000  # of a value that is looked through for JSON


class NotStorable(Exception):
    """A value that can't be kept, and why."""


def sha(data: bytes) -> str:
    return str(openssl_sha256(data).hexdigest())


def _plain(value: "Any", room: "list[int]") -> bool:
    """Whether JSON gives back exactly this value."""
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return True
    if kind is float:
        return value - value == 0.0
    room[0] -= len(value) if kind in (list, dict) else 0
    if room[0] < 0:
        return False
    if kind is list:
        return all(_plain(item, room) for item in value)
    return kind is dict and all(type(key) is str and _plain(item, room) for key, item in value.items())


def stored(store: "Store", value: "Any") -> "tuple[dict, str]":
    """The ``<value>`` of a checkpoint, and its digest. Raises NotStorable, StoreError."""
    from .store import LARGE

    if hasattr(type(value), "_is_tidegate_file"):
        return value._keep(store), value.digest
    codec, data = "pickle", b""
    try:
        if _plain(value, [_ITEMS]):
            codec, data = "json", dumps(value).encode()
    except (ValueError, RecursionError):  # half surrogates, more digits than Python turns into text
        codec = "pickle"
    if codec == "pickle":
        from .codecs import encoded

        codec, data = encoded(store, value)
    kind = type(value)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    found: "dict[str, Any]" = {"codec": codec, "size": len(data), "type": name}
    if len(data) >= LARGE:
        found["object"] = digest = store.put_object(data)
        return found, digest
    if codec == "json":
        found["data"] = value
    else:
        from binascii import b2a_base64

        found["data"] = b2a_base64(data, newline=False).decode()
    return found, sha(data)


def restored(store: "Store", found: dict) -> "Any":
    """The value again. Raises StoreError, or what unpickling raises."""
    codec = found["codec"]
    if codec in ("file", "dir"):
        from .files import restored as file_of

        return file_of(store, found)
    if "object" in found:
        data = store.get_object(found["object"])
        if codec == "json":
            return loads(data.decode())
    elif codec == "json":
        return found["data"]
    else:
        from binascii import a2b_base64

        data = a2b_base64(found["data"])
    from .codecs import decoded

    return decoded(store, codec, data)


def digest_of(value: "Any") -> "str | None":
    """A digest of a value's content; None for what has none, such as a connection."""
    kind = type(value)
    if value is None or kind in (bool, int, float, str):
        return f"{kind.__name__}:{value!r}" if kind is not str or len(value) <= 100 else "str:" + sha(to_bytes(value))
    if hasattr(kind, "_is_tidegate_file"):  # where it lies makes no other input of it
        return f"file:{value.digest}"
    if kind in (set, frozenset):
        parts = [digest_of(item) for item in value]
        return None if None in parts else sha(to_bytes(f"{kind.__name__}:{sorted(str(part) for part in parts)}"))
    file = BytesIO()
    pickler = Pickler(file, 4)
    pickler.fast = True  # the same object twice is digested as two equal ones are
    try:
        pickler.dump(value)
    except Exception:
        return None
    return sha(file.getvalue())


_sources: "dict[str, dict[int, str]]" = {}


def code_digest(fn: "Any") -> str:
    """A digest of a function's source without its decorators, or of its bytecode where there is no source."""
    fn = getattr(fn, "__func__", fn)
    code = getattr(fn, "__code__", None)
    if code is None:
        return sha(to_bytes(f"{type(fn).__module__}.{type(fn).__qualname__}"))
    if code.co_filename not in _sources:
        _sources[code.co_filename] = _functions(code.co_filename)
    text = _sources[code.co_filename].get(code.co_firstlineno)
    return sha(to_bytes(text)) if text is not None and code.co_name != "<lambda>" else sha(_bytecode(code))


def _functions(file: str) -> "dict[int, str]":
    """The functions of a file by the line that their code begins at: its first decorator's."""
    found: "dict[int, str]" = {}
    try:
        with open(file, encoding="utf-8") as source:
            text = source.read()
        todo: "list[Any]" = [compile(text, file, "exec", 0x400, True)]  # ast.PyCF_ONLY_AST, without importing ast
    except (OSError, ValueError, SyntaxError):
        return found
    lines = text.split("\n")
    while todo:
        node = todo.pop()
        if type(node).__name__ in ("FunctionDef", "AsyncFunctionDef"):
            first = min([node.lineno, *[one.lineno for one in node.decorator_list]])
            body = [line[node.col_offset :].rstrip() for line in lines[node.lineno - 1 : node.end_lineno]]
            found[first] = "\n".join(line for line in body if line)
        for name in ("body", "orelse", "finalbody", "handlers"):
            inner = getattr(node, name, ())
            todo += inner if isinstance(inner, list) else ()
    return found


def _bytecode(code: "Any") -> bytes:
    parts = [code.co_code, repr(code.co_names).encode()]
    parts += [_bytecode(one) if hasattr(one, "co_code") else repr(one).encode("utf-8", "replace") for one in code.co_consts]
    return b"\0".join(parts)
