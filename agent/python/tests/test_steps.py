"""Flows of steps: what a plan comes to, done by a process of its own as an agent does it."""

import json
import os
import threading
import unittest
import unittest.mock
from http.server import BaseHTTPRequestHandler, HTTPServer

from tidegate.steps.body import Secrets, Variables
from tidegate.steps.database import query
from tidegate.steps.kinds import _database
from tidegate.steps.notebook import rendered
from tidegate.steps.values import ExpressionError, filled, value

from .support import RUN, Outcome, RunCase, read

ALWAYS = {"needs": [], "results": [], "states": [], "when": None, "matrix": None, "concurrency": None, "retries": 0, "retry_delay": 0}
ALWAYS.update({"timeout": None, "requirements": None, "with": {}, "env": {}, "database": None, "pool": None})
STRING = {"type": "string"}


def step(name, kind, does, **more):
    return {**ALWAYS, "name": name, "kind": kind, "does": does, **more}


def result(name):
    return ["get", "steps", name, "result"]


class StepsCase(RunCase):
    plan = {}  # more words of it

    def run_steps(self, *steps, parameters=None, properties=None, files=None):
        schema = {"type": "object", "properties": properties or {}, "required": [], "additionalProperties": False}
        plan = json.dumps({"format": 1, "flow": "night", "parameters": schema, "steps": list(steps), **self.plan})
        return self.run_flow("", parameters, "tidegate.yaml:night", {"tidegate.steps.json": plan, **(files or {})})


