"""``python -m tidegate.describe PROJECT_DIR``: the flows of a project, as JSON on stdout.

The parser answers what it can; a module is imported only for hints and defaults that it can't, so that a
project can be deployed from a machine that has none of its packages. Exit codes: 0, or 2 with the reason on stderr.
"""

from __future__ import annotations

import os
import sys

from .discover import python_files, with_tidegate
from .encoding import dumps
from .hints import HintError, Unknown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .source import Source

USAGE = """usage: python -m tidegate.describe PROJECT_DIR [--flow PATTERN]... [--files -] [--json]

  --flow PATTERN  only flows whose name, entry (path.py:function) or path matches; may be repeated
  --files -       read the project's files from stdin, relative paths, each ended by NUL, in place of looking for them
  --json          on one line
"""


class DescribeError(Exception):
    """Something about the project that its people have to change: where, what, and how."""


class ImportFailed(Exception):
    """The module raised while it was imported; the cause is what it raised."""


def describe(root: str, paths: "list[str] | None" = None, patterns: "list[str] | None" = None) -> dict:
    """The flows of a project. Raises DescribeError, ImportFailed, SyntaxError."""
    from .source import Source

    root = os.path.abspath(root)
    if os.path.isfile(root):
        root, paths = os.path.dirname(root), [os.path.basename(root)]
    texts = with_tidegate(root, python_files(root) if paths is None else paths)
    sources = [Source(path, text, os.path.join(root, path)) for path, text in texts.items()]
    for source in sources:
        _refuse_wrong(source)
        _refuse_missing(source, root)
        _refuse_twice(source)
    known = {task for source in sources for task in source.tasks}
    flows = [one for source in sources for one in _flows_in(source, root, known, patterns)]
    _refuse_duplicates(flows)
    for pattern in patterns or ():
        if not any(_matches(pattern, one["name"], one["entry"]) for one in flows):
            names = ", ".join(sorted(one["name"] for one in describe(root, paths)["flows"])) or "none"
            raise DescribeError(f'no flow matches "{pattern}". The flows of this project: {names}')
    return {"flows": [{key: one[key] for key in one if key != "line"} for one in flows], "python": "%d.%d.%d" % sys.version_info[:3]}


def _flows_in(source: "Source", root: str, known: "set[str]", patterns: "list[str] | None") -> "list[dict]":
    from .source import tasks_of

    named = {function: _static_name(source, node) for function, node in source.flows.items()}
    module = _imported(root, source.path) if source.hidden or None in named.values() else None
    if module is not None:
        from .flows import Flow

        made = {name: one for name, one in vars(module).items() if isinstance(one, Flow) and one.__module__ == module.__name__}
        named.update({function: one.name for function, one in made.items()})
    found = []
    for function, name in named.items():
        entry = f"{source.path}:{function}"
        if name is None or patterns and not any(_matches(pattern, name, entry) for pattern in patterns):
            continue
        node = source.flows.get(function)
        doc, schema = _described(source, node, root, function)
        tasks = [] if node is None else tasks_of(source, node, known)
        line = 0 if node is None else node.lineno
        options = _options(source, node, root, function)
        found.append({"name": name, "entry": entry, "doc": doc, "parameters": schema, "tasks": tasks, "options": options, "line": line})
    return found


def _options(source: "Source", node: "Any", root: str, function: str) -> dict:
    """What the flow's decorator asks of agent and control plane; only an import can tell where an argument is computed."""
    from .options import HOOKS, policy
    from .static import Reader

    given = {} if node is None else source.options(node, "flow")
    reader = Reader(source)
    known: "dict[str, Any]" = {}
    try:
        for word, value in given.items():
            if word in HOOKS:
                known[word] = _function
            elif word not in ("retry_on", "name"):
                known[word] = _function if word == "retry_delay" and reader.is_function(value) else reader.value(value)
        if node is not None and not source.hooked:
            checked = policy("@flow", known)
            return {} if checked is None else checked.described()
    except Unknown:
        pass
    except TypeError as problem:
        raise DescribeError(f"{source.path}:{function}, line {node.lineno}: {problem}") from None
    made = getattr(_imported(root, source.path), function).policy
    return {} if made is None else made.described()


class _Function:
    """Stands for a function of the project's, which is not loaded."""

    def __call__(self) -> None: ...

    def __repr__(self) -> str:
        return "a function"


_function = _Function()


def _refuse_wrong(source: "Source") -> None:
    """An argument that @flow or @task would refuse in the night's run is refused at the deploy, as far as the parser can tell: without an import."""
    import ast

    from .options import no_generator, policy, refuse_unknown
    from .static import Reader

    for what, node in source.generators:
        raise DescribeError(f"{source.path}:{node.name}, line {node.lineno}: {no_generator(f'@{what}', node.name)}")
    reader = Reader(source)
    whose = {id(decorator): node for node in source.functions.values() for decorator in node.decorator_list}
    for call in source.calls:
        what, node = f"@{source.decorates(call)}", whose.get(id(call))
        try:
            if node is not None and call.args:
                raise TypeError(f'{what} takes no argument without its name: {what}(name="…") gives a name')
            refuse_unknown(what, [keyword.arg for keyword in call.keywords if keyword.arg is not None])
            # **options may say more, and a name inside a function may be one of its own: what they come to is for the import to tell.
            if all(keyword.arg is not None for keyword in call.keywords):
                given = {str(keyword.arg): keyword.value for keyword in call.keywords}
                read = {word: _read(reader, value, node is not None) for word, value in given.items()}
                if "cache" in given and read["cache"] is None and not isinstance(given["cache"], ast.Constant):
                    read["cache"] = _function  # which cache_for beside it asks for
                policy(what, read)
        except (TypeError, ValueError) as problem:
            place = f"{source.path}, line {call.lineno}" if node is None else f"{source.path}:{node.name}, line {node.lineno}"
            raise DescribeError(f"{place}: {problem}") from None


