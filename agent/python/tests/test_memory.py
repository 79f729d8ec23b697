import json
import os
import shutil
import unittest

from .support import RUN, Outcome, RunCase, read

OTHER = "01930000-0000-7000-8000-000000000002"
COUNTED = "def done(name):\n    with open('../effects', 'a') as f: f.write(name + '\\n')\n"


class MemoryCase(RunCase):
    def setUp(self):
        super().setUp()
        self.store = os.path.join(self.folder, "store")
        self.write({"store.json": '{"format":1,"id":"0123456789abcdef"}'}, self.store)

    def go(self, code, run=RUN, limit=None, **more):
        """One execution of a run with this store; its directory is new. ``limit``: as of ``start``."""
        top, self.folder = self.folder, os.path.join(self.folder, f"run-{os.urandom(6).hex()}")
        os.makedirs(self.folder)
        try:
            self.prepare(COUNTED + code)
            info = json.loads(read(os.path.join(self.folder, "run.json")))
            self.write({"run.json": json.dumps({**info, "contract": 2, "run": run, "store": self.store, **more})})
            done = Outcome(self.folder, self.start(limit).wait(120), 0)
            effects = os.path.join(self.folder, "effects")
            done.effects = read(effects).decode().split() if os.path.exists(effects) else []
            return done
        finally:
            self.folder = top

    def origin(self, done, key):
        return next(event.get("from") for event in done.of("task") if event["key"] == key and event["state"] in ("succeeded", "skipped"))


