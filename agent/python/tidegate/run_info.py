"""What a flow may know of the run that it is in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone

from . import context
from .values import parse_datetime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Optional


@dataclass(frozen=True)
class RunInfo:
    """The run that the calling code is part of.

    Attributes:
        id: the run's UUID; of a local run, a new one each time
        flow: the flow's name
        version: the number of the deployed version; None in a local run
        attempt: 1, and one more for each retry
        execution: 1, and one more each time that an agent took the run up
        logical_date: the instant that the run stands for, in UTC
        url: the run's page; None where there is none
        is_local: whether it was started as a plain Python program
    """

    id: str
    flow: str
    version: "Optional[int]"
    attempt: int
    execution: int
    logical_date: datetime
    url: "Optional[str]"
    is_local: bool


def current_run() -> RunInfo:
    """The run that the calling code is part of. Raises RuntimeError outside a flow."""
    scope = context.here()
    if scope is None:
        raise RuntimeError("current_run() works inside a flow; here is no run")
    info = scope.run.info
    when = info.get("logicalDate")
    return RunInfo(
        id=info["run"],
        flow=info["flow"],
        version=info.get("version"),
        attempt=info.get("attempt", 1),
        execution=info.get("execution", 1),
        logical_date=parse_datetime(when).astimezone(timezone.utc) if when else datetime.now(timezone.utc),
        url=info.get("url"),
        is_local="version" not in info,
    )
