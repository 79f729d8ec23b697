import json
import unittest

from .support import RunCase

FLAKY = "import itertools, os\ntries = itertools.count(1)\n"


class Retries(RunCase):
    def seen(self, done, key):
        return [(event["state"], event["attempt"]) for event in done.of("task") if event["key"] == key]

    def test_each_attempt_is_told_with_its_own_error_and_log(self):
        code = FLAKY + "@task(retries=2, retry_delay=0.01)\ndef call():\n    n = next(tries); log.info('try', n)\n    if n < 3: raise OSError(f'no {n}')\n    return n\n@flow\ndef main():\n    return call()\n"
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"], 3)
        self.assertEqual(self.seen(done, "call#0"), [("running", 1), ("failed", 1), ("waiting", 1), ("running", 2), ("failed", 2), ("waiting", 2), ("running", 3), ("succeeded", 3)])
        self.assertEqual([event["error"]["message"] for event in done.of("task") if event["state"] == "failed"], ["no 1", "no 2"])
        self.assertEqual([record.get("a") for record in done.logs], [None, 2, 3])
        waiting = [event for event in done.of("task") if event["state"] == "waiting"]
        self.assertTrue(all(0 < event["until"] - event["t"] < 5 for event in waiting))

    def test_submitted_mapped_and_async_tasks_are_tried_again_alike(self):
        code = (
            "import asyncio, collections\ntries = collections.Counter()\ndef once(name):\n    tries[name] += 1\n    if tries[name] == 1: raise KeyError(name)\n    return name\n"
            "@task(retries=1)\ndef plain(n): return once(n)\n@task(retries=1)\nasync def later(n):\n    await asyncio.sleep(0); return once(n)\n"
            "@flow\nasync def main():\n    return [plain.submit('s').result(), plain.map(['a', 'b']).results(), later.submit('t').result(), await later('u')]\n"
        )
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"], ["s", ["a", "b"], "t", "u"])
        for key in ("plain#0", "plain#1[0]", "plain#1[1]", "later#0", "later#1"):
            self.assertEqual([one for one in self.seen(done, key) if one[0] != "pending"], [("running", 1), ("failed", 1), ("waiting", 1), ("running", 2), ("succeeded", 2)], key)

    def test_the_last_failure_is_the_tasks_own_and_its_retries_are_counted(self):
        done = self.run_flow("@task(retries=1)\ndef bad(): raise ValueError('still')\n@flow\ndef main(): bad()\n")
        self.assertEqual((done.code, done.states("bad#0")), (1, ["running", "failed", "waiting", "running", "failed"]))

    def test_retry_on_types_or_a_predicate_lets_other_failures_through(self):
        code = "@task(retries=5, retry_on=OSError)\ndef typed(): raise ValueError('x')\n@task(retries=5, retry_on=lambda e: 'busy' in str(e))\ndef asked(what): raise ValueError(what)\n@flow\ndef main():\n    for f, a in ((typed, ()), (asked, ('gone',)), (asked, ('busy',))):\n        try: f(*a)\n        except ValueError: pass\n"
        done = self.run_flow(code)
        self.assertEqual([done.states(key).count("running") for key in ("typed#0", "asked#0", "asked#1")], [1, 1, 6])

    def test_a_predicate_that_raises_fails_the_task_with_what_it_raised(self):
        done = self.run_flow("@task(retries=5, retry_on=lambda e: e.nosuch)\ndef bad(): raise ValueError('x')\n@flow\ndef main(): bad()\n")
        self.assertEqual((done.states("bad#0"), done.events[-1]["error"]["type"]), (["running", "failed"], "AttributeError"))

    def test_tasks_called_in_a_retried_task_have_the_same_keys_again(self):
        done = self.run_flow(FLAKY + "@task\ndef inner(): pass\n@task(retries=1)\ndef outer():\n    inner()\n    if next(tries) == 1: raise ValueError\n@flow\ndef main(): outer()\n")
        self.assertEqual(done.states("outer#0/inner#0"), ["running", "succeeded"] * 2)

    def test_delays_are_constant_listed_exponential_or_computed(self):
        code = (
            "import datetime\nfrom tidegate import exponential\nfrom tidegate.options import policy\n"
            "def delays(delay): return [policy('@task', {'retries': 4, 'retry_delay': delay}).again(ValueError(), n) for n in (1, 2, 3, 4, 5)]\n"
            "import json\nprint(json.dumps([delays(d) for d in (2, datetime.timedelta(minutes=1), [1, 5], exponential(1, longest=5), lambda n: n * 10)]))\n"
            "found = [policy('@task', {'retries': 1, 'retry_delay': 10, 'retry_jitter': 0.5}).again(ValueError(), 1) for _ in range(200)]\nprint(min(found) >= 5 and max(found) <= 15 and max(found) - min(found) > 1)\n"
        )
        done = self.python("-c", code)
        listed, jitter = done.stdout.splitlines()
        self.assertEqual(json.loads(listed), [[2, 2, 2, 2, None], [60, 60, 60, 60, None], [1, 5, 5, 5, None], [1, 2, 4, 5, None], [10, 20, 30, 40, None]])
        self.assertEqual(jitter, "True")


