"""Steps that are other flows: runs of their own, asked for by the flow's body, which alone can wait for them without holding a slot."""

from __future__ import annotations

from typing import Any, Dict, List

from ..children import Child
from ..children import Children as Asked
from ..children import _ask
from .values import filled

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .body import Body


class Children:
    """The runs that steps asked for and that have not ended, by step."""

    def __init__(self, body: "Body") -> None:
        self.open: "Dict[str, List[Child]]" = {}
        self._body = body
        self._steps: "Dict[str, Dict[str, Any]]" = {}

    def begin(self, step: "Dict[str, Any]") -> None:
        """Ask for a step's run, or for one for each combination."""
        name = step["name"]
        asked = []
        for place, matrix in enumerate(step["matrix"] or [{}]):
            given = filled(step["with"], {**self._body.names, "matrix": matrix})
            key = name if step["matrix"] is None else f"{name}[{place}]"
            asked.append(_ask(step["does"], given, step["pool"], None, False, key, self._body.keys_of(step)))
        self.open[name] = self._body.futures[name] = asked
        self._steps[name] = step

    def look(self) -> bool:
        """Whether a step's runs have ended. When no task is under way it waits for the first step's, and the process may end meanwhile."""
        ended = [name for name, runs in self.open.items() if all([run.done() for run in runs])]
        if not ended and not self._body.is_busy():
            first = next(iter(self.open))
            Asked(self.open[first]).results("return")
            ended = [first]
        for name in ended:
            results = Asked(self.open.pop(name)).results("return")
            problem = next((one for one in results if isinstance(one, Exception)), None)
            self._body.end(self._steps[name], results, problem)
        return bool(ended)
