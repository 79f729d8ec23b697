"""Variables and connections by name, from where the flow runs: what the agent left in the run directory, or in a local run the environment or a file."""

from __future__ import annotations

import os
import re
from urllib.parse import parse_qsl, quote, unquote

from .secrets import _near, _read, nearest, secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Dict, Optional, Tuple

FILE = "variables.json"
_given: "Optional[Dict[str, Dict[str, dict]]]" = None  # what the agent gave to this process; None in a local run
_NONE = object()
_URL = (
    r"(?P<scheme>[A-Za-z][\w+.-]*)://(?:(?P<user>[^/?#:]*)(?::(?P<password>[^/?#]*))?@)?(?P<host>\[[^\]/?#]*\]|[^/?#:]*)"
    r"(?::(?P<port>[^/?#]*))?(?:/(?P<database>[^?#]*))?(?:\?(?P<query>[^#]*))?"
)


class VariableError(LookupError):
    """There is no such variable or connection here, or it can't be had."""

    def __str__(self) -> str:
        return str(self.args[0]) if self.args else ""


def variable(name: str, default: "Any" = _NONE) -> "Any":
    """The value of a variable, or ``default``; without one, raises VariableError, which says where to set it.

    On an agent it comes from the agent's own settings, else from those of its pool, else of its workspace
    (``tidegate variable set NAME VALUE``, or the page Variables). In a local run it comes from the environment
    variable TIDEGATE_VARIABLE_NAME, or from the file .tidegate/variables with a line NAME=value. There, what is JSON is read as that.
    """
    found = _find("variable", name)
    if found is not None:
        return found[0]
    if default is not _NONE:
        return default
    raise _missing("variable", name)


def connection(name: str) -> "Connection":
    """The connection of a name: a URL, in which secrets stand by their names; raises VariableError, which says where to set it.

    It is looked for as a variable is: ``tidegate connection set NAME URL``, TIDEGATE_CONNECTION_NAME, .tidegate/connections.
    """
    found = _find("connection", name)
    if found is None:
        raise _missing("connection", name)
    return Connection(name, found[0])


class Connection:
    """Where something is, and how to sign in there. The secrets of it are asked for when they are used: what is printed shows their names."""

    def __init__(self, name: str, template: str) -> None:
        self.name = name
        self.template = template
        found = re.match(_URL, template)
        self._parts: "Dict[str, Optional[str]]" = found.groupdict() if found else {}

    @property
    def url(self) -> str:
        """The whole URL, with the secrets in it, as ``sqlalchemy.create_engine`` takes it."""
        return _filled(self.template, lambda value: quote(value, safe=""))

    @property
    def scheme(self) -> str:
        return self._parts.get("scheme") or ""

    @property
    def user(self) -> "Optional[str]":
        return self._part("user")

    @property
    def password(self) -> "Optional[str]":
        return self._part("password")

    @property
    def host(self) -> "Optional[str]":
        host = self._part("host")
        return host.strip("[]") if host else None

    @property
    def port(self) -> "Optional[int]":
        port = self._part("port")
        return int(port) if port else None

    @property
    def database(self) -> str:
        return self._part("database") or ""

    @property
    def options(self) -> "Dict[str, str]":
        """What stands behind the question mark."""
        return {name: _filled(value, str) for name, value in parse_qsl(self._parts.get("query") or "", keep_blank_values=True)}

    def _part(self, name: str) -> "Optional[str]":
        part = self._parts.get(name)
        return None if part is None else _filled(unquote(part), str)

    def __str__(self) -> str:
        return self.template

    def __repr__(self) -> str:
        return f"Connection({self.name!r}, {self.template!r})"


def _filled(template: str, form: "Any") -> str:
    return re.sub(r"\{([A-Za-z_][A-Za-z0-9_]*)\}", lambda found: form(secret(found[1])), template)


def known(kind: str, name: str) -> bool:
    """Whether there is one here, be it one that can't be had."""
    try:
        return _find(kind, name) is not None
    except VariableError:
        return True


def _find(kind: str, name: str) -> "Optional[Tuple[Any]]":
    given = _taken()
    if given is None:
        return _local(kind, name)
    found = given.get(kind + "s", {}).get(name)
    if found is None:
        return None
    if "problem" in found:
        raise VariableError(f"{kind} {name!r} could not be had: {found['problem']}")
    return (found["value"],)


def _taken() -> "Optional[Dict[str, Dict[str, dict]]]":
    """What the agent left, read when it is first asked for: most flows ask for none."""
    global _given
    folder = os.environ.get("TIDEGATE_RUN_DIR")
    if _given is None and folder:
        from .encoding import loads

        try:
            with open(os.path.join(folder, FILE), encoding="utf-8") as file:
                _given = loads(file.read())
        except FileNotFoundError:
            _given = {}
    return _given


def _local(kind: str, name: str) -> "Optional[Tuple[Any]]":
    text = os.environ.get(f"TIDEGATE_{kind.upper()}_{name}") or _file(kind)[1].get(name)
    if text is None:
        return None
    if kind == "connection":
        return (text,)
    from .encoding import loads

    try:
        return (loads(text),)
    except ValueError:
        return (text,)


def _file(kind: str) -> "Tuple[str, Dict[str, str]]":
    path = nearest(kind + "s")
    return (path, _read(path)) if os.path.isfile(path) else (path, {})


def _missing(kind: str, name: str) -> VariableError:
    what = "VALUE" if kind == "variable" else "URL"
    given = _taken()
    if given is not None:
        near = _near(name, given.get(kind + "s", {}))
        return VariableError(f"there is no {kind} {name!r} for this agent{near}. Set it: tidegate {kind} set {name} {what}")
    path, known = _file(kind)
    return VariableError(
        f"there is no {kind} {name!r} in this local run{_near(name, known)}. "
        f"Set the environment variable TIDEGATE_{kind.upper()}_{name}, or put a line {name}={what.lower()} into {path}"
    )
