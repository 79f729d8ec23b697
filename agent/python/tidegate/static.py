"""A flow's parameters from its source: hints and defaults that the parser can answer, without running the module."""

from __future__ import annotations

import ast

from .hints import ANYTHING, BASIC, HintError, Unknown, dotted_name, evaluate
from .schema import MISSING, Parameter
from .source import Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_TYPING = ("Any", "Optional", "Union", "List", "Dict", "Literal", "Annotated")
_CALLABLE = ("datetime.date", "datetime.datetime", "datetime.timedelta", "datetime.timezone.utc")


class Reader:
    """Resolves the names of one file: builtins, typing, datetime, and its own simple dataclasses and Enums."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.module = source.path[:-3].replace("/", ".")
        self._classes: "dict[str, Any]" = {}

    def parameters(self, node: "Any") -> "list[Parameter]":
        """The parameters of a function. Raises Unknown where only an import can tell, HintError as the import would."""
        if node.args.vararg or node.args.kwarg:
            raise HintError(f"{node.name} takes *args or **kwargs, but a run's parameters have names: name them")
        if len(node.decorator_list) > 1:
            raise Unknown("another decorator may change the parameters")
        arguments = [*node.args.posonlyargs, *node.args.args]
        defaults: "list[Any]" = [None] * (len(arguments) - len(node.args.defaults)) + node.args.defaults
        pairs = [*zip(arguments, defaults), *zip(node.args.kwonlyargs, node.args.kw_defaults)]
        return [
            Parameter(
                argument.arg,
                ANYTHING if argument.annotation is None else self.hint(argument.annotation),
                MISSING if default is None else self.value(default),
            )
            for argument, default in pairs
        ]

    def hint(self, node: "Any") -> "Any":
        """The hint of an annotation. Raises Unknown."""
        return evaluate(node, self.lookup)

    def lookup(self, dotted: str) -> "Any":
        """What a name means in this file. Raises Unknown for all but well-known ones."""
        if dotted in self.source.classes:
            return self._class(dotted)
        full = self.source.full_name(dotted)
        if full in BASIC and dotted not in self.source.constants and dotted not in self.source.functions:
            return BASIC[full]
        module, _, name = full.rpartition(".")
        if module in ("typing", "typing_extensions") and name in _TYPING:
            import typing

            return getattr(typing, name)
        if full in _CALLABLE:
            import datetime

            value: "Any" = datetime
            for part in full.split(".")[1:]:
                value = getattr(value, part)
            return value
        raise Unknown(dotted)

    def value(self, node: "Any") -> "Any":
        """A default: a literal, a constant of the file, an Enum's member, a date or dataclass made of these. Raises Unknown."""
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError):
            pass
        if isinstance(node, ast.Name) and node.id in self.source.constants:
            constant = self.source.constants[node.id]
            if isinstance(constant, ast.Name):
                raise Unknown(node.id)
            return self.value(constant)
        if isinstance(node, ast.Attribute):
            owner, _, member = dotted_name(node).rpartition(".")
            if owner in self.source.classes:
                members = getattr(self._class(owner), "__members__", {})
                if member in members:
                    return members[member]
            return self.lookup(dotted_name(node))
        if isinstance(node, ast.Call):
            made = self.lookup(dotted_name(node.func))
            arguments = [self.value(one) for one in node.args]
            named = {keyword.arg or "": self.value(keyword.value) for keyword in node.keywords}
            try:
                return made(*arguments, **named)
            except Exception as problem:
                raise Unknown(str(problem)) from None
        raise Unknown(ast.dump(node))

    def is_function(self, node: "Any") -> bool:
        """Whether an expression is a function of the file, or a lambda, or Tidegate's ``exponential(…)``: what it does is not asked here."""
        if isinstance(node, ast.Call):
            try:
                return self.source.full_name(dotted_name(node.func)) == "tidegate.exponential"
            except Unknown:
                return False
        return isinstance(node, ast.Lambda) or isinstance(node, ast.Name) and node.id in self.source.functions

    def _class(self, name: str) -> "Any":
        if name not in self._classes:
            self._classes[name] = None  # while it is being read: one that names itself is for the import to judge
            node = self.source.classes[name]
            bases = [self.source.full_name(dotted_name(base)) for base in node.bases]
            if not node.decorator_list and bases and bases[-1] in ("enum.Enum", "enum.IntEnum", "enum.StrEnum"):
                self._classes[name] = self._enum(node)
            elif not bases and len(node.decorator_list) == 1 and not node.keywords:
                self._classes[name] = self._dataclass(node)
            else:
                raise Unknown(name)
        if self._classes[name] is None:
            raise Unknown(name)
        return self._classes[name]

    def _enum(self, node: ast.ClassDef) -> "Any":
        import enum

        names: "list[tuple[str, Any]]" = []
        for statement in _fields(node):
            if not isinstance(statement, ast.Assign) or len(statement.targets) != 1 or not isinstance(statement.targets[0], ast.Name):
                raise Unknown(node.name)
            names.append((statement.targets[0].id, self._member(statement.value, len(names))))
        found = enum.Enum(node.name, names, module=self.module)  # type: ignore[misc]
        found.__doc__ = ast.get_docstring(node)
        return found

    def _member(self, node: "Any", number: int) -> "Any":
        if isinstance(node, ast.Call) and self.source.full_name(dotted_name(node.func)) == "enum.auto":
            return number + 1
        return self.value(node)

    def _dataclass(self, node: ast.ClassDef) -> "Any":
        import dataclasses

        decorator = node.decorator_list[0]
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        if self.source.full_name(dotted_name(target)) != "dataclasses.dataclass":
            raise Unknown(node.name)
        fields: "list[Any]" = []
        for statement in _fields(node):
            if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
                raise Unknown(node.name)
            hint = self.hint(statement.annotation)
            if statement.value is None:
                fields.append((statement.target.id, hint))
            else:
                fields.append((statement.target.id, hint, self._field(statement.value)))
        found = dataclasses.make_dataclass(node.name, fields, namespace={"_tidegate_static": True})
        found.__module__ = self.module
        found.__doc__ = ast.get_docstring(node)
        return found

    def _field(self, node: "Any") -> "Any":
        import dataclasses

        if isinstance(node, ast.Call) and self.source.full_name(dotted_name(node.func)) == "dataclasses.field":
            options = {keyword.arg: keyword.value for keyword in node.keywords}
            if set(options) == {"default"}:
                return self.value(options["default"])
            if set(options) == {"default_factory"}:
                factory = self.lookup(dotted_name(options["default_factory"]))
                if factory in (list, dict):
                    return dataclasses.field(default_factory=factory)
            raise Unknown("field")
        value = self.value(node)
        return dataclasses.field(default_factory=lambda: value) if type(value).__hash__ is None else value


def _fields(node: ast.ClassDef) -> "list[Any]":
    """The body of a class without its docstring, methods and pass."""
    skipped = (ast.Pass, ast.FunctionDef, ast.AsyncFunctionDef)
    return [one for one in node.body if not isinstance(one, skipped) and not (isinstance(one, ast.Expr) and isinstance(one.value, ast.Constant))]
