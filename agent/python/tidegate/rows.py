"""Tables of many kinds as columns and rows of JSON scalars."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional, Sequence

ROWS = 10_000
CELL = 1_000  # characters of a cell's text


def table_payload(data: "Any", columns: "Optional[Sequence[str]]" = None) -> dict:
    """``{"columns": […], "rows": [[…]]}``. Raises ValueError, TypeError: see artifact.table."""
    names, rows = _frame(data, columns)
    if len(rows) > ROWS:
        raise ValueError(f"the table has {len(rows):,} rows, and an artifact shows at most {ROWS:,}: pass a part of them, such as rows[:{ROWS}]")
    for number, row in enumerate(rows):
        if len(row) != len(names):
            raise ValueError(f"row {number} of the table has {len(row)} cells, but there are {len(names)} columns: {', '.join(names)[:200]}")
    return {"columns": names, "rows": [[_cell(value) for value in row] for row in rows]}


def _frame(data: "Any", columns: "Optional[Sequence[str]]") -> "tuple[list[str], list[list[Any]]]":
    if isinstance(data, dict):
        lengths = {len(values) for values in data.values() if isinstance(values, (list, tuple)) or hasattr(values, "__len__")}
        if len(lengths) > 1:
            raise ValueError("the columns of the table have unequal lengths: " + ", ".join(f"{key} {len(data[key])}" for key in data))
        keys = list(data) if columns is None else list(columns)
        return [str(key) for key in keys], [list(row) for row in zip(*[list(data[key]) for key in keys])]
    if hasattr(data, "columns") and (hasattr(data, "itertuples") or hasattr(data, "iter_rows")):
        if columns is not None:
            data = data[list(columns)]
        _few(len(data))  # before each row of a large frame is made a list
        rows = data.itertuples(index=False, name=None) if hasattr(data, "itertuples") else data.iter_rows()
        return [str(name) for name in data.columns], [list(row) for row in rows]
    if hasattr(data, "tolist") and hasattr(data, "shape"):
        _few(data.shape[0] if data.shape else 0)
        data = data.tolist()
    if isinstance(data, (str, bytes)) or not hasattr(data, "__iter__"):
        raise TypeError(f"artifact.table takes rows, columns or a frame, not {type(data).__name__}")
    return _from_rows(list(data), columns)


def _few(count: int) -> None:
    if count > ROWS:
        raise ValueError(f"the table has {count:,} rows, and an artifact shows at most {ROWS:,}: pass a part of them")


def _from_rows(rows: "list[Any]", columns: "Optional[Sequence[str]]") -> "tuple[list[str], list[list[Any]]]":
    rows = [_as_dict(row) for row in rows]
    if rows and all(isinstance(row, dict) for row in rows):
        keys = list(dict.fromkeys(key for row in rows for key in row)) if columns is None else list(columns)
        return [str(key) for key in keys], [[row.get(key) for key in keys] for row in rows]
    lists = []
    for number, row in enumerate(rows):
        if isinstance(row, (str, bytes, dict)) or not hasattr(row, "__iter__"):
            raise TypeError(f"row {number} of the table is a {type(row).__name__}, where the rows are lists or all of them dicts")
        lists.append(list(row))
    if columns is None:
        columns = [str(number + 1) for number in range(len(lists[0]) if lists else 0)]
    return [str(name) for name in columns], lists


def _as_dict(row: "Any") -> "Any":
    if hasattr(type(row), "__dataclass_fields__"):
        return {name: getattr(row, name) for name in type(row).__dataclass_fields__}
    if isinstance(row, tuple) and hasattr(row, "_fields"):
        return dict(zip(row._fields, row))
    return row


def _cell(value: "Any") -> "Any":
    if value is None or isinstance(value, bool):
        return value
    if hasattr(type(value), "__members__"):
        return value.name
    if hasattr(value, "item") and getattr(value, "shape", None) == ():
        value = value.item()
    if isinstance(value, (int, float)):
        return value if value - value == 0 else None
    if not isinstance(value, str):
        if value != value:  # pandas' NaT
            return None
        value = value.isoformat() if hasattr(value, "isoformat") else str(value)
    return value if len(value) <= CELL else value[: CELL - 1] + "…"