def _read(reader: "Any", node: "Any", named: bool) -> "Any":
    """An argument's value; None, as if it had not been said, where only an import can tell."""
    import ast

    if named and reader.is_function(node):
        return _function
    try:
        return reader.value(node) if named else ast.literal_eval(node)
    except (Unknown, ValueError, TypeError, SyntaxError):
        return None


def _refuse_missing(source: "Source", root: str) -> None:
    """A requirements file of a task's environment that the project does not have."""
    for function, node in source.tasks.items():
        try:
            value = source.options(node, "task").get("environment")
        except Unknown:
            continue
        name = getattr(value, "value", None)
        if isinstance(name, str) and not os.path.isfile(os.path.join(root, *name.split("/"))):
            raise DescribeError(f'{source.path}:{function}, line {node.lineno}: @task(environment="{name}"): the project has no such file')


def _static_name(source: "Source", node: "Any") -> "str | None":
    try:
        return source.flow_name(node)
    except Unknown:
        return None


def _described(source: "Source", node: "Any", root: str, function: str) -> "tuple[str, dict]":
    import ast

    from .schema import parameters_of, parameters_schema
    from .static import Reader

    place = f"{source.path}:{function}" + ("" if node is None else f", line {node.lineno}")
    try:
        if node is not None:
            doc = ast.get_docstring(node) or ""
            try:
                return doc, parameters_schema(Reader(source).parameters(node), doc)
            except Unknown:
                pass
        flow = getattr(_imported(root, source.path), function)
        import inspect

        doc = inspect.cleandoc(flow.fn.__doc__ or "")
        return doc, parameters_schema(parameters_of(flow.fn), doc)
    except HintError as problem:
        raise DescribeError(f"{place}: {problem}") from None


_modules: "dict[str, Any]" = {}


def _imported(root: str, path: str) -> "Any":
    """The module of a file, imported once, with what it prints kept out of our own output."""
    if path not in _modules:
        from .execute import load_module

        if root not in sys.path:
            sys.path.insert(0, root)
        out, sys.stdout = sys.stdout, sys.stderr
        try:
            _modules[path] = load_module(root, path)
        except BaseException as problem:
            raise ImportFailed(path) from problem
        finally:
            sys.stdout = out
    return _modules[path]


def _matches(pattern: str, name: str, entry: str) -> bool:
    from fnmatch import fnmatchcase

    return any(fnmatchcase(text, pattern) for text in (name, entry, entry.rpartition(":")[0]))


def _refuse_twice(source: "Source") -> None:
    """Python keeps the second of two functions of one name, and would say nothing of the first."""
    for first, second in source.twice:
        raise DescribeError(
            f'{source.path}, lines {first.lineno} and {second.lineno}: two flows are the function "{second.name}", and only the second would be kept.'
            " Give one function another name, or delete it"
        )


def _refuse_duplicates(flows: "list[dict]") -> None:
    seen: "dict[str, dict]" = {}
    for one in flows:
        other = seen.setdefault(one["name"], one)
        if other is not one:
            places = " and ".join(f"{flow['entry']} (line {flow['line']})" for flow in (other, one))
            raise DescribeError(f'two flows are called "{one["name"]}": {places}. Give one another name: @flow(name="…")')


def main(arguments: "list[str]") -> int:
    """The command line; returns the exit code."""
    roots: "list[str]" = []
    patterns: "list[str]" = []
    paths: "list[str] | None" = None
    compact = False
    rest = iter(arguments)
    for argument in rest:
        if argument == "--json":
            compact = True
        elif argument == "--flow":
            patterns.append(next(rest, ""))
        elif argument == "--files" and next(rest, "") == "-":
            # Not by lines: a file's name may hold a newline.
            paths = [path for path in sys.stdin.buffer.read().decode("utf-8").split("\0") if path]
        elif argument.startswith("-"):
            return _fail(USAGE)
        else:
            roots.append(argument)
    if len(roots) != 1 or "" in patterns:
        return _fail(USAGE)
    try:
        found = describe(roots[0], paths, patterns)
    except (DescribeError, OSError) as problem:
        return _fail(f"{problem}\n")
    except (ImportFailed, SyntaxError) as problem:
        return _fail(_trace(problem))
    if compact:
        print(dumps(found))
    else:
        import json

        print(json.dumps(found, indent=2, ensure_ascii=False))
    return 0


def _trace(problem: BaseException) -> str:
    """The traceback as Python prints it for the user's own program."""
    import traceback

    from .errors import strip

    cause = problem.__cause__ if isinstance(problem, ImportFailed) else problem
    if isinstance(cause, SyntaxError) and not isinstance(problem, ImportFailed):
        return "".join(traceback.format_exception_only(type(cause), cause))
    assert cause is not None
    strip(cause)
    return "".join(traceback.format_exception(type(cause), cause, cause.__traceback__))


def _fail(text: str) -> int:
    sys.stderr.write(text)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
