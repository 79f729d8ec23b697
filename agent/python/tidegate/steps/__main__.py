"""``python -m tidegate.steps FOLDER PLAN [PARAMETERS [--fast] [--refresh] [--resume[=RUN]]]``: steps done here and now, told on the terminal.

The command line starts it, ``tidegate run FOLDER --local``, with the plan that it made of the folder's tidegate.yaml.
"""

from __future__ import annotations

import os
import sys
from typing import Any, List

from ..encoding import dumps, loads
from ..flows import Flow
from ..local import run_here
from ..values import ParameterError
from .body import Body
from .plan import PlanError, StepsFlow, read


def main(arguments: "List[str]") -> int:
    """The command line; returns the exit code."""
    if len(arguments) < 2:
        print(__doc__, file=sys.stderr)
        return 2
    folder = os.path.abspath(arguments[0])
    try:
        plan = read(os.path.abspath(arguments[1]))
        flow = StepsFlow(plan, folder)
        said = loads(arguments[2]) if len(arguments) > 2 else {}
        given = flow.typed(said)
    except (PlanError, ParameterError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 2
    os.chdir(folder)
    sys.argv[0] = os.path.join(folder, "tidegate.yaml")
    sys.path.insert(0, folder)

    bodies: "List[Body]" = []

    def steps() -> "Any":
        bodies.append(Body(plan, folder, given))
        return bodies[-1].run()

    try:
        result = run_here(Flow(steps, plan["flow"], flow.policy), (), {}, said)
    except KeyboardInterrupt:
        return 130
    except Exception as problem:
        if all(problem is not body.failure for body in bodies):  # that of a step was told with it
            print(f"{type(problem).__qualname__}: {problem}", file=sys.stderr)
        return 1
    if result is not None:
        print(result if isinstance(result, str) else dumps(result))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
