"""Asking a person: the question, the form, and what the answer has to be."""

from __future__ import annotations

from .waits import Wait, _done, _limit, _scope

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import timedelta
    from typing import Any


class Approval:
    """What a person answered. True where it was approved.

    Attributes:
        approved: whether it was
        form: what the form was filled with; None without one
        by: who answered; None where that is not known
    """

    def __init__(self, approved: bool, form: "Any", by: "str | None") -> None:
        self.approved = approved
        self.form = form
        self.by = by

    def __bool__(self) -> bool:
        return self.approved

    def __repr__(self) -> str:
        return f"<{'approved' if self.approved else 'declined'} by {self.by or 'somebody'}>"


def asking(text: str, form: "Any" = None, *, timeout: "float | timedelta | None" = None, key: "str | None" = None) -> Wait:
    """The wait of ``approval``."""
    if not isinstance(text, str) or not text.strip():
        raise TypeError(f"approval takes the question as text, not {text!r}")
    schema = form
    if isinstance(form, type):
        from .schema import schema_of

        schema = schema_of(form)
    elif form is not None and not isinstance(form, dict):
        raise TypeError(f"approval(form=…) takes a JSON Schema as a dict, or a dataclass, not {form!r}")
    wait = Wait(_scope("approval"), "approval", "approval", key, _limit("approval", timeout), prompt={"text": text, "form": schema})
    wait.fits = lambda value: _filled(wait.key, form, value)
    return wait


def approval(text: str, form: "Any" = None, *, timeout: "float | timedelta | None" = None, key: "str | None" = None) -> Approval:
    """Ask a person: ``if approval("Ship it?"):``. Answered on the run's page, by the command line, or here in a local run.

    Args:
        text: the question
        form: what to fill in: a JSON Schema, or a dataclass, whose instance is then ``.form`` of the answer
        timeout: seconds, or a timedelta, after which it is given up

    Raises:
        TimedOut: when nobody answered in time.
        ParameterError: for an answer that does not fit the dataclass.
    """
    wait = asking(text, form, timeout=timeout, key=key)
    return answered(wait, form, _done(wait))


def answered(wait: Wait, form: "Any", value: "Any") -> Approval:
    """What a person said to a question. Raises ParameterError."""
    approved, filled = _filled(wait.key, form, value)
    return Approval(approved, filled, (wait.answer or {}).get("by"))


def _filled(key: str, form: "Any", value: "Any") -> "tuple[bool, Any]":
    """Whether it was approved, and the form. Raises ParameterError where that is not what was asked for: page and command line check it, other programs may not."""
    approved, filled = True, value
    if isinstance(value, bool):
        approved, filled = value, None
    elif isinstance(value, dict) and isinstance(value.get("approved"), bool):
        approved, filled = value["approved"], value.get("form")
    if not approved or form is None:
        return approved, filled
    from .values import ParameterError, typed

    if isinstance(form, type):
        return approved, typed(filled, form, "form")
    if form.get("type") == "object":
        missing = [name for name in form.get("required") or () if not isinstance(filled, dict) or name not in filled]
        if missing or not isinstance(filled, (dict, type(None))):
            raise ParameterError(f"{key} was answered without {', '.join(missing) or 'the form'}, which it asks for: relaunch the run, and it asks again")
    return approved, filled
