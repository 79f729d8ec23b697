"""How the store keeps what JSON does not say: arrays and tables in their libraries' own formats where those are here, all else pickled."""

from __future__ import annotations

from importlib import import_module

from .kept import NotStorable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .store import Store


def encoded(store: "Store", value: "Any") -> "tuple[str, bytes]":
    """The codec's name and the bytes. Raises NotStorable, StoreError."""
    kind = f"{type(value).__module__.partition('.')[0]}.{type(value).__qualname__}"
    if kind == "numpy.ndarray" and not value.dtype.hasobject:
        import io

        buffer = io.BytesIO()
        import_module("numpy").save(buffer, value, allow_pickle=False)
        return "npy", buffer.getvalue()
    if kind in ("pandas.DataFrame", "pyarrow.Table"):
        data = _parquet(value, kind)
        if data is not None:
            return f"parquet:{kind}", data
    return "pickle", _pickled(store, value)


def decoded(store: "Store", codec: str, data: bytes) -> "Any":
    """The value again. Raises StoreError, or what the library raises."""
    if codec == "pickle":
        return _unpickled(store, data)
    import io

    if codec == "npy":
        return import_module("numpy").load(io.BytesIO(data), allow_pickle=False)
    if codec.startswith("parquet:"):
        return _table(codec[8:], data)
    from .store import StoreError

    raise StoreError(f"it was kept as {codec}, which this Tidegate can't read")


def _parquet(value: "Any", kind: str) -> "bytes | None":
    """As Parquet, where pyarrow is here and gives the same back; else None."""
    try:
        import io

        parquet = import_module("pyarrow.parquet")
        buffer = io.BytesIO()
        if kind == "pyarrow.Table":
            parquet.write_table(value, buffer)
        else:
            value.to_parquet(buffer, engine="pyarrow")
        return buffer.getvalue() if _table(kind, buffer.getvalue()).equals(value) else None
    except Exception:
        return None


def _table(kind: str, data: bytes) -> "Any":
    import io

    if kind == "pyarrow.Table":
        return import_module("pyarrow.parquet").read_table(io.BytesIO(data))
    return import_module("pandas").read_parquet(io.BytesIO(data), engine="pyarrow")


_pickler: "Any" = None
_reading = None  # threading.local: the store that files are taken from while a value is read


def _pickled(store: "Store", value: "Any") -> bytes:
    """Files in it go to the store by themselves."""
    import io

    buffer = io.BytesIO()
    try:
        pickler = _pickler_class()(buffer, protocol=4)
        pickler.store = store
        pickler.dump(value)
    except NotStorable:
        raise
    except Exception as problem:
        from .store import StoreError

        if isinstance(problem, StoreError):
            raise
        raise NotStorable(f"pickle says: {problem}") from None
    return buffer.getvalue()


def _pickler_class() -> "Any":
    global _pickler
    if _pickler is None:
        import pickle

        from .encoding import dumps

        class Pickler(pickle.Pickler):
            store: "Any" = None

            def reducer_override(self, part: "Any") -> "Any":
                # Asked only of what is no plain container or scalar, so that these stay as fast as they are.
                return (_file_again, (dumps(part._keep(self.store)),)) if hasattr(type(part), "_is_tidegate_file") else NotImplemented

        _pickler = Pickler
    return _pickler


def _unpickled(store: "Store", data: bytes) -> "Any":
    import pickle
    from threading import local

    global _reading
    if _reading is None:
        _reading = local()
    _reading.store = store
    return pickle.loads(data)


def _file_again(kept: str) -> "Any":
    from .encoding import loads
    from .files import restored

    return restored(_reading.store, loads(kept))  # type: ignore[union-attr]
