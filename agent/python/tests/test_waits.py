import json
import os
import subprocess
import sys
import time
import unittest

from .support import RUN, SDK, RunCase
from .test_memory import OTHER, MemoryCase


class Waits(MemoryCase):
    def go(self, code, run=RUN, answers=(), **more):
        self.answers = answers
        # How long a wait lingers is of no matter here, and adds up.
        return super().go("import tidegate.suspend\ntidegate.suspend.LINGER = 0.4\n" + code, run, **more)

    def start(self, limit=None):
        for number, answer in enumerate(self.answers):
            self.write({f"inbox/{number:04}.json": json.dumps({"type": "answer", "by": "anna@example.com", **answer})})
        return super().start(limit)

    def test_a_key_that_is_no_text_and_a_thread_of_ones_own_are_told(self):
        code = (
            "import threading\n@flow\ndef main():\n    said = []\n    def ask(*given):\n        try:\n            wait_for(*given, timeout=0.1)\n        except Exception as problem:\n            said.append(str(problem))\n"
            "    ask('paid', 7)\n    ask('paid', 'a\\0b')\n    for given in [('paid', '7'), (lambda: False,)]:\n        thread = threading.Thread(target=ask, args=given)\n        thread.start()\n        thread.join()\n    return said\n"
        )
        got = self.go(code).events[-1]["json"]
        self.assertEqual(got[:2], ["wait_for takes the event's key as text, not 7", "wait_for takes the event's key as text, not 'a\\x00b'"])
        for words in got[2:]:
            self.assertIn("not in a thread of your own", words)

    def test_a_moment_that_no_wait_can_keep_is_refused_where_it_is_asked_for(self):
        code = (
            "from datetime import datetime, timedelta, timezone\n@flow\ndef main():\n    said = []\n"
            "    for ask in (lambda: sleep(days=3e6), lambda: sleep(days=1e9), lambda: wait_until(datetime.max.replace(tzinfo=timezone.utc)), lambda: wait_until(datetime(3000, 1, 1, 0, 0, 1, tzinfo=timezone.utc)),\n"
            "            lambda: sleep(1e30), lambda: approval('Ship it?', timeout=timedelta(days=3e6)), lambda: wait_for('e', timeout=timedelta(days=3e6))):\n"
            "        try:\n            said.append(ask())\n        except (TypeError, ValueError) as problem:\n            said.append(str(problem))\n    return said\n"
        )
        late = " comes to a moment past the latest that a wait may have, 3000-01-01 00:00 UTC"
        told = [f"{what}{late}" for what in ("sleep()", "sleep()", "wait_until(9999-12-31 23:59:59.999999+00:00)", "wait_until(3000-01-01 00:00:01+00:00)")]
        told += [f"{what}=…) takes less than 1e10 seconds, which are 317 years, not {value}" for what, value in (("sleep(seconds", "1e+30"), *[(f"{what}(timeout", "datetime.timedelta(days=3000000)") for what in ("approval", "wait_for")])]
        self.assertEqual(self.go(code).events[-1].get("json"), told)
        last = self.go("from datetime import datetime, timezone\n@flow\ndef main():\n    wait_until(datetime(3000, 1, 1, tzinfo=timezone.utc))\n", OTHER)
        self.assertEqual((last.code, last.of("wait")[0]["until"]), (75, 32_503_680_000))

    def test_an_approval_ends_the_process_and_the_next_one_has_the_answer(self):
        code = "@task\ndef before():\n    done('before'); return 1\n@flow\ndef main():\n    n = before()\n    a = approval('Ship it?', {'type': 'object'})\n    return [n, bool(a), a.form, a.by]\n"
        first = self.go(code)
        self.assertEqual((first.code, [event["type"] for event in first.events][-2:]), (75, ["wait", "suspend"]))
        self.assertEqual((first.events[-1]["on"], first.events[-1]["mode"]), (["approval#0"], "all"))
        self.assertEqual((first.events[-2]["kind"], first.events[-2]["prompt"]), ("approval", {"text": "Ship it?", "form": {"type": "object"}}))
        self.assertEqual(first.states("approval#0"), ["waiting"])
        second = self.go(code, answers=[{"key": "approval#0", "state": "answered", "value": {"why": "x"}}])
        self.assertEqual((second.events[-1]["json"], second.effects, second.states("approval#0")), ([1, True, {"why": "x"}, "anna@example.com"], [], ["succeeded"]))

    def test_a_task_that_failed_before_a_wait_is_not_done_again_behind_it_until_the_flow_is_tried_again(self):
        # What a person was asked because of it must be what he was asked.
        code = (
            "import subprocess\n@task(retries=1)\ndef ship(n):\n    done('ship')\n    raise subprocess.CalledProcessError(n, 'ship')\n@task\nasync def look():\n    done('look')\n    raise KeyError('x')\n"
            "@flow\nasync def main():\n    said = []\n    try:\n        ship(3)\n    except subprocess.CalledProcessError as problem:\n        said.append(problem.returncode)\n    try:\n        await look()\n    except KeyError as problem:\n        said.append(str(problem))\n"
            "    said += [str(one) for one in ship.map([4]).results(failed='return')]\n    return [*said, bool(approval('Roll back?'))]\n"
        )
        first = self.go(code)
        self.assertEqual((first.code, sorted(first.effects)), (75, ["look", "ship", "ship", "ship", "ship"]), first.err)
        answers = [{"key": "approval#0", "state": "answered", "value": True}]
        second = self.go(code, answers=answers)
        self.assertEqual((second.effects, second.events[-1]["json"]), ([], [3, "'x'", "Command 'ship' returned non-zero exit status 4.", True]), second.err)
        told = [event for event in second.of("task") if event["key"] == "ship#0"]
        self.assertEqual([(event["state"], event["attempt"], "done('ship')" in event["error"]["traceback"] or "raise subprocess" in event["error"]["traceback"]) for event in told], [("failed", 2, True)])
        self.assertEqual(second.states("ship#1[0]"), ["failed"])
        self.assertEqual(self.go(code, answers=answers, attempt=2).effects.count("ship"), 4)

    def test_what_the_body_shows_again_after_a_wait_keeps_its_id_and_its_order(self):
        code = "from tidegate import artifact\n@task(retries=1, retry_delay=0)\ndef try_it():\n    artifact.markdown('tried')\n    raise ValueError\n@flow\ndef main():\n    for n in range(3): artifact.metrics(loss=n)\n    artifact.markdown('# before')\n    approval('Ship it?')\n    try_it()\n"
        first = [event["id"] for event in self.go(code).of("artifact")]
        second = [event["id"] for event in self.go(code, answers=[{"key": "approval#0", "state": "answered", "value": True}]).of("artifact")]
        self.assertEqual((len(set(first)), first[:3], second[:4], len(set(second))), (4, sorted(first[:3]), first, 6))
        other = [event["id"] for event in self.go(code, OTHER).of("artifact")]
        self.assertEqual(len({*first, *other}), 8)

    def test_an_answer_that_does_not_fit_its_form_fails_by_name_and_a_run_that_resumes_asks_again(self):
        head = "from dataclasses import dataclass\n@dataclass\nclass Why:\n    share: float\n@flow\ndef main(): return {}\n"
        wanted = {"type": "object", "required": ["why"], "properties": {"why": {"type": "string"}}}
        asked = (("approval('Ship it?', Why).form.share", {"share": "all"}, "form.share"), (f"approval('Ship it?', {wanted}).form", {"reason": 1}, "approval#0 was answered without why"))
        for number, (call, value, message) in enumerate(asked):
            code, run = head.format(call), "01930000-0000-7000-8000-00000000001" + str(number)
            first = self.go(code, run, answers=[{"key": "approval#0", "state": "answered", "value": value}])
            self.assertEqual((first.code, first.events[-1]["error"]["type"], first.states("approval#0")), (1, "ParameterError", ["failed"]))
            self.assertIn(message, first.events[-1]["error"]["message"])
            again = self.go(code, run[:-2] + "2" + str(number), resumes={"run": run, "from": None, "changed": "rerun"})
            self.assertEqual((again.code, again.events[-1]["on"]), (75, ["approval#0"]))

    def test_an_answer_is_remembered_by_the_run_that_resumes_it(self):
        code = "@task\ndef bad(): raise ValueError\n@flow\ndef main():\n    print(bool(approval('Ship it?')))\n    bad()\n"
        first = self.go(code, answers=[{"key": "approval#0", "state": "answered", "value": False}])
        second = self.go(code, run=OTHER, resumes={"run": RUN, "from": None, "changed": "rerun"})
        self.assertEqual((first.messages(), second.messages(), second.code), (["False"], ["False"], 1))
        self.assertEqual(self.origin(second, "approval#0"), {"run": RUN, "cached": False})

    def test_a_long_sleep_ends_the_process_is_due_at_the_same_instant_again_and_a_short_one_stays(self):
        code = "@flow\ndef main():\n    sleep(2)\n    sleep(days=3)\n    return 'woken'\n"
        first, again = self.go(code), self.go(code)
        until = [done.of("wait")[0]["until"] for done in (first, again)]
        self.assertEqual((first.code, again.code, until[0]), (75, 75, until[1]))
        self.assertEqual((first.states("sleep#0"), first.states("sleep#1")), (["running", "succeeded"], ["waiting"]))
        self.assertAlmostEqual(until[0], time.time() + 3 * 86400, delta=300)
        done = self.go(code, answers=[{"key": "sleep#1", "state": "due"}])
        self.assertEqual((done.events[-1]["json"], done.of("wait")), ("woken", []))

    def test_a_wait_in_a_task_or_beside_a_running_one_keeps_the_process(self):
        code = "import time\n@task\ndef slow():\n    time.sleep(1.5); done('slow'); return 1\n@task\ndef inside():\n    sleep(0.2); return 2\n@flow\ndef main():\n    f = slow.submit()\n    print(inside())\n    approval('Ship it?')\n    return f.result()\n"
        done = self.go(code)
        self.assertEqual((done.code, done.effects, done.messages(s="stdout")), (75, ["slow"], ["2"]))

    def test_a_wait_that_nobody_answered_in_time_raises_and_an_event_brings_its_value(self):
        code = "@flow\ndef main():\n    got = wait_for('upload', 'eu')\n    try: approval('Ship it?', timeout=60)\n    except TimeoutError as e: return [got, str(e)]\n"
        first = self.go(code)
        self.assertEqual((first.code, first.of("wait")[0]["event"]), (75, "upload\0eu"))
        done = self.go(code, answers=[{"key": "event#0", "state": "answered", "value": 7}, {"key": "approval#0", "state": "expired"}])
        self.assertEqual((done.events[-1]["json"], done.states("approval#0")[-1]), ([7, "approval#0 had no answer before its deadline"], "failed"))

    def test_another_attempt_of_the_flow_asks_again_what_failed_by_a_key_of_its_own_and_remembers_what_did_not(self):
        code = "@flow\ndef main():\n    one, two = run_flow.submit('a'), run_flow.submit('b', key='b')\n    said = run_flow('good')\n    try: approval('Ship it?', timeout=60)\n    except TimeoutError: said += 1\n    return [said, one.result(), two.result()]\n"
        answers = [{"key": "run good#0", "state": "answered", "value": 1}, {"key": "approval#0", "state": "expired"}, {"key": "run a#0", "state": "failed"}]
        first = self.go(code, answers=answers)
        asked = {event["key"]: event["child"]["id"] for event in first.of("wait") if event["kind"] == "child"}
        self.assertEqual((first.code, first.events[-1]["error"]["type"]), (1, "WaitFailed"))
        second = self.go(code, answers=answers, attempt=2)
        told = {event["key"]: event.get("child") for event in second.of("wait")}
        self.assertEqual((second.code, list(told)), (75, ["run a#0 (attempt 2)", "run b#=b", "approval#0 (attempt 2)"]))
        self.assertNotEqual(told["run a#0 (attempt 2)"]["id"], asked["run a#0"])
        self.assertEqual(told["run b#=b"]["id"], asked["run b#=b"])
        # What comes while this attempt goes on is its own, in each of its processes.
        answers += [{"key": "approval#0 (attempt 2)", "state": "answered", "value": True}, {"key": "run b#=b", "state": "failed"}]
        third = self.go(code, answers=answers, attempt=2)
        again = {event["key"]: event["child"]["id"] for event in third.of("wait")}
        self.assertEqual((third.code, third.events[-1]["on"], again), (75, ["run a#0 (attempt 2)"], {key: told[key]["id"] for key in again}))
        answers.append({"key": "run a#0 (attempt 2)", "state": "answered", "value": 2})
        failed = self.go(code, answers=answers, attempt=2)
        self.assertEqual((failed.code, failed.events[-1]["error"]["message"]), (1, "run b#=b failed"))
        answers.append({"key": "run b#=b (attempt 3)", "state": "answered", "value": 3})
        self.assertEqual(self.go(code, answers=answers, attempt=3).events[-1].get("json"), [1, 2, 3])
        later = self.go(code, OTHER, resumes={"run": RUN, "from": "run a#0 (attempt 2)", "changed": "rerun"})
        self.assertEqual((later.code, [event["key"] for event in later.of("wait")]), (75, ["run a#0", "run b#=b", "approval#0"]))

    def test_children_are_asked_for_by_an_id_that_stays_and_awaited_together(self):
        code = "@flow\ndef main():\n    return run_flow.map('part', [{'n': n} for n in range(50)]).results(failed='return') and run_flow('last')\n"
        first, again = self.go(code), self.go(code)
        ids = [[event["child"]["id"] for event in done.of("wait")] for done in (first, again)]
        self.assertEqual((first.code, ids[0], len(set(ids[0])), len(first.events[-1]["on"])), (75, ids[1], 50, 50))
        self.assertRegex(ids[0][0], r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")
        answers = [{"key": f"run part#{n}", "state": "answered", "value": n} for n in range(49)]
        answers.append({"key": "run part#49", "state": "failed", "error": {"type": "ValueError", "message": "x"}})
        last = self.go(code, answers=answers)
        self.assertEqual((last.code, last.events[-1]["on"], last.states("run part#49")[-1]), (75, ["run last#0"], "failed"))

    def test_none_of_a_map_is_asked_for_where_one_cannot_be_and_parameters_beside_the_dict_are_named(self):
        code = "@flow\ndef main():\n    said = []\n    for call in (lambda: run_flow.map('part', [{'n': 1}, {'n': {1}}]), lambda: run_flow.map('part', [{'n': 1}, 5]), lambda: run_flow.map('part', range(10_001)), lambda: run_flow('part', region='eu')):\n        try: call()\n        except (TypeError, ValueError) as problem: said.append(str(problem))\n    return said\n"
        done = self.go(code)
        self.assertEqual(done.of("wait"), [])
        self.assertEqual(
            done.events[-1]["json"],
            [
                "run_flow.map('part'), item 1 of 2: set is not JSON",
                "run_flow.map('part'), item 1 of 2: takes the parameters of each run as a dict, not 5",
                "run_flow.map() was given 10,001 parameters, and takes at most 10,000. A run may have that many children: give each more to do",
                "run_flow('part', region=…): unknown. Parameters of the flow go in a dict: run_flow('part', {\"region\": …}) (known: pool, labels, detached, key)",
            ],
        )

    def test_a_child_is_not_asked_for_inside_a_task(self):
        done = self.go("@task\ndef t(): run_flow('x')\n@flow\ndef main(): t()\n")
        self.assertIn("only the flow's own body can wait for another run", done.events[-1]["error"]["message"])

    def test_a_sensor_whose_deadline_passed_has_another_in_the_next_attempt_the_same_in_each_of_its_processes(self):
        code = "@flow\ndef main():\n    seen = []\n    try: wait_for(lambda: seen.append(1), every=0.2, timeout=0.5)\n    except TimeoutError: return len(seen)\n"
        counts = [self.go(code, attempt=attempt).events[-1]["json"] for attempt in (1, 2, 2)]
        self.assertTrue(counts[0] > 1 and counts[1] > 1 and counts[2] == 1, counts)

    def test_a_sensor_asks_again_after_each_pause_and_holds_no_process(self):
        code = "import os\n@flow\ndef main():\n    def ready():\n        done('asked'); return os.path.exists('../../ready')\n    return wait_for(ready, every=3600)\n"
        first = self.go(code)
        self.assertEqual((first.code, first.events[-1]["on"], first.effects), (75, ["pause#0"], ["asked"]))
        self.write({"ready": ""})
        due = [{"key": "pause#0", "state": "due"}]
        self.assertEqual(self.go(code, answers=due).events[-1]["json"], True)


class Local(RunCase):
    CODE = "import tidegate\nfrom tidegate import *\n@flow\ndef part(n: int): return n * 2\n@flow\ndef main():\n    sleep(days=3)\n    return [bool(approval('Ship it?')), wait_for('e'), run_flow('part', {'n': 4}), run_flow.map(part, [{'n': 1}, {'n': 2}]).results()]\n"

    def test_what_is_waited_for_is_asked_in_the_terminal_and_sleeps_are_skipped(self):
        self.write({"f.py": self.CODE + "if __name__ == '__main__': print(main())\n"})
        done = self.python("f.py", "--fast", stdin='maybe\ny\n{"a": 1}\n')
        self.assertEqual(done.stdout, "[True, {'a': 1}, 8, [2, 4]]\n", done.stderr)
        self.assertIn("Ship it? [y/n] answer y or n\n", done.stderr)
        form = "from dataclasses import dataclass\nfrom tidegate import *\n@dataclass\nclass Form:\n    region: str\n    share: float = 0.1\n@flow\ndef main(): return approval('Where to?', form=Form).form\nprint(main())\n"
        self.write({"form.py": form})
        done = self.python("form.py", stdin='{"region": 7}\neu\n{"region": "eu"}\n')
        self.assertEqual(done.stdout, "Form(region='eu', share=0.1)\n", done.stderr)
        self.assertEqual(done.stderr.count('Where to? [y/n, or all of it as JSON: {"region": string, "share": number (0.1)}] '), 3)
        self.assertIn('parameter "form.region": expected a string, got 7', done.stderr)
        done = self.python("form.py", stdin="maybe\nyes\n\neu west\nmuch\n0.2\n")
        self.assertEqual(done.stdout, "Form(region='eu west', share=0.2)\n", done.stderr)
        asked = ["answer y or n, or all of it as JSON\n", "  region (string): ", "  region takes string, not nothing\n", "  share (number, or nothing for 0.1): ", "  share takes number, not much\n"]
        self.assertEqual([part for part in asked if part not in done.stderr], [], done.stderr)
        self.assertEqual(self.python("form.py", stdin="n\n").stdout, "None\n")
        self.write({"f.py": self.CODE.replace("@flow\ndef main", "@flow(retries=2)\ndef main") + "if __name__ == '__main__': print(main())\n"})
        alone = self.python("f.py", "--fast", stdin="").stderr
        self.assertIn("nobody is at the terminal to answer it: give the answer from a pipe (echo y | python f.py), or in a test: with tidegate.testing(answers={'Ship it?': …})\n", alone)
        self.assertIn("Ship it? [y/n] \n", alone)
        self.assertNotIn("attempt 2", alone)  # where nobody is, nobody comes

    @unittest.skipIf(os.name == "nt", "a terminal of another kind")
    def test_at_a_terminal_a_deadline_ends_the_question_and_what_was_half_typed_answers_no_other(self):
        import pty

        code = "from tidegate import *\n@flow\ndef main():\n    for ask in (lambda: approval('quick?', timeout=2), lambda: wait_for('e', timeout=0.1)):\n        try: ask()\n        except TimedOut as problem: print(problem, flush=True)\n    return bool(approval('then?', timeout=60))\nprint(main())\n"
        self.write({"f.py": code})
        ours, theirs = pty.openpty()
        self.addCleanup(os.close, ours)
        environment = {**os.environ, "PYTHONPATH": SDK}
        process = subprocess.Popen([sys.executable, "f.py"], cwd=self.folder, env=environment, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        os.close(theirs)
        os.write(ours, b"y")  # and nothing more
        self.assertEqual([process.stdout.readline() for _ in range(2)], ["approval#0 had no answer before its deadline\n", "event#0 had no answer before its deadline\n"])
        os.write(ours, b"n\n")
        self.assertEqual((process.stdout.readline(), process.wait(60)), ("False\n", 0))

    def test_a_flow_that_is_not_here_is_named_before_a_neighbour_that_cannot_be_read(self):
        self.write({"a.py": "from tidegate import *\n@flow(retires=1)\ndef other(): ...\n", "b.py": "from tidegate import *\n@flow\ndef near(n: int): return n\n"})
        self.write({"f.py": "from tidegate import *\n@flow\ndef main(): return run_flow.map('near', [{'n': 1}]).results() + [run_flow('nope')]\nif __name__ == '__main__': main()\n"})
        done = self.python("f.py")
        self.assertRegex(done.stderr, r'done +run near +')
        self.assertRegex(done.stderr, r'no flow "nope" is in .*, whose flows are main, near, and [^\0]*\na.py could not be read: a.py:other, line 3: ')

    def test_flows_that_call_each_other_in_a_circle_end_by_name(self):
        self.write({"f.py": "from tidegate import *\n@flow\ndef a(): return run_flow('b')\n@flow\ndef b(): return run_flow('a')\na()\n"})
        done = self.python("f.py")
        self.assertEqual(done.returncode, 1)
        self.assertIn("would lie 17 children deep, and at most 16 are taken: look for flows that call each other in a circle", done.stderr)

    def test_a_test_gives_the_answers_and_one_that_is_missing_is_named(self):
        self.write({"f.py": self.CODE + "with tidegate.testing(answers={'Ship it?': False, 'e': 1, 'part': 3}): print(main())\nwith tidegate.testing(): main()\n"})
        done = self.python("f.py")
        self.assertEqual(done.stdout, "[False, 1, 3, [3, 3]]\n", done.stderr)
        self.assertIn("give its answer as testing(answers={'Ship it?': …})", done.stderr)


if __name__ == "__main__":
    unittest.main()
