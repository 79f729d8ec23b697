import os
import signal
import subprocess
import sys
import unittest

from .support import RUN, SDK, RunCase, records


class Records(RunCase):
    def test_a_run_writes_started_tasks_and_its_result_in_order(self):
        done = self.run_flow(
            "@task(name='Double it')\ndef double(n, by=2):\n    return [n * by]\n@flow\ndef main(n: int = 3):\n    return {'got': double(n)}\n"
        )
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual([event["type"] for event in done.events], ["started", "task", "task", "result"])
        self.assertEqual(done.events[0]["sdk"], "0.1.0")
        running, succeeded = done.of("task")
        self.assertEqual(
            {name: running[name] for name in running if name != "t"},
            {"type": "task", "key": "double#0", "fn": "double", "index": None, "map": None, "attempt": 1, "parents": [], "name": "Double it", "inputs": {"n": "3"}, "state": "running"},
        )
        self.assertEqual((succeeded["state"], succeeded["preview"]), ("succeeded", "[6]"))
        self.assertEqual(done.events[-1]["json"], {"got": [6]})
        self.assertTrue(all(isinstance(event["t"], float) for event in done.events))

    def test_occurrences_number_the_calls_and_a_task_in_a_task_lies_below_it(self):
        done = self.run_flow("@task\ndef inner():\n    log.info('in')\n@task\ndef outer():\n    inner(); inner()\n@flow\ndef main():\n    outer(); outer()\n")
        keys = [event["key"] for event in done.of("task") if event["state"] == "succeeded"]
        self.assertEqual(keys, ["outer#0/inner#0", "outer#0/inner#1", "outer#0", "outer#1/inner#0", "outer#1/inner#1", "outer#1"])
        self.assertEqual([record["k"] for record in done.logs], [key for key in keys if "inner" in key])

    def test_a_result_that_is_no_json_is_described(self):
        done = self.run_flow("class Model:\n    def __repr__(self): return 'a model'\n@flow\ndef main():\n    return Model()\n")
        end = done.events[-1]
        self.assertEqual((end["type"], end["repr"], end["python"]), ("result", "a model", "flow.Model"))

    def test_a_result_up_to_256_kib_is_whole_and_a_larger_one_described(self):
        done = self.run_flow("@flow\ndef main():\n    return 'x' * 200_000\n")
        self.assertEqual(len(done.events[-1]["json"]), 200_000)

    def test_a_larger_result_is_described_with_its_size(self):
        done = self.run_flow("@flow\ndef main():\n    return ['x' * 300_000]\n")
        self.assertEqual(done.events[-1]["size"], 300_004)
        self.assertLess(len(done.events[-1]["repr"]), 2100)

    def test_dates_enums_dataclasses_and_nan_in_a_result_become_json(self):
        code = (
            "import datetime, enum, dataclasses\nclass E(enum.Enum):\n    A = 1\n@dataclasses.dataclass\nclass D:\n    e: E\n    when: datetime.date\n"
            "@flow\ndef main():\n    return [D(E.A, datetime.date(2026, 1, 2)), float('nan')]\n"
        )
        self.assertEqual(self.run_flow(code).events[-1]["json"], [{"e": "A", "when": "2026-01-02"}, None])

    def test_current_run_tells_what_the_agent_wrote(self):
        done = self.run_flow("@flow\ndef main():\n    r = current_run()\n    return [r.id, r.flow, r.version, r.attempt, r.execution, r.logical_date, r.url, r.is_local]\n".replace("current_run()", "__import__('tidegate').current_run()"))
        self.assertEqual(done.events[-1]["json"], [RUN, "main", 14, 1, 2, "2026-11-23T06:00:00+00:00", "http://127.0.0.1/runs/1", False])

    def test_a_module_in_a_package_is_imported_by_its_own_name(self):
        done = self.run_flow("from .steps import one\n@flow\ndef main():\n    return [one(), __name__]\n", entry="pkg/flow.py:main", files={"pkg/steps.py": "def one(): return 1\n"})
        self.assertEqual(done.events[-1]["json"], [1, "pkg.flow"])

    def test_no_event_is_longer_than_64_kib_but_a_result(self):
        code = "@task\ndef bad(text):\n    raise ValueError('é' * 3_000_000)\n@flow\ndef main():\n    bad('x' * 100_000)\n"
        done = self.run_flow(code)
        self.assertEqual(done.code, 1)
        for name in os.listdir(self.folder):
            if name.endswith(".ndjson"):
                with open(os.path.join(self.folder, name), "rb") as file:
                    self.assertLessEqual(max(len(line) for line in file), 65536)
        self.assertIn("bytes more", done.events[-1]["error"]["message"])

    def test_it_can_be_started_by_its_path_without_the_sdk_on_the_path(self):
        self.prepare("@flow\ndef main():\n    return 5\n")
        env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        script = os.path.join(SDK, "tidegate", "start.py")
        done = subprocess.run([sys.executable, "-u", script, self.folder], env=env, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(records(self.folder, "events")[-1]["json"], 5)

    def test_a_forked_child_writes_files_of_its_own(self):
        code = (
            "import os\n@flow\ndef main():\n    print('parent')\n    pid = os.fork()\n    if pid == 0:\n        print('child')\n        os._exit(0)\n"
            "    os.waitpid(pid, 0)\n    print('after')\n"
        )
        done = self.run_flow(code)
        self.assertEqual(sorted(done.messages(s="stdout")), ["after", "child", "parent"])
        self.assertEqual(len([name for name in os.listdir(self.folder) if name.startswith("log.")]), 2)


class Failures(RunCase):
    def test_a_failed_flow_exits_1_with_the_plain_traceback_of_user_code(self):
        done = self.run_flow("@task\ndef bad():\n    return 1 / 0\n@flow\ndef main():\n    bad()\n")
        self.assertEqual(done.code, 1)
        error = done.events[-1]["error"]
        self.assertEqual((done.events[-1]["type"], error["type"], error["module"], error["message"]), ("error", "ZeroDivisionError", "builtins", "division by zero"))
        self.assertEqual([(frame["file"], frame["line"], frame["function"], frame["code"], frame["own"]) for frame in error["frames"]], [("flow.py", 7, "main", "bad()", True), ("flow.py", 4, "bad", "return 1 / 0", True)])
        self.assertTrue(error["traceback"].startswith("Traceback (most recent call last):\n  File "))
        self.assertNotIn("tidegate/tasks.py", error["traceback"])
        self.assertEqual(done.states("bad#0"), ["running", "failed"])

    def test_a_task_failure_that_the_flow_catches_fails_only_the_task(self):
        done = self.run_flow("@task\ndef bad():\n    raise KeyError('x')\n@flow\ndef main():\n    try:\n        bad()\n    except KeyError as e:\n        return str(e)\n")
        self.assertEqual((done.code, done.events[-1]["json"], done.states("bad#0")), (0, "'x'", ["running", "failed"]))

    def test_frames_of_libraries_are_not_own(self):
        done = self.run_flow("import json\n@flow\ndef main():\n    json.loads('{')\n")
        owns = [frame["own"] for frame in done.events[-1]["error"]["frames"]]
        self.assertEqual((owns[0], owns[-1]), (True, False))

    def test_a_project_that_does_not_import_exits_2_with_its_own_traceback(self):
        done = self.run_flow("import nosuchmodule\n@flow\ndef main(): ...\n")
        error = done.events[-1]["error"]
        self.assertEqual((done.code, error["type"]), (2, "ModuleNotFoundError"))
        self.assertEqual([frame["file"] for frame in error["frames"]], ["flow.py"])
        self.assertNotIn("execute.py", error["traceback"])
        self.assertNotIn("start.py", error["traceback"])

    def test_a_syntax_error_exits_2_and_names_the_line(self):
        done = self.run_flow("def broken(:\n")
        error = done.events[-1]["error"]
        self.assertEqual((done.code, error["type"], error["frames"][-1]["file"], error["frames"][-1]["line"]), (2, "SyntaxError", "flow.py", 2))

    def test_a_missing_function_exits_2_and_says_so(self):
        done = self.run_flow("def main(): ...\n")
        self.assertEqual((done.code, done.events[-1]["error"]["message"]), (2, "flow.py has a function without @flow by the name main"))

    def test_parameters_that_do_not_fit_exit_2_and_say_which_and_why(self):
        done = self.run_flow("@flow\ndef main(folds: int, seed: int = 1):\n    print('never')\n", {"folds": "abc", "sed": 2})
        self.assertEqual(done.code, 2)
        message = done.events[-1]["error"]["message"]
        self.assertIn('parameter "folds": expected an integer, got "abc" (a string)', message)
        self.assertIn('parameter "sed": unknown; did you mean "seed"? (known: folds, seed)', message)
        self.assertEqual(done.logs, [])

    def test_a_flow_called_while_it_is_imported_is_refused_with_the_cure(self):
        done = self.run_flow("@flow\ndef main(): ...\nmain()\n")
        self.assertEqual(done.code, 2)
        self.assertIn('if __name__ == "__main__":', done.events[-1]["error"]["message"])

    def test_os_exit_leaves_every_line_before_it_and_no_end(self):
        done = self.run_flow("import os\n@flow\ndef main():\n    print('before')\n    os._exit(7)\n")
        self.assertEqual((done.code, done.messages()), (7, ["before"]))
        self.assertEqual([event["type"] for event in done.events], ["started"])

    def test_a_segmentation_fault_leaves_its_line_in_the_raw_stderr(self):
        done = self.run_flow("import os, signal\n@task\ndef crash():\n    os.kill(os.getpid(), signal.SIGSEGV)\n@flow\ndef main():\n    print('before')\n    crash()\n")
        self.assertEqual((done.code, done.messages(), done.states("crash#0")), (-signal.SIGSEGV, ["before"], ["running"]))
        self.assertRegex(done.err.decode(), r'Segmentation fault\n[^$]*flow\.py", line 5 in crash\n')

    def test_sys_exit_0_is_success_and_another_code_a_failure(self):
        done = self.run_flow("import sys\n@flow\ndef main():\n    sys.exit('no data')\n")
        self.assertEqual((done.code, done.events[-1]["error"]["message"]), (1, "no data"))


class Cancels(RunCase):
    LONG = "import time\n@task\ndef wait():\n    try:\n        print('waiting')\n        time.sleep(60)\n    finally:\n        print('cleaned up')\n@flow\ndef main():\n    wait()\n"

    def cancelled(self, code, how, ready=b"waiting"):
        self.prepare(code)
        process = self.start()
        self.addCleanup(process.kill)
        self.until(lambda: any(ready in self.bytes_of(name) for name in os.listdir(self.folder) if name.startswith("log.")), "the first line")
        how(process)
        return self.finished(process)

    def bytes_of(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def test_sigterm_runs_finally_blocks_and_exits_143(self):
        done = self.cancelled(self.LONG, lambda process: process.send_signal(signal.SIGTERM))
        self.assertEqual((done.code, done.messages()), (143, ["waiting", "cleaned up"]))
        self.assertEqual((done.events[-1]["type"], done.states("wait#0")), ("cancelled", ["running", "cancelled"]))

    def test_a_cancel_in_the_inbox_does_the_same(self):
        def post(process):
            self.write({"inbox/0001.tmp": '{"type":"cancel"}'})
            os.rename(os.path.join(self.folder, "inbox/0001.tmp"), os.path.join(self.folder, "inbox/0001.json"))

        done = self.cancelled(self.LONG, post)
        self.assertEqual((done.code, done.events[-1]["type"], done.messages()[-1]), (143, "cancelled", "cleaned up"))

    def test_a_second_signal_does_not_break_into_the_cleaning_up(self):
        code = self.LONG.replace("print('cleaned up')", "print('cleaning'); time.sleep(0.5); print('cleaned up')")

        def twice(process):
            process.send_signal(signal.SIGTERM)
            self.until(lambda: any(b"cleaning" in self.bytes_of(name) for name in os.listdir(self.folder) if name.startswith("log.")), "the cleaning")
            process.send_signal(signal.SIGTERM)

        done = self.cancelled(code, twice)
        self.assertEqual((done.code, done.messages()[-1]), (143, "cleaned up"))

    def test_a_cancel_ends_threads_and_what_has_not_begun(self):
        code = "import time\n@task\ndef work(n):\n    print('waiting')\n    time.sleep(60)\n@flow\ndef main():\n    work.map(range(4), concurrency=2).results()\n"
        done = self.cancelled(code, lambda process: process.send_signal(signal.SIGTERM))
        self.assertEqual(done.code, 143)
        self.assertEqual([done.states(f"work#0[{index}]")[-1] for index in range(4)], ["cancelled"] * 4)

    def test_an_async_flow_is_cancelled_too(self):
        code = "import asyncio\n@flow\nasync def main():\n    try:\n        print('waiting')\n        await asyncio.sleep(60)\n    finally:\n        print('cleaned up')\n"
        done = self.cancelled(code, lambda process: process.send_signal(signal.SIGTERM))
        self.assertEqual((done.code, done.messages()[-1], done.events[-1]["type"]), (143, "cleaned up", "cancelled"))


if __name__ == "__main__":
    unittest.main()
