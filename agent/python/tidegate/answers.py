"""What a local run waits for: asked in the terminal, given by a test, or done in this process."""

from __future__ import annotations

import os
import sys

from . import context
from .encoding import dumps, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Callable

    from .children import Child
    from .waits import Wait


DEEPEST = 16  # children of children, as the control plane has it


class NoAnswer(Exception):
    """Nobody is there who could answer, nor will be at another attempt."""


class NoFlow(Exception):
    """A flow that is not here."""


def asked_here(wait: "Wait") -> dict:
    """The answer of a person at the terminal, or of ``testing(answers=…)``. Raises NoAnswer."""
    from .testing import active

    prompt = wait.told.get("prompt")
    name, _, key = (wait.told.get("event") or "").partition("\0")
    text = prompt["text"] if prompt else f"event {name} with key {key}" if key else f"event {name}"
    if active:
        for known in (wait.key, text, name):
            if known in active[-1].answers:
                return {"state": "answered", "value": active[-1].answers[known], "by": "the test"}
        raise NoAnswer(f'{wait.key} waits for "{text}": give its answer as testing(answers={{{text!r}: …}})')
    form = prompt["form"] if prompt else True
    fields = isinstance(form, dict) and bool(form.get("properties"))
    hint = " [y/n]" if form is None else " (as JSON)"
    if fields:
        from .ask_form import hint_of

        hint = f" [y/n, or all of it as JSON: {hint_of(form)}]"
    answer = "y" if form is None else "'{…}'"
    program = os.path.basename(sys.argv[0]) or "flow.py"
    instead = f"give the answer from a pipe (echo {answer} | python {program}), or in a test: with tidegate.testing(answers={{{text!r}: …}})"
    nobody = f'{wait.key} asks "{text}", and nobody is at the terminal to answer it: {instead}'
    from .keyboard import Late

    try:
        return _asked(wait, form, fields, f"{text}{hint} ", lambda asked: _typed(asked, wait.until, nobody))
    except Late:
        return {"state": "expired", "by": None}


def _asked(wait: "Wait", form: "Any", fields: bool, question: str, ask: "Callable[[str], str]") -> dict:
    """Asks until the answer fits. Raises NoAnswer, Late."""
    while True:
        line = ask(question)
        said = line.strip().lower() if form is None or fields else ""
        if said in ("n", "no"):
            return {"state": "answered", "value": False, "by": None}
        if form is None:
            if said in ("y", "yes"):
                return {"state": "answered", "value": True, "by": None}
            print("answer y or n", file=sys.stderr)
            continue
        try:
            if said in ("y", "yes"):
                from .ask_form import filled_in

                value: "Any" = filled_in(form, ask, lambda told: print(told, file=sys.stderr))
                value = {"approved": True, "form": value} if "approved" in value else value  # alone, a field of this name would be read as yes or no
            else:
                value = _read(line, fields)
            if wait.fits is not None:
                wait.fits(value)
            return {"state": "answered", "value": value, "by": None}
        except ValueError as problem:  # no JSON, or a ParameterError
            print(f"{problem}", file=sys.stderr)


def _read(line: str, fields: bool) -> "Any":
    try:
        return loads(line) if line.strip() else None
    except ValueError:
        if fields and not line.lstrip().startswith("{"):
            raise ValueError("answer y or n, or all of it as JSON") from None
        raise


def _typed(asked: str, until: "float | None", nobody: str) -> str:
    from .keyboard import line

    try:
        print(asked, end="", file=sys.stderr, flush=True)
        return line(until)
    except EOFError:
        print(file=sys.stderr)  # what comes next does not stand behind the question
        raise NoAnswer(nobody) from None


def run_child_here(child: "Child") -> dict:
    """Run another flow in this process, as far as it can be found here; a test may give its answer."""
    from .testing import active

    if active:
        for known in (child.key, child.flow):
            if known in active[-1].answers:
                return {"state": "answered", "value": active[-1].answers[known]}
    if len(context.active) > DEEPEST:
        message = f"{child.flow} would lie {len(context.active)} children deep, and at most {DEEPEST} are taken: look for flows that call each other in a circle"
        return {"state": "refused", "error": {"type": "ChildError", "message": message}}
    from .local import run_here
    from .values import ParameterError

    try:
        flow = _found(child.flow)
        given = _fitting(flow, child.parameters)
    except NoFlow as problem:
        return {"state": "refused", "error": {"type": "ChildError", "message": str(problem)}}
    except ParameterError as problem:  # as an agent says it
        return {"state": "failed", "error": {"type": "ChildError", "message": f"the child run of {child.flow} could not be made: {problem}"}}
    except Exception as problem:
        return _failed(problem)
    try:
        value = run_here(flow, (), given, child.parameters)
        if flow.is_async:
            import asyncio

            value = asyncio.run(value)
    except Exception as problem:
        return _failed(problem)
    return {"state": "answered", "value": value}


def _failed(problem: Exception) -> dict:
    return {"state": "failed", "error": {"type": type(problem).__qualname__, "message": str(problem)}}


def _fitting(flow: "Any", given: dict) -> dict:
    """The parameters as an agent would take them, before it begins the run. Raises ParameterError."""
    from .execute import arguments
    from .hints import HintError

    try:
        return arguments(flow, given)
    except (HintError, AttributeError):  # what could not be deployed is left to the call itself
        return given


def _found(name: str) -> "Any":
    from .flows import Flow

    for module in list(sys.modules.values()):
        for value in list(getattr(module, "__dict__", {}).values()):
            if type(value) is Flow and value.name == name:
                return value
    from .execute import load

    root = os.getcwd()
    known, unread = _described(root)
    for one in known:
        if one["name"] == name:
            if root not in sys.path:
                sys.path.insert(0, root)
            return load(root, one["entry"])
    from .testing import active

    others = ", ".join(sorted(one["name"] for one in known))
    instead = f"give what it returns as testing(answers={{{dumps(name)}: …}})" if active else "to run this one with another project's, deploy both: tidegate deploy, then tidegate run"
    instead += "".join(f"\n{path} could not be read: {why}" for path, why in unread)
    raise NoFlow(f'no flow "{name}" is in {root}, {f"whose flows are {others}" if others else "which has none in Python"}, and a local run has only those: {instead}')


def _described(root: str) -> "tuple[list[dict], list[tuple[str, str]]]":
    """The flows of a folder, and of its files that can't be read what is wrong with them: it may be no matter of the flow that is looked for."""
    from .describe import DescribeError, ImportFailed, describe
    from .discover import python_files, with_tidegate

    try:
        return describe(root)["flows"], []
    except (DescribeError, ImportFailed, SyntaxError) as problem:
        whole = problem
    known: "list[dict]" = []
    unread = []
    for path in with_tidegate(root, python_files(root)):
        try:
            known += describe(root, [path])["flows"]
        except (DescribeError, ImportFailed, SyntaxError) as problem:
            cause = problem.__cause__ if isinstance(problem, ImportFailed) else problem
            unread.append((path, str(cause) if isinstance(problem, DescribeError) else f"{type(cause).__name__}: {cause}"))
    if not unread:
        raise whole  # it lies between two files
    return known, unread
