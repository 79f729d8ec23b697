"""What a step can be. Each fills in its texts, does it, and returns the step's result."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from typing import Any, Dict, List
from urllib.parse import quote

from ..encoding import loads
from .processes import StepFailed, run
from .values import filled, text, value

RESULT = 10 * 1024 * 1024  # bytes of a result file


def is_file(folder: str, path: str) -> bool:
    """Whether a text is the path of a file in the project."""
    return len(path) < 1000 and "\n" not in path and os.path.isfile(os.path.join(folder, *path.split("/")))


def do(step: "Dict[str, Any]", folder: str, names: "Dict[str, Any]", given: "Dict[str, Any]", env: "Dict[str, str]") -> "Any":
    """Do a step; its result. Raises StepFailed, or what a callable raises."""
    kind, does = step["kind"], step["does"]
    if kind == "http":
        from .web import request

        whole = isinstance(does["url"], dict) and len(does["url"]["$"]) == 1
        url = filled(does["url"], names, str if whole else lambda part: quote(part, safe=""))
        return request({**filled({word: does[word] for word in does if word != "url"}, names), "url": url})
    python = None
    if step["requirements"]:
        from .environments import environment

        python = environment(step["requirements"], folder)
    if kind == "run":
        return _shell(does, folder, names, env, python)
    if kind == "spark":
        return _spark(filled(does, names), folder, env)
    job: "Dict[str, Any]" = {"kind": kind, "folder": folder, "with": given}
    if kind == "sql":
        from .database import query

        job.update(query(does["query"], folder, names), url=_database(step["database"], names))
    else:
        job["does"] = does
    from .work import inside, outside

    return inside(job) if python is None else outside(job, python)


def _database(name: str, names: "Dict[str, Any]") -> str:
    """The URL of a connection, or of a secret that holds one whole."""
    from ..variables import VariableError, connection, known

    if not known("connection", name):
        return names["secrets"].asked(name)
    try:
        return connection(name).url
    except VariableError as problem:
        raise StepFailed(str(problem)) from None


def _shell(script: "List[Any]", folder: str, names: "Dict[str, Any]", env: "Dict[str, str]", python: "str | None") -> "Any":
    """Values reach the script as variables: the shell never reads them as commands."""
    lines, values = [], {}
    for part in script:
        if isinstance(part, str):
            lines.append(part)
            continue
        name = f"TIDEGATE_VALUE_{len(values)}"
        values[name] = text(value(part["tree"], names))
        lines.append(f"${{{name}}}" if part["quoted"] else f'"${{{name}}}"')
    bash = shutil.which("bash")
    command = [bash, "-eo", "pipefail", "-c"] if bash else ["/bin/sh", "-e", "-c"]
    return _told([*command, "".join(lines)], folder, {**values, **env}, python, "the script")


def _spark(does: "Dict[str, Any]", folder: str, env: "Dict[str, str]") -> "Any":
    program = shutil.which("spark-submit")
    if program is None:
        raise StepFailed("spark-submit was not found on the agent's PATH: install Spark on its machine, or put its bin folder on the PATH that the agent is started with")
    command = [program]
    for word in ("master", "class"):
        if word in does:
            command += [f"--{word}", text(does[word])]
    for name, one in does.get("conf", {}).items():
        command += ["--conf", f"{name}={text(one)}"]
    return _told([*command, text(does["application"]), *[text(one) for one in does.get("args", [])]], folder, env, None, "spark-submit")


def _told(command: "List[str]", folder: str, more: "Dict[str, str]", python: "str | None", what: str) -> "Any":
    """Run a command; what it wrote to the file $TIDEGATE_RESULT, as JSON where it is that, else its last line."""
    own = {**os.environ}
    if python is not None:
        own["VIRTUAL_ENV"] = os.path.dirname(os.path.dirname(python))
    first = os.path.dirname(python or sys.executable)
    with tempfile.TemporaryDirectory(prefix="tidegate-step-") as scratch:
        file = os.path.join(scratch, "result")
        own.update(more, TIDEGATE_RESULT=file, PATH=first + os.pathsep + own.get("PATH", os.defpath))
        last = run(command, folder, own, what)
        try:
            with open(file, encoding="utf-8", errors="replace") as written:
                kept = written.read(RESULT + 1)
        except FileNotFoundError:
            return last
    if len(kept) > RESULT:
        raise StepFailed(f"$TIDEGATE_RESULT holds more than {RESULT // 1024 // 1024} MiB: write the data elsewhere and its place there")
    try:
        return loads(kept)
    except ValueError:
        return kept.rstrip("\n")
