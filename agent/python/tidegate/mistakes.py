"""What a future answers where its value was meant: a TypeError that says which call is missing."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class NotItsValue:
    """The operators, conversions and attributes of values, each refused. Equality, hash and truth stay an object's own."""

    key: str
    state: str

    def _mistake(self) -> str:
        name = self.key.rpartition("/")[2].replace("#0", "")
        return f"this is the future of {name}, not its value: call .result() on it, or .results() on what map() returned"

    def __repr__(self) -> str:
        return f"<future {self.key} {self.state}>"

    def __str__(self) -> str:
        return f"<future {self.key} {self.state}: its value is .result()>"

    def __format__(self, spec: str) -> str:
        if spec:
            raise TypeError(self._mistake())
        return str(self)

    def __bool__(self) -> bool:
        return True

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name.startswith("_"):  # what copy, numpy and others ask of any object
                raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
            raise AttributeError(f"no attribute '{name}': {self._mistake()}")


def _refuse(self: NotItsValue, *others: object) -> "Any":
    raise TypeError(self._mistake())


_NUMBERS = "add sub mul matmul truediv floordiv mod divmod pow lshift rshift and or xor".split()
_OTHERS = "lt le gt ge neg pos abs invert int float complex index round len iter getitem setitem delitem contains".split()
for _name in [*_NUMBERS, *["r" + name for name in _NUMBERS], *_OTHERS]:
    setattr(NotItsValue, f"__{_name}__", _refuse)