class Steps(StepsCase):
    def test_lines_are_told_live_and_the_last_is_the_result(self):
        done = self.run_steps(step("a", "run", ["echo one; echo two >&2; echo three"]))
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.messages(k="a#0"), ["one", "two", "three"])
        self.assertEqual(done.events[-1]["json"], "three")

    def test_a_result_file_gives_data_to_a_callable_and_needs_are_the_graph(self):
        done = self.run_steps(
            step("a", "run", ["""echo '{"n": [1, 2]}' > "$TIDEGATE_RESULT" """]),
            step("b", "python", "work.py:total", needs=["a"], results=["a"], **{"with": {"numbers": {"$": [[*result("a"), "n"]]}}}),
            files={"work.py": "from tidegate import task\n@task\ndef inner(n):\n    return n\ndef total(numbers):\n    return sum(inner(n) for n in numbers)\n"},
        )
        self.assertEqual(done.events[-1].get("json"), 3, done.events[-1])
        self.assertEqual(next(event for event in done.of("task") if event["key"] == "b#0")["parents"], ["a#0"])
        self.assertIn("b#0/inner#1", [event["key"] for event in done.of("task")])

    def test_every_need_is_an_edge_of_the_graph_whatever_came_of_it(self):
        done = self.run_steps(
            step("a", "run", ["exit 7"]),
            step("b", "run", ["echo never"], needs=["a"]),
            step("c", "run", ["echo c"], when=["value", False]),
            step("d", "run", ["echo d"], needs=["a", "c"], states=["a"], when=["==", ["get", "steps", "a", "state"], ["value", "failed"]]),
            step("e", "run", ["echo e"], needs=["d"], matrix=[{"x": 1}, {"x": 2}]),
            step("f", "run", ["echo f"], needs=["e", "b"]),
        )
        edges = {event["key"]: event["parents"] for event in done.of("task")}
        self.assertEqual(edges, {"a#0": [], "b#0": ["a#0"], "c#0": [], "d#0": ["a#0", "c#0"], "e#0[0]": ["d#0"], "e#0[1]": ["d#0"], "f#0": ["e#0[0]", "e#0[1]", "b#0"]})

    def test_the_end_of_the_flow_names_the_step_that_failed(self):
        done = self.run_steps(step("grade", "run", ["exit ", {"tree": ["get", "matrix", "x"], "quoted": False}], matrix=[{"x": 0}, {"x": 7}]))
        self.assertEqual(done.events[-1]["error"]["message"].partition("\n")[0], "grade[1]: the script ended with exit code 7")
        failed = next(event for event in done.of("task") if event["state"] == "failed")
        self.assertEqual(failed["error"]["message"].partition("\n")[0], "the script ended with exit code 7")

    def test_the_end_of_the_flow_says_in_which_step_a_callable_raised(self):
        done = self.run_steps(step("load", "python", "work.py:load"), files={"work.py": "def load():\n    return 1 / 0\n"})
        error = done.events[-1]["error"]
        self.assertEqual((error["type"], error["message"]), ("ZeroDivisionError", "division by zero"))
        self.assertIn("\nin step load\n", error["traceback"])

    def test_options_and_hooks_of_the_whole_flow(self):
        self.plan = {
            "options": {"retries": 1, "retry_delay": [0.5], "timeout": 60},
            "hooks": {"failure": step("on_failure", "run", ["echo ", {"tree": ["get", "run", "error"], "quoted": False}, " ", {"tree": ["get", "params", "n"], "quoted": False}])},
        }
        done = self.run_steps(step("a", "run", ["exit 7"]), parameters={"n": 4}, properties={"n": {"type": "integer"}})
        self.assertEqual([(event["type"], event.get("after")) for event in done.events[-2:]], [("retry", 0.5), ("error", None)])
        info = json.loads(read(os.path.join(self.folder, "run.json")))
        hook = {"on": "failure", "state": "failed", "error": {"type": "StepFailed", "message": "exit code 7"}}
        self.write({"run.json": json.dumps({**info, "parent": RUN, "hook": hook})})
        after = self.finished(self.start())
        self.assertEqual((after.code, after.messages(k="on_failure#0")), (0, ["StepFailed: exit code 7 4"]))

    def test_values_are_never_read_by_the_shell(self):
        hostile = "$(touch made) `touch made` \"; touch made; ' \n*"
        script = ["printf '%s|' ", {"tree": ["get", "params", "x"], "quoted": False}, ' "', {"tree": ["get", "params", "x"], "quoted": True}, '" > "$TIDEGATE_RESULT"; ls']
        done = self.run_steps(step("a", "run", script), parameters={"x": hostile}, properties={"x": STRING})
        self.assertEqual(done.events[-1]["json"], f"{hostile}|{hostile}|")
        self.assertNotIn("made", done.messages(k="a#0"))

    def test_an_exit_code_is_told_with_the_last_lines_and_others_go_on(self):
        done = self.run_steps(
            step("a", "run", ["echo before; exit 7"]),
            step("b", "run", ["echo never"], needs=["a"]),
            step("c", "run", ["echo beside"]),
            step("d", "run", ["echo cleaned"], needs=["a"], states=["a"], when=["==", ["get", "steps", "a", "state"], ["value", "failed"]]),
        )
        self.assertEqual(done.code, 1)
        self.assertIn("exit code 7\n  before", done.events[-1]["error"]["message"])
        self.assertEqual([done.states(f"{name}#0")[-1] for name in "abcd"], ["failed", "skipped", "succeeded", "succeeded"])

    def test_a_false_when_skips_and_dependents_run_unless_they_need_its_result(self):
        done = self.run_steps(
            step("a", "run", ["echo a"], when=[">", ["get", "params", "n"], ["value", 5]]),
            step("b", "run", ["echo ", {"tree": result("a"), "quoted": False}], needs=["a"], results=["a"]),
            step("c", "run", ["echo c"], needs=["a", "b"]),
            parameters={"n": 3},
            properties={"n": {"type": "integer"}},
        )
        self.assertEqual([done.states(f"{name}#0")[-1] for name in "abc"], ["skipped", "skipped", "succeeded"])
        self.assertIn("b is skipped: it needs the result of a, which was skipped", done.messages())

    def test_a_matrix_is_a_map_and_its_results_are_in_order(self):
        done = self.run_steps(
            step("a", "run", ["echo ", {"tree": ["get", "matrix", "x"], "quoted": False}], matrix=[{"x": 3}, {"x": "b c"}]),
            step("b", "python", "json:dumps", needs=["a"], results=["a"], **{"with": {"obj": {"$": [result("a")]}}}),
        )
        self.assertEqual(done.events[-1].get("json"), '["3", "b c"]', done.events[-1])
        self.assertEqual(done.states("a#0[1]"), ["pending", "running", "succeeded"])

    def test_retries_are_the_sdks_own(self):
        script = ["test -f here && echo there || { touch here; exit 1; }"]
        done = self.run_steps(step("a", "run", script, retries=2, retry_delay=0.01))
        self.assertEqual(done.code, 0, done.events[-1])
        self.assertEqual(done.states("a#0"), ["pending", "running", "failed", "waiting", "running", "succeeded"])

    def test_a_timeout_ends_the_script_and_what_it_started(self):
        done = self.run_steps(step("a", "run", ["sleep 300 & echo $! > pid; wait"], timeout=1))
        self.assertIn("timeout of 1 s", done.events[-1]["error"]["message"])
        self.assertLess(done.seconds, 60)
        with open(os.path.join(self.folder, "project", "pid")) as file:
            pid = int(file.read())

        def gone():
            try:
                with open(f"/proc/{pid}/stat") as file:
                    return file.read().rpartition(")")[2].split()[0] == "Z"
            except FileNotFoundError:
                return True

        self.until(gone, "the end of what the script started")

    def test_what_is_missing_is_named(self):
        done = self.run_steps(step("a", "notebook", "n.ipynb"), files={"n.ipynb": "{}"})
        self.assertRegex(done.events[-1]["error"]["message"], "add nbclient to requirements in tidegate.yaml")
        done = self.run_dir_again(step("a", "python", "nowhere.py:f"))
        self.assertIn("the project has no file nowhere.py", done.events[-1]["error"]["message"])

    def test_spark_submit_is_found_on_the_path_and_given_its_words(self):
        does = {"application": "job.py", "args": ["--day", {"$": [["get", "ds"]]}], "master": "local[2]", "conf": {"spark.x": "1"}}
        path = os.environ["PATH"]
        self.addCleanup(os.environ.__setitem__, "PATH", path)
        os.environ["PATH"] = f"{self.folder}{os.pathsep}{path}"
        with open(os.path.join(self.folder, "spark-submit"), "w") as file:
            file.write('#!/bin/sh\necho "$@"\n')
        os.chmod(file.name, 0o755)
        done = self.run_steps(step("a", "spark", does))
        self.assertEqual(done.events[-1].get("json"), "--master local[2] --conf spark.x=1 job.py --day 2026-11-23", done.events[-1])
        os.unlink(file.name)
        done = self.run_dir_again(step("a", "spark", does))
        self.assertIn("spark-submit was not found on the agent's PATH", done.events[-1]["error"]["message"])

    def run_dir_again(self, *steps):
        self.setUp()
        return self.run_steps(*steps)

    def test_a_run_without_its_plan_says_so(self):
        done = self.run_flow("", {}, "tidegate.yaml:night")
        self.assertEqual(done.code, 2)
        self.assertIn("tidegate.steps.json", done.events[-1]["error"]["message"])

    def test_here_a_flow_of_another_project_is_refused_by_its_step_and_the_others_go_on(self):
        steps = [step("far", "flow", "score"), step("after", "run", ["echo x"], needs=["far"]), step("other", "run", ["echo done"])]
        schema = {"type": "object", "properties": {"n": {"type": "integer", "default": 4}}, "required": [], "additionalProperties": False}
        hook = step("on_failure", "run", ["echo hook of ", {"tree": ["get", "params", "n"], "quoted": False}])
        self.write({"plan.json": json.dumps({"format": 1, "flow": "night", "parameters": schema, "steps": steps, "hooks": {"failure": hook}})})
        done = self.python("-m", "tidegate.steps", self.folder, "plan.json", '{"n": 9}')
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r'fail +run score#=far +.*no flow "score" is in .*, which has none in Python, and a local run has only those: .* deploy both')
        self.assertRegex(done.stderr, r"skip +after[^\0]*done +other|done +other[^\0]*skip +after")
        self.assertIn("hook of 9\n", done.stderr)
        self.assertIn("--resume goes on from here", done.stderr)
        again = self.python("-m", "tidegate.steps", self.folder, "plan.json", '{"n": 9}', "--resume")
        self.assertRegex(again.stderr, r"done +other +remembered from run")

    def test_parameters_are_checked_before_anything_runs(self):
        done = self.run_steps(step("a", "run", ["echo a"]), parameters={"n": "many"}, properties={"n": {"type": "integer"}})
        self.assertEqual((done.code, done.of("task")), (2, []))
        self.assertIn('parameter "n"', done.events[-1]["error"]["message"])


    def test_a_resumed_run_does_again_only_what_is_not_done_or_not_the_same(self):
        store = os.path.join(self.folder, "store")
        self.write({"store.json": '{"format":1,"id":"0123456789abcdef"}'}, store)
        top = self.folder

        def go(run, bad, code, day, **more):
            self.folder = os.path.join(top, run)
            steps = [
                step("a", "run", ["echo a >> ../../effects; echo ", {"tree": ["get", "params", "day"], "quoted": False}]),
                step("b", "python", "work.py:b", needs=["a"]),
                step("c", "run", [f"echo c >> ../../effects; {bad}"], needs=["b"]),
            ]
            schema = {"type": "object", "properties": {"day": STRING}, "required": [], "additionalProperties": False}
            plan = json.dumps({"format": 1, "flow": "night", "parameters": schema, "steps": steps})
            os.makedirs(self.folder)
            self.prepare("", {"day": day}, "tidegate.yaml:night", {"tidegate.steps.json": plan, "work.py": code})
            info = json.loads(read(os.path.join(self.folder, "run.json")))
            self.write({"run.json": json.dumps({**info, "contract": 2, "run": run, "store": store, **more})})
            Outcome(self.folder, self.start().wait(120), 0)
            effects = read(os.path.join(top, "effects")).decode().split()
            os.unlink(os.path.join(top, "effects"))
            return effects

        code = "def b():\n    open('../../effects', 'a').write('b\\n')\n"
        others = [f"01930000-0000-7000-8000-00000000000{n}" for n in (2, 3, 4)]
        self.assertEqual(go(RUN, "false", code, "mon"), ["a", "b", "c"])
        self.assertEqual(go(others[0], "true", code, "mon", resumes={"run": RUN, "from": None, "changed": "rerun"}), ["c"])
        self.assertEqual(go(others[1], "true", code + "# new\n", "mon", resumes={"run": others[0], "from": None, "changed": "rerun"})[0], "b")
        self.assertEqual(go(others[2], "true", code + "# new\n", "tue", resumes={"run": others[1], "from": None, "changed": "rerun"})[0], "a")


