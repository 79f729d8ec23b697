"""Queries of ``sql`` steps."""

from __future__ import annotations

import os
from typing import Any, Dict

from .values import text, value

ROWS = 100_000  # of a result
SHOWN = 10_000  # of the table


def query(given: "Any", folder: str, names: "Dict[str, Any]") -> "Dict[str, Any]":
    """The statement and its parameters: values of templates are bound, never part of the text."""
    if isinstance(given, str) and given.endswith(".sql") and "\n" not in given and " " not in given:
        from .processes import StepFailed

        try:
            with open(os.path.join(folder, *given.split("/")), encoding="utf-8") as file:
                return {"statement": _escaped(file.read()), "bound": {}}
        except FileNotFoundError:
            raise StepFailed(f"the project has no file {given}") from None
    bound: "Dict[str, Any]" = {}
    parts = []
    for part in given["$"] if isinstance(given, dict) else [given]:
        if isinstance(part, str):
            parts.append(_escaped(part))
            continue
        found = value(part, names)
        name = f"v{len(bound)}"
        bound[name] = text(found) if isinstance(found, (list, dict)) else found
        parts.append(f":{name}")
    return {"statement": "".join(parts), "bound": bound}


def _escaped(part: str) -> str:
    """Text in which no colon names a parameter."""
    return part.replace(":", "\\:")


def fetch(job: "Dict[str, Any]") -> "Dict[str, Any]":
    """Do the statement in a transaction; rows as dicts and as a table, or how many rows it changed."""
    from .work import module

    from .processes import StepFailed

    sql = module("sqlalchemy", "sqlalchemy", "sql")
    try:
        engine = sql.create_engine(job["url"])
    except ImportError as problem:
        raise StepFailed(f"the database's driver is missing: {problem}. Add it to requirements") from None
    except Exception as problem:  # whose text may hold the password
        raise StepFailed(f"the secret is no URL of a database such as postgresql+psycopg://user:password@host/name ({type(problem).__name__})") from None
    try:
        with engine.begin() as connection:
            answer = connection.execute(sql.text(job["statement"]), job["bound"])
            if not answer.returns_rows:
                return {"result": max(answer.rowcount, 0), "lines": [f"{max(answer.rowcount, 0)} rows changed"]}
            columns = list(answer.keys())
            found = answer.fetchmany(ROWS + 1)
    except sql.exc.SQLAlchemyError as problem:
        raise StepFailed(f"the query failed: {str(getattr(problem, 'orig', None) or problem)[:4000]}") from None
    finally:
        engine.dispose()
    if len(found) > ROWS:
        raise StepFailed(f"the query gives more than {ROWS} rows: aggregate in it, or let it write a table")
    rows = [[_plain(cell) for cell in row] for row in found]
    lines = [f"{len(rows)} rows" + (f"; the table shows the first {SHOWN}" if len(rows) > SHOWN else "")]
    shown = {"kind": "table", "columns": columns, "rows": rows[:SHOWN]}
    return {"result": [dict(zip(columns, row)) for row in rows], "lines": lines, "artifacts": [shown]}


def _plain(cell: "Any") -> "Any":
    if cell is None or isinstance(cell, (str, bool, int, float)):
        return cell
    if isinstance(cell, (bytes, memoryview)):
        return f"<{len(bytes(cell))} bytes>"
    return cell.isoformat() if hasattr(cell, "isoformat") else str(cell)
