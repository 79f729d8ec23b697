"""What a run shows people: ``artifact.table``, ``markdown``, ``image``, ``metrics``.

Each call keeps one artifact, with the task that made it, and returns where: its id in a deployed run, the
file's path in a local one. Outside a flow they raise RuntimeError.
"""

from __future__ import annotations

from . import context
from .encoding import dumps, to_bytes, without_nan
from .rows import table_payload

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Mapping, Optional, Sequence, Union

    Number = Union[int, float]

__all__ = ["image", "markdown", "metrics", "table"]

BYTES = 50 * 1024 * 1024  # of one artifact


def table(data: "Any", columns: "Optional[Sequence[str]]" = None, name: str = "table") -> str:
    """Show rows and columns.

    Args:
        data: a list of dicts, dataclasses or named tuples; a list of rows, with ``columns``; a dict of
            columns; or a pandas or polars frame. At most 10,000 rows. Cells that are no JSON scalars
            become text; NaN becomes an empty cell.
        columns: the columns to show, in order; for rows, their names.
        name: what the page calls it.

    Raises:
        ValueError: for too many rows, or rows of unequal length.
        TypeError: for data of another kind.
    """
    return _keep("table", name, to_bytes(dumps(table_payload(data, columns))), "json", "application/json")


def markdown(text: str, name: str = "notes") -> str:
    """Show a text in Markdown. Raises TypeError for what is no text."""
    if not isinstance(text, str):
        raise TypeError(f"artifact.markdown takes text, not {type(text).__name__}")
    return _keep("markdown", name, to_bytes(text), "md", "text/markdown")


def metrics(values: "Optional[Mapping[str, Any]]" = None, step: "Optional[int]" = None, name: str = "metrics", **more: "Any") -> str:
    """Show numbers: ``artifact.metrics(accuracy=0.97)``, with ``step=`` one point of a series.

    Args:
        values: numbers by name; those in ``**more`` are added. A list instead of a number is a whole series:
            of values, which count from 0, or of (step, value) pairs. NaN is shown as missing.
        step: the step that the numbers belong to, such as an epoch; without it, calls with one name count 0, 1, 2.
        name: what the page calls it; several calls with one name are shown as one chart.

    Raises:
        TypeError: for a value that is no number.
        ValueError: if there is none at all.
    """
    given = {**(values or {}), **more}
    if not given:
        raise ValueError("artifact.metrics was given no numbers")
    if step is not None and (not isinstance(step, int) or isinstance(step, bool)):
        raise TypeError(f"step is a whole number, not {step!r}")
    numbers: "dict[str, Optional[Number]]" = {}
    series: "dict[str, list]" = {}
    for key, value in given.items():
        if isinstance(value, (list, tuple)) or getattr(value, "shape", ()) != ():
            series[str(key)] = _points(str(key), list(value))
            numbers[str(key)] = series[str(key)][-1][1] if value is not None and len(value) else None
        else:
            numbers[str(key)] = _number(str(key), value)
    payload: "dict[str, Any]" = {"metrics": numbers, "step": step}
    if series:
        payload["series"] = series
    return _keep("metrics", name, to_bytes(dumps(without_nan(payload))), "json", "application/json")


def _points(key: str, values: "list[Any]") -> "list[list[Any]]":
    points = []
    for index, value in enumerate(values):
        if isinstance(value, (list, tuple)) and len(value) == 2:
            points.append([_number(key, value[0]), _number(key, value[1])])
        else:
            points.append([index, _number(key, value)])
    return points


def _number(key: str, value: "Any") -> "Number":
    if hasattr(value, "item") and not isinstance(value, (int, float)):
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f'the metric "{key}" is {value!r} ({type(value).__name__}), no number')
    return value


def image(source: "Any", name: str = "image") -> str:
    """Show a picture.

    Args:
        source: a path; the bytes of a PNG, JPEG, GIF, WebP or SVG file; the text of an SVG; or a matplotlib
            figure or PIL image, which is saved as PNG. At most 50 MB.
        name: what the page calls it.

    Raises:
        ValueError: for bytes of another format, or too many.
        TypeError: for a source of another kind.
        OSError: if the file can't be read.
    """
    data = _image_bytes(source)
    extension, mime = _format(data)
    return _keep("image", name, data, extension, mime)


def _image_bytes(source: "Any") -> bytes:
    if isinstance(source, (bytes, bytearray, memoryview)):
        return bytes(source)
    if isinstance(source, str) and source.lstrip().startswith("<"):
        return to_bytes(source)
    if isinstance(source, str) or hasattr(source, "__fspath__"):
        with open(source, "rb") as file:
            return file.read()
    from io import BytesIO

    target = BytesIO()
    if hasattr(source, "savefig"):
        source.savefig(target, format="png")
    elif hasattr(getattr(source, "figure", None), "savefig"):
        source.figure.savefig(target, format="png")
    elif hasattr(source, "save") and hasattr(source, "size"):
        source.save(target, format="PNG")
    else:
        raise TypeError(f"artifact.image takes a path, the bytes of an image or a figure, not {type(source).__name__}")
    return target.getvalue()


def _format(data: bytes) -> "tuple[str, str]":
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png", "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpg", "image/jpeg"
    if data.startswith((b"GIF87a", b"GIF89a")):
        return "gif", "image/gif"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp", "image/webp"
    if data.lstrip()[:1] == b"<" and b"<svg" in data[:4096]:
        return "svg", "image/svg+xml"
    raise ValueError(f"artifact.image knows PNG, JPEG, GIF, WebP and SVG; these {len(data)} bytes, which begin with {data[:8]!r}, are none")


def _keep(kind: str, name: str, data: bytes, extension: str, mime: str) -> str:
    scope = context.here()
    if scope is None:
        raise RuntimeError(f"artifact.{kind} works inside a flow; here is no run that could keep it")
    if not isinstance(name, str) or not name.strip() or len(name) > 200:
        raise ValueError(f"an artifact's name is a text of 1 to 200 characters, not {name!r:.80}")
    if len(data) > BYTES:
        raise ValueError(f'the {kind} "{name}" has {len(data):,} bytes; an artifact has at most {BYTES:,}')
    record = {"id": _id(scope, kind, name), "kind": kind, "name": name, "task": scope.key, "mime": mime}
    return scope.run.recorder.artifact(record, data, extension)


def _id(scope: "context.Scope", kind: str, name: str) -> str:
    from .ids import artifact_id, uuid7

    run = scope.run
    if run.forked:  # siblings count alike
        return uuid7()
    return artifact_id(run.info["run"], scope.key, scope.attempt, kind, name, scope.occurrence(f"={kind} {name}"))