class Resume(MemoryCase):
    CODE = "import os\n@task\ndef a(n):\n    done('a'); return [n, 1]\n@task\ndef b(x):\n    done('b'); return sum(x)\n@task\ndef c(n):\n    done('c')\n    if os.path.exists('../../bad'): raise ValueError('bad')\n    return n + 1\n@flow\ndef main():\n    return c(b(a(1)))\n"

    def broken(self, code=None, **more):
        bad = os.path.join(self.folder, "bad")
        open(bad, "w").close()
        done = self.go(code or self.CODE, **more)
        os.unlink(bad)
        self.assertEqual(done.code, 1)
        return done

    def test_the_next_execution_takes_finished_tasks_from_their_checkpoints(self):
        self.broken()
        done = self.go(self.CODE)
        self.assertEqual((done.events[-1]["json"], done.effects), (3, ["c"]))
        self.assertEqual((self.origin(done, "a#0"), done.states("a#0"), self.origin(done, "c#0")), ({"run": RUN, "cached": False}, ["succeeded"], None))

    def test_items_and_submitted_tasks_that_are_remembered_are_not_told_as_begun_again(self):
        code = self.CODE.replace("return c(b(a(1)))", "rows = a.map(range(2)).results(); one = a.submit(7).result(); return c(len(rows) + one[0])")
        self.broken(code)
        done = self.go(code)
        self.assertEqual((done.events[-1]["json"], done.effects), (10, ["c"]))
        self.assertEqual([done.states(key) for key in ("a#0[0]", "a#0[1]", "a#1", "c#0")], [["succeeded"]] * 3 + [["running", "succeeded"]])

    def test_a_forked_child_that_runs_off_the_end_of_its_task_tells_and_keeps_nothing_of_it(self):
        body = "pid = os.fork()\n    if pid == 0:\n        print('the child', end='')\n        return 'child'\n    os.waitpid(pid, 0)\n    return 'parent'"
        done = self.go(f"import os\n@task\ndef split():\n    {body}\n@flow\ndef main():\n    return object() if split() == 'child' else split.__name__\n")
        self.assertEqual((done.code, done.states("split#0"), done.messages()), (0, ["running", "succeeded"], ["the child"]), done.err)
        self.assertEqual([event.get("json") for event in done.of("result")], ["split"])
        kept = read(os.path.join(self.store, "runs", RUN, "checkpoints.log"))
        self.assertEqual((kept.count(b"split#0"), b'"child"' in kept, b"=result" in kept), (1, False, False), kept)

    def test_a_run_that_resumes_another_reads_its_line_and_copies_nothing(self):
        self.broken()
        third = "01930000-0000-7000-8000-000000000003"
        resumes = {"run": RUN, "from": None, "changed": "rerun"}
        self.broken(run=OTHER, resumes=resumes)
        done = self.go(self.CODE, run=third, resumes={"run": OTHER, "from": None, "changed": "rerun"})
        self.assertEqual((done.events[-1]["json"], done.effects, self.origin(done, "b#0")["run"]), (3, ["c"], RUN))

    def test_from_a_chosen_task_on_everything_is_done_again(self):
        self.go(self.CODE)
        done = self.go(self.CODE, run=OTHER, resumes={"run": RUN, "from": "b#0", "changed": "rerun"})
        self.assertEqual((done.code, done.effects), (0, ["b", "c"]))

    def test_changed_code_runs_again_with_a_note_and_what_depends_on_its_value_too(self):
        self.broken()
        changed = self.CODE.replace("return [n, 1]", "return [n, 5]")
        done = self.go(changed, run=OTHER, resumes={"run": RUN, "from": None, "changed": "rerun"})
        self.assertEqual((done.events[-1]["json"], done.effects), (7, ["a", "b", "c"]))
        self.assertIn(f"runs again: its code is not what it was in run {RUN}", done.messages(k="a#0"))
        self.assertIn(f"runs again: its inputs are not what they were in run {RUN}", done.messages(k="b#0"))

    def test_changed_code_is_kept_where_that_was_asked_and_a_decorator_is_no_code(self):
        self.broken()
        done = self.go(self.CODE.replace("return [n, 1]", "return [n, 5]"), run=OTHER, resumes={"run": RUN, "from": None, "changed": "keep"})
        self.assertEqual((done.events[-1]["json"], done.effects), (3, ["c"]))
        done = self.go(self.CODE.replace("@task\ndef a", "@task(retries=3)\ndef a"), run="01930000-0000-7000-8000-000000000004", resumes={"run": RUN, "from": None, "changed": "rerun"})
        self.assertEqual(done.effects, ["c"])

    def test_marks_by_hand_give_a_value_or_skip(self):
        self.broken()
        resumes = {"run": RUN, "from": None, "changed": "rerun"}
        done = self.go(self.CODE, run=OTHER, resumes=resumes, marks=[{"key": "c#0", "state": "succeeded", "value": {"by": "hand"}}])
        self.assertEqual((done.events[-1]["json"], done.effects), ({"by": "hand"}, []))
        # From an earlier task on, a mark stays as it is, and says so; from the marked task itself, that runs.
        marks = [{"key": "b#0", "state": "succeeded", "value": 4}]
        for number, (start, effects) in enumerate((("a#0", ["a", "c"]), ("b#0", ["b", "c"]))):
            done = self.go(self.CODE, run=OTHER[:-2] + f"6{number}", resumes={"run": RUN, "from": start, "changed": "rerun"}, marks=marks)
            self.assertEqual(done.effects, effects)
            self.assertEqual(done.messages(k="b#0"), [f"was marked by hand on run {RUN}, and is not run"] if start == "a#0" else [])
        done = self.go(self.CODE, run="01930000-0000-7000-8000-000000000005", resumes=resumes, marks=[{"key": "c#0", "state": "skipped", "value": None}])
        self.assertEqual((done.events[-1]["json"], done.states("c#0"), done.effects), (None, ["skipped"], []))

    def test_maps_submits_and_async_tasks_are_remembered_alike_and_so_are_moments(self):
        code = (
            "import asyncio, os, random, tidegate\n@task\ndef m(n):\n    done(f'm{n}'); return {'n': n}\n@task\nasync def x(n):\n    done('x'); return (n, n)\n@task\ndef last(): raise ValueError\n"
            "@flow\nasync def main():\n    found = [m.map(range(3)).results(), m.submit(9).result(), await x(1), str(tidegate.now()), tidegate.once(random.random)]\n    print(found)\n    last()\n"
        )
        first, second = self.go(code), self.go(code)
        self.assertEqual(sorted(first.effects), ["m0", "m1", "m2", "m9", "x"])
        self.assertEqual((second.effects, second.messages()), ([], first.messages()))

    def test_killed_by_the_kernel_it_does_only_the_interrupted_task_again(self):
        code = "import os, signal\n@task\ndef t(n):\n    done(f't{n}')\n    if n == 2 and not os.path.exists('../../again'):\n        open('../../again', 'w').close(); os.kill(os.getpid(), signal.SIGKILL)\n    return n\n@flow\ndef main(): return [t(n) for n in range(4)]\n"
        self.assertEqual(self.go(code).code, -9)
        done = self.go(code)
        self.assertEqual((done.events[-1]["json"], done.effects), ([0, 1, 2, 3], ["t2", "t3"]))


