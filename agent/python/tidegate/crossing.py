"""Values between a run and one of its tasks that another process does: JSON as it is, others as the store keeps them."""

from __future__ import annotations

from .kept import restored, stored
from .store import Store, StoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LIMIT = 192 * 1024  # bytes that ride along, sealed; larger ones stay in the store
_MARK = "$stored"


def packed(store: Store, value: "Any") -> "Any":
    """The value as JSON. Raises kept.NotStorable, StoreError."""
    if value is None or type(value) in (bool, int):
        return value
    kept, _ = stored(store, value)
    kept = dict(kept)
    if kept["codec"] == "json" and kept["size"] <= LIMIT and not (type(value) is dict and _MARK in value):
        return value
    if kept["codec"] not in ("file", "dir") and "object" in kept and kept["size"] <= LIMIT * 3 // 4:
        from binascii import b2a_base64

        kept["data"] = value if kept["codec"] == "json" else b2a_base64(store.get_object(kept.pop("object")), newline=False).decode()
        kept.pop("object", None)
    if "data" not in kept:
        kept["store"] = store.id
    return {_MARK: kept}


def unpacked(store: Store, value: "Any", whose: str) -> "Any":
    """What was packed. Raises StoreError, which names both stores where the value lies in another."""
    if type(value) is not dict or set(value) != {_MARK}:
        return value
    kept = value[_MARK]
    if kept.get("store", store.id) != store.id:
        raise StoreError(
            f"{whose} (a {kept['type']} of {kept['size']} bytes) lies in store {kept['store']}, and this agent reaches {store.id}: "
            f"pass on less than {LIMIT // 1024} KiB, or let the folder \"store\" in the home of both agents be one shared folder"
        )
    return restored(store, kept)

