"""Failures as a person wants them: the plain traceback of the user's code, without the SDK's frames."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
MESSAGE = 8192  # characters kept of a message
TRACEBACK = 32768  # characters kept of a traceback
FRAMES = 50


def _is_ours(frame: "Any") -> bool:
    file: str = frame.f_code.co_filename
    return file.startswith(_HERE) or file.startswith("<frozen ")


def strip(exc: BaseException, ours: "Any" = _is_ours) -> BaseException:
    """Take the SDK's frames out of the tracebacks of an exception and of all that it came from."""
    seen: "set[int]" = set()
    todo: "list[BaseException | None]" = [exc]
    while todo:
        one = todo.pop()
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        one.__traceback__ = _without(one.__traceback__, ours)
        todo += [one.__cause__, one.__context__, *getattr(one, "exceptions", ())]
    return exc


def _without(trace: "TracebackType | None", ours: "Any") -> "TracebackType | None":
    kept = []
    while trace is not None:
        if not ours(trace.tb_frame):
            kept.append(trace)
        trace = trace.tb_next
    for one, following in zip(kept, [*kept[1:], None]):
        one.tb_next = following
    return kept[0] if kept else None


def note(exc: BaseException, text: str) -> None:
    """Say something more of an exception, below its message in every traceback; as ``add_note`` does from Python 3.11 on."""
    try:
        notes = getattr(exc, "__notes__", None) or []
        if text not in notes:
            exc.__notes__ = [*notes, text]  # type: ignore[attr-defined]
    except Exception:
        pass  # one that takes no more attributes


def noted(exc: BaseException) -> str:
    """The notes, where Python's own printer does not know them yet."""
    return "" if sys.version_info >= (3, 11) else "".join(f"{line}\n" for line in getattr(exc, "__notes__", ()))


def cut(text: str, limit: int) -> str:
    """The text, or its two ends with a mark that says how much is missing."""
    if len(text) <= limit:
        return text
    half = limit // 2
    missing = len(text[half:-half].encode("utf-8", "replace"))
    return f"{text[:half]}… ({missing} bytes more)\n{text[-half:]}"


def describe(exc: BaseException, project: str) -> dict:
    """The ``error`` of the run directory: type, module, message, traceback and frames (``own``: in the project)."""
    import traceback

    strip(exc)
    try:
        message = str(exc)
    except Exception as problem:
        message = f"<its message raised {type(problem).__name__}>"
    try:
        text = "".join(traceback.format_exception(type(exc), exc, exc.__traceback__)) + noted(exc)
    except Exception:  # a __str__ or a source file that breaks the printer must not hide the failure
        text = f"{type(exc).__name__}: {message}\n"
    frames = [_frame(summary, project) for summary in traceback.extract_tb(exc.__traceback__)]
    if isinstance(exc, SyntaxError) and exc.filename and exc.lineno:
        frames.append(_place(exc.filename, exc.lineno, "<module>", (exc.text or "").strip(), project))
    if len(frames) > FRAMES:
        frames = frames[:10] + frames[10 - FRAMES :]
    kind = type(exc)
    return {
        "type": kind.__qualname__,
        "module": kind.__module__,
        "message": cut(message, MESSAGE),
        "traceback": cut(text, TRACEBACK),
        "frames": frames,
    }


def _frame(summary: "Any", project: str) -> dict:
    return _place(summary.filename, summary.lineno or 0, summary.name, summary.line or "", project)


def _place(file: str, line: int, function: str, code: str, project: str) -> dict:
    inside = file.startswith(project + os.sep) and "site-packages" not in file
    shown = os.path.relpath(file, project).replace(os.sep, "/") if inside else file
    return {"file": shown[:500], "line": line, "function": function[:200], "code": code[:300], "own": inside}


def shrink(line: dict, limit: int) -> dict:
    """A record that was too large, with its long texts cut until it fits. Its states and keys stay whole."""
    line = dict(line)
    if "inputs" in line:
        line["inputs"] = {name[:100]: text[:100] for name, text in list(line["inputs"].items())[:50]}
    if line.get("preview"):
        line["preview"] = line["preview"][:500]
    if len(line.get("parents", ())) > 200:
        line["parents"] = line["parents"][:200]
    error: "Any" = line.get("error")
    if error:
        room = limit // 24  # a character takes at most six bytes, and there are four long parts
        error = dict(error, message=cut(error["message"], room), traceback=cut(error["traceback"], room))
        error["frames"] = [dict(frame, code=frame["code"][:80], file=frame["file"][-120:]) for frame in error["frames"][-20:]]
        line["error"] = error
    return line
