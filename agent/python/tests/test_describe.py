import json
import os
import unittest

from tidegate.describe import DescribeError, describe

from .support import RunCase

RICH = '''
import dataclasses, enum
from dataclasses import dataclass, field
import datetime as dt
from typing import Optional, Literal
import tidegate as tg
from steps import load
FOLDS = 5
class Kind(enum.Enum):
    ONE = enum.auto()
    TWO = "b"
@dataclass(frozen=True)
class Model:
    """A model.

    Attributes:
        k: neighbours
    """
    k: int = 3
    tags: list = field(default_factory=list)
    kind: "Kind" = Kind.TWO
@tg.task
def fit(rows): ...
def helper(x):
    return fit(x)
@tg.flow(name="rich one")
def rich(a, n: int = FOLDS, *, day: Optional[dt.date] = dt.date(2026, 1, 2), when: dt.datetime = None, kind: Kind = Kind.ONE, model: Model = Model(k=4), how: Literal["x", -1] = "x", f: float = -1.5):
    """Do it.

    Args:
        n: how many
    """
    return helper(load(a))
'''


class Describe(RunCase):
    def describe(self, *arguments, stdin=None):
        return self.python("-m", "tidegate.describe", self.folder, "--json", *arguments, stdin=stdin)

    def flows(self, *arguments, stdin=None):
        done = self.describe(*arguments, stdin=stdin)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return json.loads(done.stdout)["flows"]

    def test_the_parser_alone_answers_and_nothing_is_run(self):
        self.write({"flow.py": "import nosuchpackage, sys\nsys.exit('ran')\n" + RICH, "steps.py": "from tidegate import task\n@task\ndef load(x): ...\n"})
        (found,) = self.flows()
        self.assertEqual((found["name"], found["entry"], found["tasks"]), ("rich one", "flow.py:rich", ["load", "fit"]))
        self.assertEqual(found["doc"], "Do it.\n\nArgs:\n    n: how many")
        self.assertEqual(found["parameters"]["properties"]["model"]["default"], {"k": 4, "tags": [], "kind": "TWO"})

    def test_the_parser_and_an_import_agree(self):
        self.write({"flow.py": RICH, "steps.py": "from tidegate import task\n@task\ndef load(x): ...\n"})
        (parsed,) = self.flows()
        self.write({"flow.py": RICH.replace("n: int = FOLDS", "n: int = int('5')")})
        (imported,) = self.flows()
        self.assertEqual(parsed, imported)
        self.assertEqual(parsed["parameters"]["properties"]["n"], {"type": "integer", "description": "how many", "default": 5})

    def test_a_module_is_imported_for_what_the_parser_cannot_answer(self):
        self.write({"pkg/kinds.py": "import enum\nclass K(enum.Enum):\n    A = 1\n", "flow.py": "from tidegate import flow\nfrom pkg.kinds import K\nprint('noise')\n@flow\ndef f(k: K = K.A): ...\n"})
        done = self.describe()
        self.assertEqual(json.loads(done.stdout)["flows"][0]["parameters"]["properties"]["k"], {"type": "string", "enum": ["A"], "x-python": "pkg.kinds.K", "default": "A"})
        self.assertEqual(done.stderr, "noise\n")

    def test_a_flow_made_by_a_call_is_found(self):
        self.write({"flow.py": "from tidegate import flow\ndef g(n: int = 1): ...\nf = flow(name='made')(g)\n"})
        self.assertEqual([(one["name"], one["entry"]) for one in self.flows()], [("made", "flow.py:f")])

    def test_an_import_that_fails_gives_its_own_traceback_and_exit_2(self):
        self.write({"flow.py": "from tidegate import flow\nimport nosuch\n@flow\ndef f(k: nosuch.T): ...\n"})
        done = self.describe()
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertRegex(done.stderr, r'^Traceback \(most recent call last\):\n  File "[^\n]*flow.py", line 2, in <module>\n')
        self.assertTrue(done.stderr.endswith("ModuleNotFoundError: No module named 'nosuch'\n"))
        self.assertEqual(done.stderr.count("  File "), 1)

    def test_a_syntax_error_names_file_and_line(self):
        self.write({"a/flow.py": "from tidegate import flow\ndef f(:\n"})
        done = self.describe()
        self.assertEqual(done.returncode, 2)
        self.assertIn(f'File "{os.path.join(self.folder, "a/flow.py")}", line 2', done.stderr)

    def test_two_flows_of_one_name_are_refused_with_both_places(self):
        self.write({name: "from tidegate import flow\n@flow\ndef same(): ...\n" for name in ("a.py", "b.py")})
        done = self.describe()
        self.assertEqual(done.returncode, 2)
        self.assertEqual(done.stderr, 'two flows are called "same": a.py:same (line 3) and b.py:same (line 3). Give one another name: @flow(name="…")\n')

    def test_two_flows_of_one_function_name_in_one_file_are_refused_and_alternatives_are_not(self):
        head = "from tidegate import flow\n"
        one = "@flow\ndef same(): ...\n"
        self.write({"flow.py": f"{head}{one}{one}"})
        done = self.describe()
        self.assertEqual(done.returncode, 2)
        self.assertIn('flow.py, lines 3 and 5: two flows are the function "same", and only the second would be kept.', done.stderr)
        inner = "    @flow\n    def same(): ...\n"
        self.write({"flow.py": f"{head}try:\n{inner}except Exception:\n{inner}"})
        self.assertEqual(self.describe().returncode, 0)

    def test_a_hint_that_no_parameter_can_have_names_flow_and_parameter(self):
        self.write({"flow.py": "from tidegate import flow\n@flow\ndef f(x: bytes): ...\n"})
        done = self.describe()
        self.assertEqual(done.returncode, 2)
        self.assertIn('flow.py:f, line 3: parameter "x": bytes is no type that a parameter can have', done.stderr)

    def test_an_environment_that_the_project_has_not_and_what_is_no_image_are_refused_at_the_deploy(self):
        for given, message in (("environment='gpu.txt'", "flow.py:part, line 3: @task(environment=\"gpu.txt\"): the project has no such file"), ("image='--privileged'", "flow.py:part, line 3: @task(image=…) takes the name of an image"), ("image='x', environment=['numpy']", "say one of them")):
            self.write({"flow.py": f"from tidegate import *\n@task({given})\ndef part(): ...\n@flow\ndef main(): part()\n"})
            done = self.describe()
            self.assertEqual(done.returncode, 2)
            self.assertIn(message, done.stderr)

    def test_a_value_that_would_fail_at_the_agents_import_is_refused_at_the_deploy_and_what_is_computed_is_not(self):
        head = "import nosuchpackage\nfrom tidegate import *\nfrom nosuch import key, limit\nLIMIT = '30s'\ndef own(n): ...\n"
        tail = "def part(): ...\n@flow\ndef main(): part()\n"
        for words, said in (
            ("@task(retries='3')\n", "flow.py:part, line 7: @task(retries=…) takes a whole number from 0 to 99, not '3'"),
            ("@task(retries=-1)\n", "@task(retries=…) takes a whole number from 0 to 99, not -1"),
            ("@task(retries=100)\n", "not 100"),
            ("@task(timeout=LIMIT)\n", "@task(timeout=…) takes seconds as a number from 0 up, or a timedelta, not '30s'"),
            ("@task(retry_jitter=3)\n", "takes a share of the delay from 0 to 1, not 3"),
            ("@task(cache_for=60)\n", "say cache=True or a key function beside it"),
            ("@task(timeout=own)\n", "or a timedelta, not a function"),
            ("@task(name='')\n", "takes a name that is not empty"),
            ("@task('part')\n", '@task takes no argument without its name: @task(name="…") gives a name'),
            ("class Box:\n    @task(retry_on='x')\n    def item(self): ...\n", "flow.py, line 7: @task(retry_on=…) takes exception types"),
            ("other = task(retries='3')(own)\n", "flow.py, line 6: @task(retries=…)"),
        ):
            self.write({"flow.py": head + words + tail})
            with self.assertRaises(DescribeError) as caught:
                describe(self.folder)
            self.assertIn(said, str(caught.exception), words)
        for words in ("cache=key, cache_for=60", "cache=lambda: 1, cache_for=60", "retry_on=(OSError, KeyError)", "timeout=limit", "retries=len('ab')", "retry_delay=exponential(1), timeout=None", "**limit, cache_for=1"):
            self.write({"flow.py": f"{head}@task({words})\n{tail}"})
            self.assertEqual([one["name"] for one in describe(self.folder)["flows"]], ["main"], words)

    def test_hidden_folders_environments_and_files_without_tidegate_are_not_read(self):
        bad = "from tidegate import flow\n@flow\ndef f(: broken\n"
        self.write({".hidden/a.py": bad, "venv/a.py": bad, "mine/pyvenv.cfg": "", "mine/a.py": bad, "node_modules/a.py": bad, "old.py": "print 'two'\n", "flow.py": "from tidegate import flow\n@flow\ndef f(): ...\n"})
        self.assertEqual([one["entry"] for one in self.flows()], ["flow.py:f"])

    def test_only_the_files_on_stdin_are_looked_at(self):
        self.write({"a.py": "from tidegate import flow\n@flow\ndef f(): ...\n", "b.py": "broken tidegate (\n"})
        self.assertEqual([one["entry"] for one in self.flows("--files", "-", stdin="a.py\0data.csv\0")], ["a.py:f"])

    def test_patterns_choose_flows_and_one_that_matches_none_is_refused(self):
        self.write({"a.py": "from tidegate import flow\n@flow\ndef one(): ...\n@flow\ndef two(): ...\n"})
        self.assertEqual([one["name"] for one in self.flows("--flow", "t*")], ["two"])
        self.assertEqual([one["name"] for one in self.flows("--flow", "a.py:one")], ["one"])
        done = self.describe("--flow", "three")
        self.assertEqual((done.returncode, done.stderr), (2, 'no flow matches "three". The flows of this project: one, two\n'))

    def test_a_single_file_is_a_project(self):
        self.write({"a.py": "from tidegate import flow\n@flow\ndef one(): ...\n", "b.py": "from tidegate import flow\n@flow\ndef one(): ...\n"})
        done = self.python("-m", "tidegate.describe", os.path.join(self.folder, "a.py"))
        self.assertEqual([one["entry"] for one in json.loads(done.stdout)["flows"]], ["a.py:one"])

    def test_a_folder_that_is_not_there_is_said(self):
        done = self.python("-m", "tidegate.describe", os.path.join(self.folder, "nowhere"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("nowhere", done.stderr)


if __name__ == "__main__":
    unittest.main()
