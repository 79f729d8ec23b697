"""Notebooks: executed by nbclient, shown as Markdown with their pictures beside."""

from __future__ import annotations

import os
from typing import Any, Dict, List

from ..encoding import dumps
from .processes import StepFailed

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
    client = nbclient.NotebookClient(notebook, timeout=None, kernel_name="python3", resources={"metadata": {"path": os.path.dirname(path)}})
    problem = None
    try:
        client.execute()
    except nbclient.exceptions.CellExecutionError as failed:
        problem = f"a cell raised {failed.ename}: {failed.evalue}"
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