class Values(MemoryCase):
    def test_large_values_are_files_by_digest_and_come_back(self):
        code = "@task\ndef big():\n    done('big'); return b'x' * 100_000\n@task\ndef bad(): raise ValueError\n@flow\ndef main():\n    print(len(big()))\n    bad()\n"
        self.go(code)
        done = self.go(code)
        self.assertEqual((done.effects, done.messages()), ([], ["100000"]))
        objects = [name for _, _, names in os.walk(os.path.join(self.store, "objects")) for name in names]
        self.assertEqual([len(name) for name in objects], [64])

    def test_a_value_that_is_gone_or_damaged_runs_again_and_is_said(self):
        code = "@task\ndef big():\n    done('big'); return b'x' * 100_000\n@task\ndef bad(): raise ValueError\n@flow\ndef main():\n    big(); bad()\n"
        self.go(code)
        shutil.rmtree(os.path.join(self.store, "objects"))
        done = self.go(code)
        self.assertEqual(done.effects, ["big"])
        self.assertIn("runs again: its result (bytes) can't be read back: StoreError:", done.messages(k="big#0")[0])

    def test_what_cannot_be_stored_is_said_and_fails_a_resume_that_needs_it_unless_it_is_never_kept(self):
        code = "@task\ndef opened():\n    done('opened'); return open('flow.py')\n@task\ndef bad(): raise ValueError\n@flow\ndef main():\n    opened(); bad()\n"
        first = self.go(code)
        self.assertIn("the result of opened#0 (a TextIOWrapper) can't be stored: pickle says:", first.messages(k="opened#0", l="warn")[0])
        second = self.go(code)
        self.assertEqual((second.code, second.effects, second.states("opened#0")), (1, [], ["failed"]))
        self.assertIn("say @task(cache=False) if it may run each time", second.events[-1]["error"]["message"])
        code = code.replace("@task\ndef opened", "@task(cache=False)\ndef opened")
        for _ in range(2):
            done = self.go(code, run=OTHER)
            self.assertEqual((done.effects, done.messages(l="warn"), done.events[-1]["error"]["type"]), (["opened"], [], "ValueError"))

    def test_submitting_in_a_thread_of_ones_own_needs_a_key(self):
        code = "import threading\n@task\ndef t(n):\n    done(f't{n}'); return n\n@task\ndef bad(): raise ValueError\n@flow\ndef main():\n    said = []\n    def work():\n        try: t.submit(0)\n        except RuntimeError as e: said.append('needs key=' in str(e))\n        said.append(t.submit(1, key='one').result())\n    th = threading.Thread(target=work); th.start(); th.join()\n    print(said); bad()\n"
        first, second = self.go(code), self.go(code)
        self.assertEqual((first.messages(), second.messages()), (["[True, 1]"], ["[True, 1]"]))
        self.assertEqual((first.effects, second.effects, first.states("t#=one")[-1]), (["t1"], [], "succeeded"))

    def test_map_items_with_keys_of_their_own_are_known_in_any_order_and_keys_are_given_once(self):
        code = "ORDER = %s\n@task\ndef t(n):\n    done(n); return n\n@task\ndef bad(): raise ValueError\n@flow\ndef main():\n    print(t.map(ORDER, key=lambda n: n).results()); bad()\n"
        self.go(code % "['a', 'b']")
        self.assertEqual(self.go(code % "['c', 'b', 'a']").effects, ["c"])
        self.assertIn("is given to two calls", self.go(code % "['a', 'a']", run=OTHER).events[-1]["error"]["message"])