class Requests(StepsCase):
    def setUp(self):
        super().setUp()
        case = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                case.seen = (self.path, self.headers["X-Day"], self.rfile.read(int(self.headers["Content-Length"])))
                status = 503 if self.path == "/down" else 201
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.end_headers()
                self.wfile.write(b'{"id": 5}')

            def log_message(self, *args):
                pass

        server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        self.url = f"http://127.0.0.1:{server.server_port}"

    def test_a_request_sends_its_values_in_their_types_and_answers_data(self):
        does = {"url": {"$": [f"{self.url}/a/", ["get", "params", "x"]]}, "headers": {"X-Day": {"$": ["on ", ["get", "ds"]]}}, "json": {"n": {"$": [["value", 7]]}}}
        done = self.run_steps(step("a", "http", does), parameters={"x": "b/c?d"}, properties={"x": STRING})
        self.assertEqual(done.events[-1].get("json"), {"id": 5}, done.events[-1])
        self.assertEqual(self.seen, ("/a/b%2Fc%3Fd", "on 2026-11-23", b'{"n":7}'))

    def test_a_status_that_is_not_expected_fails_with_what_was_said(self):
        does = {"url": f"{self.url}/down", "body": "x"}
        done = self.run_steps(step("a", "http", does))
        self.assertRegex(done.events[-1]["error"]["message"], r'/down answered 503: \{"id": 5\}')
        self.folder = os.path.join(self.folder, "again")
        os.makedirs(self.folder)
        self.assertEqual(self.run_steps(step("a", "http", {**does, "expect": [503]})).code, 0)

    def test_a_file_is_no_url(self):
        done = self.run_steps(step("a", "http", {"url": "file:///etc/passwd"}))
        self.assertIn("no URL that begins with http", done.events[-1]["error"]["message"])


