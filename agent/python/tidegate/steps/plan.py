"""The plan in a project, and the flow that it is."""

from __future__ import annotations

import os
from datetime import date, datetime
from typing import Any, Dict, List

from ..encoding import loads
from ..flows import Flow
from ..schema import MISSING, Parameter
from ..values import typed_values

FILE = "tidegate.steps.json"
FORMAT = 1
_TYPES = {"string": str, "integer": int, "number": float, "boolean": bool}


class PlanError(Exception):
    """There is no plan, or one that this SDK can't read."""


def read(path: str) -> "Dict[str, Any]":
    """A plan. Raises PlanError."""
    try:
        with open(path, encoding="utf-8") as file:
            plan = loads(file.read())
    except FileNotFoundError:
        raise PlanError(f"there is no {path}, which tidegate deploy makes from the steps in tidegate.yaml") from None
    if plan.get("format") != FORMAT:
        raise PlanError(f"{os.path.basename(path)} has format {plan.get('format')}, and this SDK reads {FORMAT}: update the agent")
    return plan


class StepsFlow(Flow):
    """A flow whose body is the steps of a plan. It takes its parameters by the plan's schema."""

    def __init__(self, plan: "Dict[str, Any]", folder: str) -> None:
        from .body import Body

        def steps(**given: "Any") -> "Any":
            return Body(plan, folder, given).run()

        from ..options import policy

        asked = dict(plan.get("options", {}))
        asked.update({f"on_{on}": Hook(step, folder, self) for on, step in plan.get("hooks", {}).items()})
        super().__init__(steps, plan["flow"], policy("@flow", asked))
        self.parameters = parameters_of(plan["parameters"])

    def typed(self, given: "Dict[str, Any]") -> "Dict[str, Any]":
        """The given JSON values as the schema wants them, with defaults. Raises values.ParameterError."""
        return {**{one.name: one.default for one in self.parameters if one.default is not MISSING}, **typed_values(self.parameters, given)}


class Hook:
    """What is done after the end of a run of the steps."""

    def __init__(self, step: "Dict[str, Any]", folder: str, flow: StepsFlow) -> None:
        self.__name__ = self.__qualname__ = step["name"]
        self.__module__ = __name__
        self.__doc__ = None
        self._step = step
        self._folder = folder
        self._flow = flow

    def __call__(self, ended: "Any") -> "Any":
        from ..tasks import Task

        def do(ended: "Any") -> "Any":
            return self._do(ended)

        do.__name__ = do.__qualname__ = self.__name__
        return Task(do)(ended)

    def _do(self, ended: "Any") -> "Any":
        from .body import after

        defaults = {one.name: one.default for one in self._flow.parameters if one.default is not MISSING}
        return after(self._step, self._folder, {**defaults, **ended.parameters}, ended)


def load(folder: str, name: str) -> StepsFlow:
    """The flow of steps of a project. Raises PlanError."""
    plan = read(os.path.join(folder, FILE))
    if plan["flow"] != name:
        raise PlanError(f"tidegate.yaml has the flow {plan['flow']}, not {name}")
    return StepsFlow(plan, folder)


def parameters_of(schema: "Dict[str, Any]") -> "List[Parameter]":
    """The parameters that a schema of the plan describes, with the hints that the SDK checks by."""
    return [Parameter(name, _hint(one), one.get("default", MISSING)) for name, one in schema["properties"].items()]


def _hint(schema: "Dict[str, Any]") -> "Any":
    if "enum" in schema:
        from typing import Literal

        return Literal[tuple(schema["enum"])]
    kind = schema.get("type")
    if kind == "array":
        return List[_hint(schema.get("items", {}))]  # type: ignore[misc]
    if kind == "object":
        return Dict[str, Any]
    if "format" in schema:
        return {"date": date, "date-time": datetime}[schema["format"]]
    return _TYPES.get(kind or "", Any)


def plain(found: "Any") -> "Any":
    """A typed parameter as expressions see it: dates as text."""
    if isinstance(found, list):
        return [plain(item) for item in found]
    return found.isoformat() if isinstance(found, (date, datetime)) else found
