import json
import os
import unittest
import zipfile

from .support import RUN, Outcome, read
from .test_memory import MemoryCase

CHILD = "01930000-0000-7000-8000-000000000009"


def wheel(folder, name, body):
    """A package that needs no index to be installed."""
    path = os.path.join(folder, f"{name}-1-py3-none-any.whl")
    info = f"{name}-1.dist-info"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(f"{name}.py", body)
        file.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        file.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        file.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


class Apart(MemoryCase):
    """A run whose task names a pool, and the run that does it, as the agent starts each."""

    def parent(self, code, run=RUN, answers=(), **more):
        self.answers = answers
        return self.go("import tidegate.suspend\ntidegate.suspend.LINGER = 0.05\n" + code, run, **more)

    def start(self, limit=None):
        for number, answer in enumerate(getattr(self, "answers", ())):
            self.write({f"inbox/{number:04}.json": json.dumps({"type": "answer", "by": None, **answer})})
        if getattr(self, "given", None) is not None:
            self.write({"parameters.json": json.dumps(self.given)})
        return super().start(limit)

    def child(self, code, asked, **more):
        """What the agent makes of what a parent asked for."""
        self.given, self.answers = asked["parameters"], ()
        try:
            return self.go("import tidegate.suspend\ntidegate.suspend.LINGER = 0.05\n" + code, CHILD, step=asked["step"], **more)
        finally:
            self.given = None

    def both(self, code, **more):
        """The parent, the run that it asked for, and the parent once it has the answer."""
        first = self.parent(code)
        self.assertEqual(first.code, 75, first.err)
        asked = first.of("wait")[0]
        child = self.child(code, asked["child"], **more)
        last = child.events[-1]
        state = "answered" if last["type"] == "result" else "failed"
        answer = {"key": asked["key"], "state": state, "value": last.get("json"), "error": last.get("error")}
        return first, child, self.parent(code, answers=[answer])

    CODE = "@task\ndef make():\n    return [1, 2]\n@task(pool='gpu', retries=1)\ndef train(rows, rate=0.5):\n    done('train')\n    print('rows', len(rows))\n    return {'score': sum(rows) * rate}\n@task\ndef show(scored):\n    return scored['score']\n@flow\ndef main():\n    return show(train(make()))\n"

    def test_is_a_run_of_the_same_version_in_its_pool_that_the_body_awaits_without_a_process(self):
        first, child, last = self.both(self.CODE)
        asked = first.of("wait")[0]
        self.assertEqual((asked["key"], asked["kind"], asked["child"]["pool"], asked["child"]["step"], asked["child"]["flow"]), ("train#0", "child", "gpu", "train", None))
        self.assertEqual(asked["child"]["parameters"], {"task": {"file": "flow.py", "name": "train"}, "arguments": {"rows": [1, 2]}})
        self.assertEqual(first.events[-1]["on"], ["train#0"])
        self.assertEqual((child.code, child.events[-1]["json"], child.states("train#0"), child.messages(s="stdout")), (0, {"score": 1.5}, ["running", "succeeded"], ["rows 2"]))
        self.assertEqual((last.events[-1]["json"], child.effects, last.effects), (1.5, ["train"], []))
        edges = {event["key"]: event["parents"] for event in first.of("task") + last.of("task")}
        self.assertEqual((edges["train#0"], edges["show#0"]), (["make#0"], ["train#0"]))

    def test_values_that_json_does_not_say_come_over_as_they_are(self):
        code = "from datetime import date\n@task(pool='gpu')\ndef later(day, many):\n    return (day.replace(year=2030), {1, 2}, len(many))\n@flow\ndef main():\n    got = later(date(2026, 1, 31), many=list(range(50000)))\n    return [str(got[0]), sorted(got[1]), got[2]]\n"
        _, child, last = self.both(code)
        self.assertEqual((last.code, last.events[-1].get("json")), (0, ["2030-01-31", [1, 2], 50000]), child.events[-1])

    def test_a_value_that_lies_in_another_store_is_an_error_that_names_both(self):
        code = "@task(pool='gpu')\ndef big(data): return len(data)\n@flow\ndef main(): return big(bytes(300000))\n"
        asked = self.parent(code).of("wait")[0]["child"]
        other = os.path.join(self.folder, "other")
        self.write({"store.json": '{"format":1,"id":"fedcba9876543210"}'}, other)
        self.assertEqual(self.child(code, asked).events[-1]["json"], 300000)
        refused = self.child(code, asked, store=other)
        self.assertRegex(refused.events[-1]["error"]["message"], "lies in store 0123456789abcdef, and this agent reaches fedcba9876543210")

    def test_one_that_failed_raises_in_the_body_with_what_it_raised(self):
        code = "from tidegate import WaitFailed\n@task(pool='gpu')\ndef bad(): raise ValueError('no rows')\n@flow\ndef main():\n    try: bad()\n    except WaitFailed as problem: return str(problem)\n"
        _, child, last = self.both(code)
        self.assertEqual((child.code, last.events[-1]["json"]), (1, "bad#0 failed: ValueError: no rows"))

    def test_submitted_and_mapped_ones_are_asked_for_at_once_and_may_be_passed_on(self):
        code = "@task(pool='gpu')\ndef part(n, add): return n + add\n@task\ndef total(parts): return sum(parts)\n@flow\ndef main():\n    one = part.submit(5, 1)\n    rest = part.map([1, 2], add=10)\n    return total.submit([one, *rest]).result()\n"
        first = self.parent(code)
        self.assertEqual([wait["key"] for wait in first.of("wait")], ["part#0", "part#1[0]", "part#1[1]"])
        self.assertEqual((first.code, sorted(first.events[-1]["on"])), (75, ["part#0", "part#1[0]", "part#1[1]"]))
        answers = [{"key": wait["key"], "state": "answered", "value": self.child(code, wait["child"]).events[-1]["json"]} for wait in first.of("wait")]
        self.assertEqual(self.parent(code, answers=answers).events[-1]["json"], 6 + 11 + 12)

    def test_a_map_over_items_that_never_end_is_told(self):
        code = "from itertools import count\nimport tidegate.apart, tidegate.children\ntidegate.apart.MOST = tidegate.children.MOST = 20\n@task(pool='gpu')\ndef part(n): return n\n@flow\ndef main():\n    try: run_flow.map('other', ({'n': n} for n in count()))\n    except ValueError as problem: print(problem)\n    part.map(count())\n"
        done = self.parent(code)
        self.assertRegex(done.messages(s="stdout")[0], "run_flow.map\\(\\) was given more than 20 parameters; does what makes them end")
        self.assertRegex(done.events[-1]["error"]["message"], "part.map\\(\\) was given more than 20 items, each a run of its own; does what makes them end")

    def test_a_run_that_resumes_takes_the_answer_unless_code_or_inputs_have_changed(self):
        code = "import os\n@task(pool='gpu')\ndef part(n): return n\n@flow\ndef main():\n    got = part(4)\n    if os.path.exists('../../bad'): raise ValueError\n    return got\n"
        answer = {"key": "part#0", "state": "answered", "value": 4}
        open(os.path.join(self.folder, "bad"), "w").close()
        self.assertEqual(self.parent(code, answers=[answer]).code, 1)
        os.unlink(os.path.join(self.folder, "bad"))
        line = {"run": RUN, "from": None, "changed": "rerun"}
        other = "01930000-0000-7000-8000-00000000000{}".format
        same = self.parent(code, other(2), resumes=line)
        self.assertEqual((same.events[-1]["json"], self.origin(same, "part#0")), (4, {"run": RUN, "cached": False}))
        for number, changed in ((3, code.replace("part(4)", "part(5)")), (4, code.replace("return n\n", "return n + 1\n"))):
            again = self.parent(changed, other(number), resumes=line)
            self.assertEqual((again.code, again.of("wait")[0]["key"]), (75, "part#0"))
            self.assertRegex(again.messages()[0], "part#0 runs again: its (inputs are|code is) not what")
        kept = self.parent(code.replace("return n\n", "return n + 1\n"), other(5), resumes={**line, "changed": "keep"})
        self.assertEqual(kept.events[-1]["json"], 4)
        chosen = self.parent(code, other(7), resumes={**line, "from": "part#0"})
        self.assertEqual((chosen.code, chosen.of("wait")[0]["key"]), (75, "part#0"))
        mark = [{"key": "part#0", "state": "succeeded", "value": 40}]
        marked = self.parent(code, other(6), resumes=line, marks=mark)
        self.assertEqual((marked.events[-1]["json"], self.origin(marked, "part#0")), (40, {"run": RUN, "cached": False}))

    def test_is_not_called_inside_a_task_and_found_by_its_name(self):
        inside = self.parent("@task(pool='gpu')\ndef part(): return 1\n@task\ndef outer(): return part()\n@flow\ndef main(): outer()\n")
        self.assertRegex(inside.events[-1]["error"]["message"], "part has pool=… and is called in the task outer#0, but only the flow's own body")
        local = self.parent("@flow\ndef main():\n    @task(pool='gpu')\n    def part(): return 1\n    part()\n")
        self.assertRegex(local.events[-1]["error"]["message"], "make it a function of a module of the project")

    def test_an_environment_of_its_own_is_built_once_and_the_task_runs_in_it(self):
        made = wheel(self.folder, "tg_probe", "VALUE = 42\n")
        code = f"import sys\n@task(environment=[{made!r}])\ndef probe():\n    from tg_probe import VALUE\n    log.info('in', sys.prefix)\n    return VALUE\n@flow\ndef main(): return probe()\n"
        first, child, last = self.both(code)
        self.assertIsNone(first.of("wait")[0]["child"]["pool"])
        self.assertEqual((child.code, last.events[-1].get("json")), (0, 42), child.events[-1])
        said = child.messages()
        self.assertEqual([line.split(":")[0] for line in said if "environment" in line][:1], ["building the environment of this step"])
        self.assertTrue(said[-1].startswith("in " + os.path.join(self.store, "environments")), said)
        again = self.child(code, first.of("wait")[0]["child"])
        self.assertEqual((again.events[-1]["json"], [line for line in again.messages() if "building" in line]), (42, []))
        self.assertEqual([event["type"] for event in again.events][0], "started")

    def test_an_environment_that_cannot_be_built_fails_the_run_with_the_installers_words(self):
        code = "@task(environment='requirements-gpu.txt')\ndef probe(): return 1\n@flow\ndef main(): return probe()\n"
        asked = self.parent(code).of("wait")[0]["child"]
        done = self.child(code, asked)
        self.assertEqual((done.code, done.events[-1]["error"]["message"]), (2, "the project has no file requirements-gpu.txt"))

    def test_is_an_ordinary_task_without_an_agent(self):
        self.write({"f.py": "from tidegate import *\n" + "@task(pool='gpu', environment=['torch'])\ndef part(n): return n + 1\n@flow\ndef main(): return [part(1), part.map([1, 2]).results()]\nif __name__ == '__main__': print(main())\n"})
        done = self.python("f.py")
        self.assertEqual(done.stdout, "[2, [2, 3]]\n", done.stderr)

    def test_a_wrong_one_is_refused_where_it_is_written(self):
        from tidegate import task

        for given, message in (({"pool": 3}, "takes the name of a pool"), ({"environment": []}, "path of a requirements file"), ({"image": "cuda 12"}, "takes the name of an image")):
            with self.assertRaisesRegex(TypeError, message):
                task(**given)


if __name__ == "__main__":
    unittest.main()