class Databases(unittest.TestCase):
    def test_a_connection_comes_before_a_secret_that_holds_a_whole_url(self):
        given = {"TIDEGATE_CONNECTION_A": "x://u:{P}@h/d", "TIDEGATE_SECRET_A": "no", "TIDEGATE_SECRET_P": "p/w", "TIDEGATE_SECRET_B": "y://h"}
        with unittest.mock.patch.dict(os.environ, given):
            self.assertEqual([_database(name, {"secrets": Secrets()}) for name in "AB"], ["x://u:p%2Fw@h/d", "y://h"])


class Values(unittest.TestCase):
    def test_variables_are_asked_for_by_name_and_one_that_is_missing_says_how_to_set_it(self):
        names = {"variables": Variables()}
        with unittest.mock.patch.dict(os.environ, {"TIDEGATE_VARIABLE_REGIONS": '["eu", "us"]'}):
            self.assertEqual(filled({"$": ["to ", ["get", "variables", "REGIONS", 1]]}, names), "to us")
            with self.assertRaisesRegex(ExpressionError, "there is no variable 'REGION' .*Set .*TIDEGATE_VARIABLE_REGION"):
                value(["get", "variables", "REGION"], names)

    def test_trees(self):
        names = {"params": {"x": 3, "tags": ["a"]}, "ds": "2026-03-01", "logical_date": "2026-03-01T06:00:00+00:00"}
        self.assertTrue(value(["and", ["in", ["value", "a"], ["get", "params", "tags"]], ["not", ["==", ["get", "params", "x"], ["value", 4]]]], names))
        self.assertEqual(value(["move", ["get", "ds"], -86400], names), "2026-02-28")
        self.assertEqual(value(["move", ["get", "logical_date"], 3600], names), "2026-03-01T07:00:00+00:00")
        self.assertEqual(filled({"a": {"$": [["get", "params", "x"]]}, "b": [{"$": ["<", ["get", "params", "tags"], ">"]}]}, names), {"a": 3, "b": ['<["a"]>']})

    def test_what_has_no_value_says_why(self):
        for tree, words in (
            (["get", "params", "x", "deep"], "params.x has no 'deep', which is a number"),
            (["get", "params", "y"], "params has no 'y'"),
            (["<", ["value", 1], ["value", "a"]], "a number < text"),
        ):
            with self.assertRaisesRegex(ExpressionError, words):
                value(tree, {"params": {"x": 3}})

    def test_no_attribute_of_an_object_is_reached(self):
        with self.assertRaises(ExpressionError):
            value(["get", "params", "x", "__class__"], {"params": {"x": 3}})

    def test_values_of_a_query_are_bound(self):
        self.assertEqual(
            query({"$": ["select a::int from t where b = ", ["get", "params", "x"], " and c = ':no'"]}, "", {"params": {"x": "'; drop"}}),
            {"statement": "select a\\:\\:int from t where b = :v0 and c = '\\:no'", "bound": {"v0": "'; drop"}},
        )

    def test_a_notebook_is_rendered_with_its_outputs(self):
        class Cell(dict):
            __getattr__ = dict.__getitem__

        outputs = [Cell(output_type="stream", text="hi```\n"), Cell(output_type="display_data", data={"image/png": "AAAA", "text/plain": "<Figure>"})]
        cells = [Cell(cell_type="markdown", source="# Title"), Cell(cell_type="code", source="print('hi')", outputs=outputs)]
        self.assertEqual(rendered(Cell(cells=cells)), ("# Title\n\n```python\nprint('hi')\n```\n\n````\nhi```\n````\n\n*Picture 1*", ["AAAA"]))