class Cache(MemoryCase):
    CODE = "@task(cache=True%s)\ndef t(x):\n    done('t'); return x * 2\n@flow\ndef main(): return [t(%s), t(3)]\n"

    def test_equal_code_and_arguments_are_a_hit_told_with_the_run_that_made_it(self):
        self.assertEqual(self.go(self.CODE % ("", 3)).effects, ["t"])
        done = self.go(self.CODE % ("", 4), run=OTHER)
        self.assertEqual((done.events[-1]["json"], done.effects), ([8, 6], ["t"]))
        self.assertEqual((self.origin(done, "t#0"), self.origin(done, "t#1")), (None, {"run": RUN, "cached": True}))

    def test_refresh_or_other_code_or_an_old_age_is_no_hit(self):
        self.go(self.CODE % ("", 3))
        self.assertEqual(self.go(self.CODE % ("", 3), run=OTHER, refresh=True).effects, ["t", "t"])
        self.assertEqual(self.go(self.CODE.replace("x * 2", "x * 3") % ("", 3), run="01930000-0000-7000-8000-000000000006").effects, ["t"])
        code = self.CODE.replace("done('t')", "done('old')") % (", cache_for=0.001", 3)
        self.assertEqual(self.go("import time\n" + code.replace("t(3)]", "time.sleep(0.05) or t(3)]"), run="01930000-0000-7000-8000-000000000007").effects, ["old", "old"])

    def test_a_key_function_decides_what_counts(self):
        code = "@task(cache=lambda x, noise: x)\ndef t(x, noise):\n    done('t'); return [x, noise]\n@flow\ndef main(): return [t(1, 1), t(1, 2), t(2, 2)]\n"
        done = self.go(code)
        self.assertEqual((done.events[-1]["json"], done.effects), ([[1, 1], [1, 1], [2, 2]], ["t", "t"]))

    def test_arguments_of_other_types_are_other_arguments(self):
        code = "@task(cache=True)\ndef t(x):\n    done('t'); return repr(x)\n@flow\ndef main(): return [t(x) for x in (1, 1.0, True, '1', [1], (1,), {1: 2}, {'1': 2}, {'b', 'a'}, {'a', 'b'})]\n"
        self.assertEqual(len(self.go(code).effects), 9)


class BadStores(MemoryCase):
    CODE = "@task\ndef t():\n    done('t'); return 1\n@flow\ndef main(): return t()\n"

    def refused(self, said):
        done = self.go(self.CODE)
        self.assertEqual((done.code, done.events[-1]["error"]["type"]), (1, "StoreError"))
        self.assertIn(said, done.events[-1]["error"]["message"])

    def test_a_newer_damaged_or_missing_store_is_refused_by_name(self):
        self.write({"store.json": '{"format":9,"id":"0123456789abcdef"}'}, self.store)
        self.refused("was written by a newer Tidegate (format 9, this one knows 1). Update this agent")
        self.write({"store.json": "{"}, self.store)
        self.refused("store.json is damaged")
        shutil.rmtree(self.store)
        self.refused("can't be read: No such file or directory. Check that it is there")

    def test_a_store_that_cannot_be_written_fails_the_task_by_name_and_the_run_can_be_resumed(self):
        os.makedirs(os.path.join(self.store, "runs"))
        os.symlink("nowhere", os.path.join(self.store, "runs", RUN))
        done = self.go(self.CODE)
        self.assertEqual((done.code, done.states("t#0")[-1]), (1, "failed"))
        self.assertIn("resume the run", done.events[-1]["error"]["message"])
        os.unlink(os.path.join(self.store, "runs", RUN))
        self.assertEqual(self.go(self.CODE).events[-1]["json"], 1)

    def test_a_store_that_is_full_says_so_and_the_run_can_be_resumed(self):
        code = "@task\ndef t(): return bytes(500000)\n@flow\ndef main(): return len(t())\n"
        done = self.go(code, limit=200)
        self.assertEqual((done.code, done.states("t#0")[-1], done.events[-1]["error"]["type"]), (1, "failed", "StoreError"))
        self.assertIn("can't be written: File too large. Make room or let it be written, then resume the run", done.events[-1]["error"]["message"])
        self.assertEqual(self.go(code).events[-1]["json"], 500000)

    def test_lines_that_do_not_check_and_a_torn_end_are_left_out_and_said(self):
        code = "@task\ndef t(n):\n    done(f't{n}'); return n\n@task\ndef bad(): raise ValueError\n@flow\ndef main():\n    t(0); t(1); bad()\n"
        self.go(code)
        path = os.path.join(self.store, "runs", RUN, "checkpoints.log")
        data = read(path)
        with open(path, "wb") as file:
            file.write(data.replace(b'"key":"t#0"', b'"key":"t#7"') + b"0123")
        done = self.go(code)
        self.assertEqual((done.effects, done.messages(l="warn")), (["t0"], [f"2 checkpoints of run {RUN} are damaged and left out: those tasks run again"]))
        self.assertEqual(self.go(code).effects, [])


