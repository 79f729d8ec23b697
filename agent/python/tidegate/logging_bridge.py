"""Records of :mod:`logging` become log records, from the moment that anything imports it.

Importing it here would cost every start eight milliseconds, so its import is waited for.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .streams import Streams


def watch(streams: "Streams") -> None:
    """Bridge logging now if it is there already, else as soon as it has been imported."""
    if "logging" in sys.modules:
        bridge(sys.modules["logging"], streams)
    else:
        sys.meta_path.insert(0, _Finder(streams))


class _Finder:
    """Steps aside after it has seen the one import that it waits for."""

    def __init__(self, streams: "Streams") -> None:
        self.streams = streams

    def find_spec(self, name: str, path: "Any" = None, target: "Any" = None) -> "Any":
        if name != "logging":
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for finder in list(sys.meta_path):
            spec = finder.find_spec(name, path, target)
            if spec is not None:
                execute = spec.loader.exec_module  # type: ignore[union-attr]

                def exec_module(module: "Any") -> None:
                    execute(module)
                    if hasattr(module, "Handler"):  # a file of the project may have that name
                        bridge(module, self.streams)

                spec.loader.exec_module = exec_module  # type: ignore[union-attr,method-assign]
                return spec
        return None


def bridge(logging: "Any", streams: "Streams") -> None:
    """Put a handler on the root logger, and keep it there when the program calls ``basicConfig``."""
    from .context import here

    ours = (streams.out, streams.err)

    def prints_already(record: "Any") -> bool:
        """Whether a handler of the program's own writes this record to a stream that is recorded anyway."""
        logger = logging.getLogger(record.name)
        while logger is not None:
            for other in logger.handlers:
                if getattr(other, "stream", None) in ours and record.levelno >= other.level:
                    return True
            logger = logger.parent if logger.propagate else None
        return False

    class Handler(logging.Handler):  # type: ignore[misc]
        def emit(self, record: "Any") -> None:
            try:
                if not prints_already(record):
                    number = record.levelno
                    level = "error" if number >= 40 else "warn" if number >= 30 else "info" if number >= 20 else "debug"
                    streams.record(level, self.format(record), here())
            except Exception:
                self.handleError(record)

    handler = Handler()
    logging.root.addHandler(handler)
    configure = logging.basicConfig

    def basic_config(**options: "Any") -> None:
        """As logging.basicConfig; its output to a recorded stream is left to the record with its level."""
        logging.root.removeHandler(handler)
        try:
            configure(**options)
        finally:
            for other in list(logging.root.handlers):
                if getattr(other, "stream", None) in ours:
                    logging.root.removeHandler(other)
            logging.root.addHandler(handler)

    logging.basicConfig = basic_config
