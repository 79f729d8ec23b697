import datetime
import enum
import sys
import unittest
from dataclasses import dataclass, field
from typing import Any, Dict, List, Literal, Optional, Union

from tidegate import flow
from tidegate.hints import HintError
from tidegate.schema import parameters_of, parameters_schema
from tidegate.values import ParameterError, checked_arguments, typed_arguments


class Colour(enum.Enum):
    RED = "r"
    BLUE = 2


@dataclass
class Inner:
    """What lies inside.

    Args:
        depth: how deep
    """

    depth: int
    names: List[str] = field(default_factory=list)


@dataclass
class Outer:
    inner: Inner
    colour: Colour = Colour.RED


@dataclass
class Loop:
    again: "Optional[Loop]" = None


def schema(fn):
    return parameters_schema(parameters_of(fn), fn.__doc__)


def one(hint, **more):
    def fn(x): ...

    fn.__annotations__["x"] = hint
    return {**schema(fn)["properties"]["x"], **more}


def give(hint, value):
    def fn(x): ...

    fn.__annotations__["x"] = hint
    return typed_arguments(fn, {"x": value})["x"]


ME = __name__


class Schemas(unittest.TestCase):
    def test_each_type_has_its_schema(self):
        null = {"type": "null"}
        inner = {
            "type": "object",
            "properties": {"depth": {"type": "integer", "description": "how deep"}, "names": {"type": "array", "items": {"type": "string"}, "default": []}},
            "required": ["depth"],
            "additionalProperties": False,
            "title": "Inner",
            "x-python": f"{ME}.Inner",
        }
        colour = {"type": "string", "enum": ["RED", "BLUE"], "x-python": f"{ME}.Colour"}
        cases = [
            (str, {"type": "string"}),
            (int, {"type": "integer"}),
            (float, {"type": "number"}),
            (bool, {"type": "boolean"}),
            (datetime.date, {"type": "string", "format": "date"}),
            (datetime.datetime, {"type": "string", "format": "date-time"}),
            (list, {"type": "array"}),
            (List[int], {"type": "array", "items": {"type": "integer"}}),
            (list[int], {"type": "array", "items": {"type": "integer"}}),
            (dict, {"type": "object"}),
            (Dict[str, float], {"type": "object", "additionalProperties": {"type": "number"}}),
            (Optional[int], {"anyOf": [{"type": "integer"}, null]}),
            (Union[int, str], {"anyOf": [{"type": "integer"}, {"type": "string"}]}),
            (Literal["a", 1, None], {"enum": ["a", 1, None]}),
            (Any, {}),
            (Colour, colour),
            (Inner, inner),
            (Optional[Inner], {"anyOf": [inner, null]}),
            (Outer, {"type": "object", "properties": {"inner": inner, "colour": {**colour, "default": "RED"}}, "required": ["inner"], "additionalProperties": False, "title": "Outer", "x-python": f"{ME}.Outer"}),
        ]
        for hint, expected in cases:
            with self.subTest(hint=hint):
                self.assertEqual(one(hint), expected)

    @unittest.skipIf(sys.version_info < (3, 10), "X | None is newer")
    def test_a_union_by_the_bar_is_an_optional(self):
        self.assertEqual(one(eval("int | None")), one(Optional[int]))

    def test_a_union_by_the_bar_in_a_string_works_on_every_python(self):
        self.assertEqual(one("int | None"), one(Optional[int]))
        self.assertEqual(one("list[datetime.date] | None"), one(Optional[List[datetime.date]]))

    def test_names_defaults_and_required_make_the_object(self):
        def fn(a, b: int = 3, *, c: bool, d: datetime.date = datetime.date(2026, 1, 2), e=object()): ...

        self.assertEqual(
            schema(fn),
            {
                "type": "object",
                "properties": {"a": {}, "b": {"type": "integer", "default": 3}, "c": {"type": "boolean"}, "d": {"type": "string", "format": "date", "default": "2026-01-02"}, "e": {}},
                "required": ["a", "c"],
                "additionalProperties": False,
            },
        )

    def test_three_forms_of_docstring_describe_parameters(self):
        google = "Do.\n\n    Args:\n        x (int): the one\n            and only\n        y: no\n\n    Returns:\n        z: not this\n    "
        numpy = "Do.\n\n    Parameters\n    ----------\n    x : int\n        the one\n        and only\n    y\n        no\n\n    Returns\n    -------\n    z\n        not this\n    "
        rest = "Do.\n\n    :param int x: the one\n        and only\n    :param y: no\n    :returns: not this\n    "
        for doc in (google, numpy, rest):

            def fn(x: int, y: int): ...

            fn.__doc__ = doc
            found = schema(fn)["properties"]
            self.assertEqual((found["x"]["description"], found["y"]["description"]), ("the one and only", "no"), doc)

    def test_what_a_parameter_cannot_be_is_refused_by_name(self):
        for hint, words in ((bytes, "bytes is no type"), (Dict[int, str], "keys of a dict"), (Loop, "contains itself"), ("NoSuch", "can't be resolved"), (Literal[b"x"], "no text")):
            with self.subTest(hint=hint), self.assertRaisesRegex(HintError, f'parameter "x": .*{words}'):
                one(hint)

        def many(*args): ...

        with self.assertRaisesRegex(HintError, "name them"):
            schema(many)

    def test_a_flow_keeps_the_signature_of_its_function(self):
        import inspect

        @flow
        def fn(a: int = 3):
            """Doc."""

        self.assertEqual((str(inspect.signature(fn)), fn.__doc__, fn.name), ("(a: int = 3)", "Doc.", "fn"))