class Local(RunCase):
    CODE = "import os\nfrom tidegate import *\n@task(retries=1, retry_delay=3600)\ndef a():\n    print('a'); return object if False else {1: 2}\n@task\ndef b(x):\n    if not os.path.exists('ok'): raise ValueError('not yet')\n    return len(x)\n@flow\ndef main(): return b(a())\nif __name__ == '__main__': print(main())\n"

    def test_resume_goes_on_from_the_last_failed_run_and_success_leaves_nothing_behind(self):
        self.write({"f.py": self.CODE})
        self.assertEqual(self.python("f.py").stdout, "a\n")
        self.write({"ok": ""})
        done = self.python("f.py", "--resume")
        self.assertEqual((done.returncode, done.stdout), (0, "1\n"), done.stderr)
        self.assertIn("remembered from run", done.stderr)
        self.assertEqual(os.listdir(os.path.join(self.folder, ".tidegate/local/store/runs")), [])
        nothing = self.python("f.py", "--resume")
        self.assertEqual((nothing.returncode, nothing.stderr), (2, "f.py: there is no failed run of main to resume in .tidegate/local/store: leave --resume out\n"))

    def test_a_run_is_resumed_by_its_id_and_one_that_is_not_there_is_refused_with_those_that_are(self):
        self.write({"f.py": self.CODE})
        runs = os.path.join(self.folder, ".tidegate/local/store/runs")
        self.python("f.py")
        first = os.listdir(runs)[0]
        self.python("f.py")
        wrong = self.python("f.py", "--resume=abc")
        self.assertEqual(wrong.returncode, 2)
        self.assertRegex(wrong.stderr, rf'^f.py: there is no failed run "abc" of main to resume in \S+; the last are \S+, {first}\n$')
        self.write({"ok": ""})
        self.assertIn(f"again main      run {first}\n", self.python("f.py", f"--resume={first[-8:]}").stderr)

    def test_what_local_runs_keep_is_bounded_by_age_and_by_size_and_what_is_in_use_stays(self):
        from tidegate.local_tidy import DAY, KEPT, tidy

        store = os.path.join(self.folder, ".tidegate/local/store")
        code = "import sys\nfrom tidegate import *\n@task(cache=True)\ndef big(n): return bytes([n]) * 100_000\n@task\ndef bad(): raise ValueError\n@flow\ndef main(n: int):\n    big(n); bad()\nmain(int(sys.argv[1]))\n"
        self.write({"f.py": code})
        for n in "12":
            self.python("f.py", n)
        count = lambda part: sum(len(files) for _, _, files in os.walk(os.path.join(store, part)))  # noqa: E731
        self.assertEqual((count("runs"), count("cache"), count("objects"), count("tidied")), (4, 2, 2, 0))
        now = os.path.getmtime(os.path.join(store, "tidied"))
        self.assertEqual((tidy(store, now + 3600), tidy(store, now + DAY + 60)), (0, 0))
        # The older of the two goes, with all that it alone names.
        first, second = sorted((os.path.join(folder, name) for folder, _, names in os.walk(os.path.join(store, "objects")) for name in names), key=os.path.getmtime)
        self.assertGreater(tidy(store, now + 3 * DAY, 150_000), 100_000)
        self.assertEqual((os.path.exists(first), os.path.exists(second)), (False, True))
        self.assertEqual(count("cache"), 1)
        self.assertGreater(tidy(store, now + KEPT + DAY), 100_000)
        self.assertEqual((count("runs"), count("cache"), count("objects")), (0, 0, 0))

    def test_testing_gives_a_clean_store_and_does_not_wait(self):
        code = "import tidegate, itertools\nfrom tidegate import *\ntries = itertools.count()\n@task(retries=2, retry_delay=3600)\ndef t():\n    if next(tries) < 2: raise ValueError\n    return 1\n@task(cache=True)\ndef c(n):\n    print('c'); return n\n@flow\ndef main(): return [t(), c(1)]\nfor _ in range(2):\n    with tidegate.testing():\n        print(main(), main())\n"
        self.write({"f.py": code})
        done = self.python("f.py")
        self.assertEqual(done.stdout, "c\n[1, 1] [1, 1]\n" * 2, done.stderr)
        self.assertFalse(os.path.exists(os.path.join(self.folder, ".tidegate")))


if __name__ == "__main__":
    unittest.main()
