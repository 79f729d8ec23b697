"""The exception that a cancel raises."""

from __future__ import annotations


class Cancelled(BaseException):
    """The run was asked to stop.

    Raised in the main thread, wherever it is, so that ``finally`` blocks and
    context managers run. It is no ``Exception``: ``except Exception`` lets it pass.
    """
