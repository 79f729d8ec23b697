"""``python -m tidegate.here FOLDER ENTRY PARAMETERS [--fast] [--refresh] [--resume[=RUN]]``: a flow of a project done here and now, told on the terminal.

The command line starts it, ``tidegate run FILE.py --local``, with the Python of the environment that an agent would build.
"""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(given: "list[str]") -> int:
    """The command line; returns the exit code."""
    from .encoding import dumps, loads
    from .execute import EntryError, arguments, load
    from .local import run_here
    from .values import ParameterError, to_json

    if len(given) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    folder, entry = os.path.abspath(given[0]), given[1]
    os.chdir(folder)
    sys.path[:] = [folder, *[one for one in sys.path if one not in ("", folder)]]
    sys.argv[:] = [os.path.join(folder, entry.rpartition(":")[0]), *given[3:]]
    try:
        flow = load(folder, entry)
        said = loads(given[2])
        kwargs = arguments(flow, said)
    except (EntryError, ParameterError) as problem:
        print(problem, file=sys.stderr)
        return 2
    try:
        value: "Any" = run_here(flow, (), kwargs, said)
        if flow.is_async:
            import asyncio

            value = asyncio.run(value)
    except KeyboardInterrupt:
        return 130
    if value is not None:
        try:
            print(value if isinstance(value, str) else dumps(to_json(value)))
        except (TypeError, ValueError):
            print(value)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
