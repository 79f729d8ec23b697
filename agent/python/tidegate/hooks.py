"""What is done after a run's end: ``on_success``, ``on_failure``, ``on_cancel``. They never change how it ended."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .flows import Flow


class Ended:
    """The run that ended, as a hook that takes an argument is given it.

    Attributes:
        run: its id
        flow: its flow's name
        state: succeeded, failed or cancelled
        error: what it failed with, as text; None if it did not
        parameters: what it was given
    """

    def __init__(self, run: "str | None", flow: str, state: str, error: "str | None", parameters: dict) -> None:
        self.run = run
        self.flow = flow
        self.state = state
        self.error = error
        self.parameters = parameters

    def __repr__(self) -> str:
        return f"<run {self.run} of {self.flow}: {self.state}>"


def as_flow(flow: "Flow[..., Any]", on: str, ended: Ended) -> "Flow[..., Any]":
    """The hooks of a flow for one kind of end, as a flow: each is called, and then the first failure raised."""
    from .flows import Flow

    hooks = [] if flow.policy is None else flow.policy.hooks.get(on, [])

    def after() -> None:
        failures = []
        for hook in hooks:
            try:
                code = getattr(hook, "__code__", None)
                found = hook(ended) if code is None or code.co_argcount else hook()
                if hasattr(found, "__await__"):
                    import asyncio

                    asyncio.run(found)
            except Exception as problem:
                failures.append(problem)
        if failures:
            raise failures[0]

    return Flow(after, flow.name)
