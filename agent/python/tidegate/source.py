"""One Python file as the parser sees it: its flows, tasks, imports, classes and constants. Nothing is run."""

from __future__ import annotations

import ast

from .hints import Unknown, dotted_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Iterator

    Function = "ast.FunctionDef | ast.AsyncFunctionDef"

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_PUBLIC = {f"tidegate.{module}{what}": what for what, module in (("flow", ""), ("task", ""), ("flow", "flows."), ("task", "tasks."))}


class Source:
    """What the top level of a file defines. Raises SyntaxError as an import would."""

    def __init__(self, path: str, text: bytes, file: str) -> None:
        self.path = path
        self.imports: "dict[str, str]" = {}
        self.classes: "dict[str, ast.ClassDef]" = {}
        self.constants: "dict[str, ast.expr]" = {}
        self.functions: "dict[str, Any]" = {}
        self.flows: "dict[str, Any]" = {}
        self.tasks: "dict[str, Any]" = {}
        self.twice: "list[tuple[Any, Any]]" = []  # flows that a second flow of the same function name takes the place of, with that one
        self.calls: "list[ast.Call]" = []  # of flow and task: as decorators, and elsewhere
        self.hooked = False  # `@main.on_failure` may add a hook: only an import can tell
        self.hidden = False  # a flow is made by a call, as in `f = flow(g)`: only an import can tell
        self.generators: "list[tuple[str, Any]]" = []  # functions with yield right below flow or task, with which
        again: "set[str]" = set()
        tree = ast.parse(text, file)
        for node in _statements(tree.body):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                self._import(node)
            elif isinstance(node, ast.ClassDef):
                self.classes[node.name] = node
            elif isinstance(node, _FUNCTIONS):
                self._function(node)
            elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign)):
                self._assign(node, again)
        # Only side by side: those in if and else, or try and except, are alternatives.
        beside = [node for node in tree.body if isinstance(node, _FUNCTIONS) and any(self.decorates(one) == "flow" for one in node.decorator_list)]
        first: "dict[str, Any]" = {}
        self.twice = [(first[node.name], node) for node in beside if first.setdefault(node.name, node) is not node]
        self.calls += [node for node in ast.walk(tree) if isinstance(node, ast.Call) and not isinstance(node.func, ast.Call) and self.decorates(node)]
        for node in ast.walk(tree):
            # What another decorator makes of one (contextlib.contextmanager) is for the import to tell.
            what = self.decorates(node.decorator_list[-1]) if isinstance(node, _FUNCTIONS) and node.decorator_list else ""
            if what and _yields(node.body):
                self.generators.append((what, node))

    def _import(self, node: "Any") -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                first = alias.name.split(".")[0]
                self.imports[alias.asname or first] = alias.name if alias.asname else first
            return
        module = "." * node.level + (node.module or "")
        for alias in node.names:
            if alias.name == "*" and module == "tidegate":
                self.imports.update({name: f"tidegate.{name}" for name in ("flow", "task", "log", "artifact")})
            else:
                self.imports[alias.asname or alias.name] = f"{module}.{alias.name}"

    def _function(self, node: "Any") -> None:
        self.functions[node.name] = node
        made = [self.decorates(decorator) for decorator in node.decorator_list]
        if any(isinstance(one, ast.Attribute) and one.attr in ("on_success", "on_failure", "on_cancel") for one in node.decorator_list):
            self.hooked = True
        self.flows.pop(node.name, None)  # a second definition takes the place of the first
        self.tasks.pop(node.name, None)
        if "flow" in made:
            self.flows[node.name] = node
        elif "task" in made:
            self.tasks[node.name] = node

    def _assign(self, node: "Any", again: "set[str]") -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        value = node.value
        if isinstance(value, ast.Call) and self.decorates(value) == "flow":
            self.hidden = True
        for name in [target.id for target in targets if isinstance(target, ast.Name)]:
            if name in again or value is None or isinstance(node, ast.AugAssign):
                self.constants.pop(name, None)
            else:
                self.constants[name] = value
            again.add(name)

    def full_name(self, dotted: str) -> str:
        """A name as its module calls it: ``date`` → ``datetime.date`` after ``from datetime import date``."""
        first, dot, rest = dotted.partition(".")
        return self.imports.get(first, first) + dot + rest

    def decorates(self, node: "Any") -> str:
        """``flow`` or ``task`` where an expression is that decorator, called or not; else nothing."""
        if isinstance(node, ast.Call):
            if isinstance(node.func, ast.Call):  # flow(name="…")(function)
                return self.decorates(node.func)
            node = node.func
        try:
            return _PUBLIC.get(self.full_name(dotted_name(node)), "")
        except Unknown:
            return ""

    def options(self, node: "Any", what: str) -> "dict[str, Any]":
        """The arguments of a function's ``flow`` or ``task`` decorator, as expressions. Raises Unknown for ``**options``."""
        for decorator in node.decorator_list:
            if self.decorates(decorator) == what and isinstance(decorator, ast.Call):
                if any(keyword.arg is None for keyword in decorator.keywords):
                    raise Unknown("options that are unpacked")
                return {str(keyword.arg): keyword.value for keyword in decorator.keywords}
        return {}

    def flow_name(self, node: "Any") -> str:
        """The flow's name: the decorator's, if given, else the function's. Raises Unknown for one that is computed."""
        for decorator in node.decorator_list:
            if self.decorates(decorator) == "flow" and isinstance(decorator, ast.Call):
                for keyword in decorator.keywords:
                    if keyword.arg == "name" and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is None):
                        if isinstance(keyword.value, ast.Constant) and isinstance(keyword.value.value, str):
                            return keyword.value.value
                        raise Unknown("a name that is computed")
        return str(node.name)


def _yields(parts: "Any") -> bool:
    """Whether a function with this body is a generator: a yield of its own, not of one inside it."""
    for node in parts:
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, (*_FUNCTIONS, ast.Lambda, ast.ClassDef)) and _yields(ast.iter_child_nodes(node)):
            return True
    return False


def _statements(body: "list[Any]") -> "Iterator[Any]":
    """Those that run when the module is imported, also inside if, try and with."""
    for node in body:
        yield node
        for field in ("body", "orelse", "finalbody"):
            if not isinstance(node, (*_FUNCTIONS, ast.ClassDef)):
                yield from _statements(getattr(node, field, []))
        for handler in getattr(node, "handlers", []):
            yield from _statements(handler.body)


def tasks_of(source: Source, node: "Any", known: "set[str]") -> "list[str]":
    """The functions of the tasks that a flow's body names, in order, through the functions and tasks of its file."""
    found: "dict[str, None]" = {}
    seen: "set[str]" = set()

    def visit(part: "Any") -> None:
        if isinstance(part, ast.Call):  # the arguments are evaluated before the call is made
            for inner in (*part.args, *part.keywords, part.func):
                visit(inner)
        elif isinstance(part, ast.Name):
            name(part.id, source.full_name(part.id).rpartition(".")[2], source.functions.get(part.id))
        else:
            if isinstance(part, ast.Attribute):
                name(part.attr, part.attr, None)
            for inner in ast.iter_child_nodes(part):
                visit(inner)

    def name(called: str, original: str, local: "Any") -> None:
        if original in known and local not in source.flows.values():
            found[original] = None
        if local is not None and called not in seen:
            seen.add(called)
            for statement in local.body:
                visit(statement)

    seen.add(node.name)
    for statement in node.body:
        visit(statement)
    return list(found)