class Timeouts(RunCase):
    def test_a_task_that_takes_too_long_fails_and_its_finally_blocks_run(self):
        code = "import time\n@task(timeout=0.2)\ndef slow():\n    try:\n        while True:\n            try: time.sleep(60)\n            except Exception: pass\n    finally: print('cleaned up')\n@flow\ndef main():\n    try: slow()\n    except TimeoutError as e: return [type(e).__name__, str(e)]\n"
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"], ["TimedOut", "slow#0 took longer than its timeout of 0.2 s"])
        self.assertEqual((done.states("slow#0"), done.messages()), (["running", "failed"], ["cleaned up"]))

    def test_in_threads_and_in_coroutines_too_and_it_is_tried_again(self):
        code = "import time, asyncio\n@task(timeout=0.2, retries=1)\ndef slow(n): time.sleep(30)\n@task(timeout=0.2)\nasync def later(): await asyncio.sleep(30)\n@flow\ndef main():\n    return [type(f.exception()).__name__ for f in [slow.submit(1), *slow.map([1]), later.submit()]]\n"
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"], ["TimedOut"] * 3)
        self.assertLess(done.seconds, 25)
        self.assertEqual(done.states("slow#1[0]")[1:], ["running", "failed", "waiting", "running", "failed"])

    def test_of_timeouts_within_each_other_the_one_that_passed_counts(self):
        code = "import time\n@task(timeout=30)\ndef inner(): time.sleep(60)\n@task(timeout=0.2)\ndef outer(): inner()\n@flow\ndef main():\n    try: outer()\n    except TimeoutError as e: return str(e)\n"
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"], "outer#0 took longer than its timeout of 0.2 s")

    def test_the_flows_own_timeout_ends_it_with_124_and_asks_for_the_next_attempt(self):
        done = self.run_flow("import time\n@flow(timeout=0.3, retries=2, retry_delay=7)\ndef main(): time.sleep(60)\n")
        self.assertEqual((done.code, [event["type"] for event in done.events]), (124, ["started", "retry", "timeout"]))
        self.assertEqual((done.events[1]["after"], done.events[2]["error"]["type"]), (7, "FlowTimedOut"))


class FlowRetries(RunCase):
    def test_a_failed_flow_asks_for_its_next_attempt_beside_its_error(self):
        done = self.run_flow("@flow(retries=1, retry_delay=[3])\ndef main(): raise ValueError('x')\n")
        self.assertEqual((done.code, [event["type"] for event in done.events]), (1, ["started", "retry", "error"]))
        self.assertEqual((done.events[1]["after"], done.events[1]["error"]["message"]), (3, "x"))

    def test_a_local_flow_is_tried_again_in_its_process(self):
        self.write({"f.py": FLAKY + "from tidegate import *\n@flow(retries=1)\ndef main():\n    if next(tries) == 1: raise ValueError('x')\n    return 'well'\nprint(main())\n"})
        done = self.python("f.py")
        self.assertEqual((done.returncode, done.stdout), (0, "well\n"), done.stderr)
        self.assertRegex(done.stderr, r"fail  main +failed after \d+ ms  ValueError: x\n.*wait  main +attempt 2 in 0 ms")


