"""``with tidegate.testing():`` for unit tests: a clean store, and no waiting between attempts."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

active: "list[testing]" = []


class testing:
    """Flows called inside run with an empty store of their own, which is removed at the end; delays are skipped.

    ``answers`` gives what is waited for: by the approval's text, the event's or flow's name, or the wait's key, and what `result("flow")` returns by "result flow". Two flows, or one called twice, share the store: what is cached stays so until the end of the block.
    """

    def __init__(self, answers: "dict[str, Any] | None" = None) -> None:
        self.answers = dict(answers or {})
        self.store = ""

    def __enter__(self) -> "testing":
        from tempfile import mkdtemp

        self.store = mkdtemp(prefix="tidegate-testing-")
        active.append(self)
        return self

    def __exit__(self, *problem: "Any") -> None:
        from shutil import rmtree

        active.remove(self)
        rmtree(self.store, ignore_errors=True)
