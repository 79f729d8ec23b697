"""Notebooks: executed by nbclient, shown as Markdown with their pictures beside."""

from __future__ import annotations

import os
from tempfile import TemporaryDirectory
from typing import Any, Dict, List

from ..encoding import dumps
from .processes import StepFailed

START = 600  # seconds that a kernel may take to begin, on a machine that is busy
TEXT = 20_000  # characters of one output


def execute(job: "Dict[str, Any]") -> "Dict[str, Any]":
    """Execute a notebook from top to bottom, with the step's arguments in a cell behind the one tagged ``parameters``."""
    from .work import module

    nbformat = module("nbformat", "nbclient", "notebook")
    nbclient = module("nbclient", "nbclient", "notebook")
    module("ipykernel", "ipykernel", "notebook")
    path = os.path.join(job["folder"], *job["does"].split("/"))
    if not os.path.isfile(path):
        raise StepFailed(f"the project has no file {job['does']}")
    notebook = nbformat.read(path, as_version=4)
    if job["with"]:
        cell = nbformat.v4.new_code_cell("".join(f"{name} = {_literal(one)}\n" for name, one in job["with"].items()))
        tagged = [place for place, one in enumerate(notebook.cells) if "parameters" in one.metadata.get("tags", [])]
        notebook.cells.insert(tagged[0] + 1 if tagged else 0, cell)
    # The kernel of this environment, whichever others the machine knows by the notebook's name.
    notebook.metadata.pop("kernelspec", None)
    resources = {"metadata": {"path": os.path.dirname(path)}}
    problem = None
    # What the kernel keeps for itself lies in a folder of its own: an agent's user may have no home that can be written.
    with TemporaryDirectory(prefix="tidegate-kernel-") as scratch:
        env = {**os.environ, "IPYTHONDIR": os.path.join(scratch, "ipython")}
        for last in (False, True):
            began: "List[int]" = []
            client = nbclient.NotebookClient(
                notebook, timeout=None, startup_timeout=START, kernel_name="python3", resources=resources, on_cell_start=lambda cell, cell_index: began.append(cell_index)
            )
            manager = client.create_kernel_manager()
            manager.connection_file = os.path.join(scratch, f"kernel-{int(last)}.json")
            if os.name != "nt" and len(scratch) < 80:  # a socket's path is short
                manager.transport = "ipc"  # no port that another program takes meanwhile, or listens to
            try:
                client.execute(env=env)
                break
            except nbclient.exceptions.CellExecutionError as failed:
                problem = f"a cell raised {failed.ename}: {failed.evalue}"
                break
            except RuntimeError:  # it did not begin
                if last or began:
                    raise
    markdown, pictures = rendered(notebook)
    name = os.path.basename(job["does"])
    artifacts: "List[Dict[str, Any]]" = [{"kind": "markdown", "text": markdown, "name": name}]
    artifacts += [{"kind": "image", "data": one, "name": f"{name} {place + 1}"} for place, one in enumerate(pictures)]
    return {"result": None, "artifacts": artifacts, "failed": problem}


def _literal(found: "Any") -> str:
    return repr(found) if not isinstance(found, (dict, list)) else f"__import__('json').loads({dumps(found)!r})"


def rendered(notebook: "Any") -> "tuple[str, List[str]]":
    """Markdown of its cells and outputs, and its pictures in base64."""
    parts: "List[str]" = []
    pictures: "List[str]" = []
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            parts.append(cell.source)
        elif cell.cell_type == "code" and cell.source.strip():
            parts.append(_fenced(cell.source, "python"))
            for output in cell.get("outputs", []):
                parts += _output(output, pictures)
    return "\n\n".join(parts), pictures


def _output(output: "Any", pictures: "List[str]") -> "List[str]":
    if output.output_type == "stream":
        return [_fenced(output.text[:TEXT])]
    if output.output_type == "error":
        return [_fenced(f"{output.ename}: {output.evalue}"[:TEXT])]
    data = output.get("data", {})
    if "image/png" in data:
        pictures.append(data["image/png"])
        return [f"*Picture {len(pictures)}*"]
    if "text/markdown" in data:
        return [data["text/markdown"][:TEXT]]
    return [_fenced(data["text/plain"][:TEXT])] if "text/plain" in data else []


def _fenced(text: str, language: str = "") -> str:
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