class Words(RunCase):
    def test_what_is_unknown_or_of_the_wrong_kind_is_refused_where_it_is_written(self):
        for words, said in (
            ("@task(retires=3)", 'retires=…): unknown; did you mean "retries"?'),
            ("@task(retry=3)", 'retry=…): unknown; did you mean "retries"?'),
            ("@task(memory='1 GiB')", "memory=…): unknown here; it is an argument of @flow"),
            ("@task(retries='3')", "@task(retries=…) takes a whole number from 0 to 99, not '3'"),
            ("@task(timeout='3s')", "@task(timeout=…) takes seconds as a number from 0 up, or a timedelta, not '3s'"),
            ("@task(retry_on='x')", "@task(retry_on=…) takes exception types"),
            ("@task(retry_jitter=2)", "share of the delay from 0 to 1"),
            ("@flow(memory='4 GX')", '@flow(memory=…) takes a size such as "4 GiB"'),
            ("@flow(gpus=0.5)", "@flow(gpus=…) takes a whole number"),
            ("@flow(on_failure=3)", "@flow(on_failure=…) takes a function"),
        ):
            done = self.python("-c", f"from tidegate import *\n{words}\ndef f(): ...\n")
            self.assertIn("TypeError: ", done.stderr, words)
            self.assertIn(said, done.stderr.splitlines()[-1], words)

    def test_a_generator_is_refused_where_it_is_declared(self):
        flow, task = "@flow f is a generator, and would end without doing anything: a flow returns, so return a list", "@task f is a generator, whose body would not run before the task has ended: a task returns"
        for words, said in (
            ("@flow\ndef f(): yield 1", flow),
            ("@flow(retries=1)\nasync def f(): yield 1", flow),
            ("@task\ndef f(): yield from [1]", task),
            ("class A:\n    @task(retries=1)\n    async def f(self):\n        if x := [1]: yield x", task),
        ):
            with self.subTest(words):
                done = self.python("-c", f"from tidegate import *\n{words}\n")
                self.assertIn(f"TypeError: {said}", done.stderr)
                self.write({"flow.py": f"import nosuchpackage\nfrom tidegate import *\n{words}\n@flow\ndef main(): ...\n"})
                done = self.python("-m", "tidegate.describe", self.folder)
                line = 5 if "class" in words else 4
                self.assertEqual(done.returncode, 2)
                self.assertIn(f"flow.py:f, line {line}: {said}", done.stderr)
        # A yield of a function inside is none of its own, and what a decorator makes of one is a function.
        inner = "from tidegate import *\nfrom contextlib import contextmanager\n@task\n@contextmanager\ndef opened(): yield 1\n@flow\ndef main():\n    def each(): yield 1\n    odd = lambda: (yield)\n    return sum(each())\n"
        self.write({"flow.py": inner})
        self.assertEqual(self.python("-m", "tidegate.describe", self.folder).returncode, 0)
        self.assertEqual(self.python("-c", inner + "print(main())").stdout.strip(), "1")

    def test_a_deploy_describes_what_a_flow_asks_for_and_refuses_unknown_words(self):
        head = "import nosuchpackage\nfrom tidegate import flow, task, exponential\ndef tell(): ...\n"
        self.write({"flow.py": head + "@flow(retries=2, retry_delay=1.5, timeout=60, memory='4 GiB', cpu=0.5, on_failure=tell)\ndef a(): ...\n@flow(retries=1, retry_delay=exponential(1))\ndef b(): ...\n"})
        done = self.python("-m", "tidegate.describe", self.folder, "--json")
        found = {one["name"]: one["options"] for one in json.loads(done.stdout)["flows"]}
        self.assertEqual(found, {"a": {"retries": 2, "retryDelay": 1.5, "timeout": 60, "memory": 4 * 2**30, "cpu": 0.5, "hooks": ["failure"]}, "b": {"retries": 1}})
        self.write({"flow.py": head + "@task(retires=2)\ndef t(): ...\n@flow\ndef a(): t()\n"})
        done = self.python("-m", "tidegate.describe", self.folder)
        self.assertEqual(done.returncode, 2)
        self.assertIn('flow.py:t, line 5: @task(retires=…): unknown; did you mean "retries"?', done.stderr)

    def test_an_argument_that_is_computed_is_asked_by_an_import(self):
        self.write({"flow.py": "from tidegate import flow\nimport datetime\n@flow(timeout=datetime.timedelta(minutes=int('2')), retries=len('ab'))\ndef a(): ...\n"})
        done = self.python("-m", "tidegate.describe", self.folder, "--json")
        self.assertEqual(json.loads(done.stdout)["flows"][0]["options"], {"retries": 2, "retryDelay": 0, "timeout": 120})


if __name__ == "__main__":
    unittest.main()