class Values(unittest.TestCase):
    def test_each_type_arrives_typed(self):
        utc = datetime.timezone.utc
        cases = [
            (str, "a", "a"),
            (int, 3, 3),
            (int, 3.0, 3),
            (float, 2, 2.0),
            (bool, True, True),
            (datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
            (datetime.datetime, "2026-01-02T03:04:05Z", datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=utc)),
            (datetime.datetime, "2026-01-02T03:04:05.1234567+00:00", datetime.datetime(2026, 1, 2, 3, 4, 5, 123456, tzinfo=utc)),
            (List[datetime.date], ["2026-01-02"], [datetime.date(2026, 1, 2)]),
            (Dict[str, Colour], {"k": "BLUE"}, {"k": Colour.BLUE}),
            (Optional[int], None, None),
            (Literal["a", 1], 1, 1),
            (Outer, {"inner": {"depth": 2}, "colour": "BLUE"}, Outer(Inner(2), Colour.BLUE)),
            (Union[int, Inner], {"depth": 1}, Inner(1)),
            (Any, {"x": [1]}, {"x": [1]}),
        ]
        for hint, value, expected in cases:
            with self.subTest(hint=hint, value=value):
                found = give(hint, value)
                self.assertEqual((found, type(found)), (expected, type(expected)))

    def test_what_does_not_fit_says_which_what_and_what_came(self):
        cases = [
            (int, "abc", 'parameter "x": expected an integer, got "abc" (a string)'),
            (int, True, 'parameter "x": expected an integer, got true (a boolean)'),
            (int, 1.5, 'parameter "x": expected an integer, got 1.5 (a number)'),
            (str, None, 'parameter "x": expected a string, got null'),
            (datetime.date, "2026-02-30", 'parameter "x": expected a date as in 2026-01-31, got "2026-02-30" (a string)'),
            (Literal["a", "b"], "c", 'parameter "x": expected one of "a", "b", got "c" (a string)'),
            (Literal[1], True, 'parameter "x": expected one of 1, got true (a boolean)'),
            (Colour, "r", 'parameter "x": expected one of "RED", "BLUE", got "r" (a string)'),
            (List[int], [1, "b"], 'parameter "x[1]": expected an integer, got "b" (a string)'),
            (Optional[float], "1", 'parameter "x": expected a number or null, got "1" (a string)'),
            (Inner, {}, 'parameter "x.depth": expected an integer, but it was not given and has no default'),
            (Inner, {"depth": 1, "name": []}, 'parameter "x.name": unknown; did you mean "names"? (known: depth, names)'),
            (Inner, [1], 'parameter "x": expected an object with the fields of Inner, got [1] (a list)'),
            (Optional[Inner], {"depth": "q"}, 'parameter "x.depth": expected an integer, got "q" (a string)'),
        ]
        for hint, value, message in cases:
            with self.subTest(hint=hint, value=value), self.assertRaises(ParameterError) as caught:
                give(hint, value)
            self.assertEqual(str(caught.exception), message)


class Calls(unittest.TestCase):
    """Arguments of a call in Python, as a local run takes them."""

    def give(self, hint, value):
        def fn(x): ...

        fn.__annotations__["x"] = hint
        (by_place,), _ = checked_arguments(fn, (value,), {})
        by_name = checked_arguments(fn, (), {"x": value})[1]["x"]
        self.assertEqual((by_place, type(by_place)), (by_name, type(by_name)))
        return by_place

    def test_what_has_its_type_is_taken_as_it_is(self):
        cases = [
            (datetime.date, datetime.date(2026, 1, 2)),
            (datetime.datetime, datetime.datetime(2026, 1, 2, 3)),
            (Colour, Colour.BLUE),
            (Inner, Inner(1)),
            (List[Inner], [Inner(1)]),
            (Dict[str, Colour], {"k": Colour.RED}),
            (Optional[datetime.date], datetime.date(2026, 1, 2)),
            (Any, object()),
            (bytes, b"no parameter could be"),
            ("NoSuch", 3),
        ]
        for hint, value in cases:
            with self.subTest(hint=hint):
                self.assertIs(self.give(hint, value), value)

    def test_what_an_agent_would_convert_is_converted(self):
        cases = [
            (datetime.date, "2026-01-02", datetime.date(2026, 1, 2)),
            (Colour, "BLUE", Colour.BLUE),
            (float, 2, 2.0),
            (List[int], (1, 2), [1, 2]),
            (Outer, {"inner": Inner(2), "colour": "BLUE"}, Outer(Inner(2), Colour.BLUE)),
            (List[datetime.date], ["2026-01-02", datetime.date(2026, 1, 3)], [datetime.date(2026, 1, 2), datetime.date(2026, 1, 3)]),
        ]
        for hint, value, expected in cases:
            with self.subTest(hint=hint):
                found = self.give(hint, value)
                self.assertEqual((found, type(found)), (expected, type(expected)))

    def test_anything_else_says_what_an_agent_says(self):
        cases = [
            (int, "abc", 'parameter "x": expected an integer, got "abc" (a string)'),
            (List[int], (1, "b"), 'parameter "x[1]": expected an integer, got "b" (a string)'),
            (Optional[int], (1,), 'parameter "x": expected an integer or null, got [1] (a list)'),
            (Inner, {"depth": 1, 2: 3}, 'parameter "x.2": unknown (known: depth, names)'),
            (datetime.date, datetime.datetime(2026, 1, 2), 'parameter "x": expected a date as in 2026-01-31, got datetime.datetime(2026, 1, 2, 0, 0) (of type datetime.datetime)'),
            (List[int], {1}, 'parameter "x": expected a list, got {1} (of type set)'),
        ]
        for hint, value, message in cases:
            with self.subTest(hint=hint), self.assertRaises(ParameterError) as caught:
                self.give(hint, value)
            self.assertEqual(str(caught.exception), message)


if __name__ == "__main__":
    unittest.main()
