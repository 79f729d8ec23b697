import os
import re
import subprocess
import sys
import unittest

from .support import SDK, RunCase

FLOW = """import sys
from tidegate import artifact, current_run, flow, log, task

@task
def fit(n):
    log.info("fitting", n)
    if n > 2:
        raise ValueError("too many")
    return n

@flow
def small(n: int = 1):
    print("plain print")
    artifact.markdown("# hi", name="my notes")
    assert current_run().is_local
    return fit(n)

if __name__ == "__main__":
    print("returned", small(int(sys.argv[1])))
"""


class Local(RunCase):
    def setUp(self):
        super().setUp()
        self.write({"flow.py": FLOW})

    def test_a_flow_runs_as_a_plain_program_and_returns_its_value(self):
        done = self.python("flow.py", "1")
        self.assertEqual((done.returncode, done.stdout), (0, "plain print\nreturned 1\n"))
        lines = [line.split(None, 1)[1] for line in done.stderr.splitlines()]
        self.assertEqual(lines[0].split(), ["start", "small"])
        self.assertRegex(lines[1], r"^file  small +markdown → \.tidegate/local/small-\S+/my-notes\.md$")
        self.assertEqual(lines[3].split(), ["info", "fit", "fitting", "1"])
        self.assertRegex(lines[4], r"^done  fit +\d+ ms$")
        self.assertRegex(lines[5], r"^done  small +\d+ ms  → 1$")
        path = re.search(r"→ (\S+my-notes\.md)", done.stderr).group(1)
        with open(os.path.join(self.folder, path), encoding="utf-8") as file:
            self.assertEqual(file.read(), "# hi")

    def test_a_failure_ends_with_the_plain_traceback_and_exit_1(self):
        done = self.python("flow.py", "3")
        self.assertEqual(done.returncode, 1)
        trace = done.stderr[done.stderr.index("Traceback") :]
        self.assertEqual(re.findall(r"line \d+, in (\S+)", trace), ["<module>", "small", "fit"])
        self.assertNotIn(os.path.join(SDK, "tidegate"), trace)
        self.assertTrue(trace.endswith("ValueError: too many\n"))
        self.assertRegex(done.stderr, r"fail  fit +\d+ ms  ValueError: too many\n")

    def test_colours_are_for_terminals_and_no_color_is_honoured(self):
        self.assertNotIn("\x1b", self.python("flow.py", "1").stderr)
        self.assertIn("\x1b[", self.on_terminal({}))
        self.assertNotIn("\x1b[", self.on_terminal({"NO_COLOR": "1"}))

    def on_terminal(self, more):
        import pty

        leader, follower = pty.openpty()
        env = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
        process = subprocess.Popen([sys.executable, "flow.py", "1"], cwd=self.folder, env={**env, "TERM": "xterm", "PYTHONPATH": SDK, **more}, stderr=follower, stdout=subprocess.DEVNULL)
        os.close(follower)
        seen = b""
        while True:
            try:
                data = os.read(leader, 65536)
            except OSError:  # how Linux ends a pseudo-terminal
                break
            if not data:
                break
            seen += data
        os.close(leader)
        self.assertEqual(process.wait(30), 0)
        return seen.decode()

    def test_arguments_are_checked_as_an_agent_checks_them(self):
        code = (
            "import datetime\nfrom tidegate import flow\n@flow\ndef hello(n: int, day: datetime.date = None):\n    print('in', n, repr(day))\n"
            "@flow\ndef outer():\n    hello('as it is')\n@flow\nasync def later(n: int): ...\n"
            "if __name__ == '__main__':\n    hello(1, '2026-01-02')\n    outer()\n    for call in (lambda: hello(), lambda: hello(1, m=2), lambda: later('x')):\n"
            "        try:\n            call()\n        except Exception as problem:\n            print(type(problem).__name__, problem)\n    hello(n='abc')\n"
        )
        self.write({"f.py": code})
        done = self.python("f.py")
        lines = done.stdout.splitlines()
        self.assertEqual(lines[:2], ["in 1 datetime.date(2026, 1, 2)", "in as it is None"])
        self.assertRegex(lines[2], r"^TypeError hello\(\) missing 1 required positional argument: 'n'")
        self.assertRegex(lines[3], r"^TypeError hello\(\) got an unexpected keyword argument 'm'")
        self.assertEqual(lines[4:], ['ParameterError parameter "n": expected an integer, got "x" (a string)'])
        trace = done.stderr[done.stderr.index("Traceback") :]
        self.assertEqual((done.returncode, re.findall(r"line \d+, in (\S+)", trace)), (1, ["<module>"]))
        self.assertTrue(trace.endswith('ParameterError: parameter "n": expected an integer, got "abc" (a string)\n'), trace)

    def test_an_unknown_word_is_refused_help_is_given_and_a_program_with_arguments_of_its_own_is_left_alone(self):
        plain = "from tidegate import flow\n@flow\ndef main(n: int = 1): print('ran')\n"
        self.write({"f.py": plain + "if __name__ == '__main__':\n    main()\n", "calls.py": "from f import main\nmain()\n", "other.py": "import words\nfrom f import main\nmain()\n", "words.py": "from argparse import ArgumentParser\nArgumentParser().parse_known_args()\n"})
        for file in ("f.py", "calls.py"):
            done = self.python(file, "--resum")
            self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", f'{file}: unknown argument "--resum"; did you mean --resume? (known: --resume, --resume=RUN, --refresh, --fast, --help)\n'))
        done = self.python("f.py", "--n=3")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("parameters stand in the call in the file: main(n=…)", done.stderr)
        done = self.python("f.py", "--help")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("example: python f.py --resume\n", done.stdout)
        for arguments in (("other.py", "--resum"), ("f.py", "--fast")):
            self.assertEqual(self.python(*arguments).stdout, "ran\n")

    def test_a_debugger_stops_in_user_code(self):
        done = self.python("-m", "pdb", "-c", "b flow.py:9", "-c", "c", "-c", "p 'n is', n", "-c", "q", "flow.py", "2")
        self.assertIn("('n is', 2)", done.stdout)

    def test_an_async_flow_runs_with_asyncio_run(self):
        self.write({"a.py": "import asyncio\nfrom tidegate import flow, task\n@task\nasync def t(n):\n    await asyncio.sleep(0); return n\n@flow\nasync def f():\n    return await asyncio.gather(t(1), t(2))\nif __name__ == '__main__':\n    print(asyncio.run(f()))\n"})
        done = self.python("a.py")
        self.assertEqual((done.returncode, done.stdout), (0, "[1, 2]\n"))
        self.assertRegex(done.stderr, r"done  f +\d+ ms")

    def test_artifacts_go_to_a_temporary_folder_where_the_project_cannot_be_written(self):
        if os.geteuid() == 0:
            self.write({".tidegate": "a file where the folder would be"})
        else:
            os.chmod(self.folder, 0o500)
            self.addCleanup(os.chmod, self.folder, 0o700)
        done = self.python("flow.py", "1")
        self.assertEqual(done.returncode, 0, done.stderr)
        path = re.search(r"→ (\S+my-notes\.md)", done.stderr).group(1)
        self.assertTrue(os.path.isabs(path) and os.path.exists(path))


class Start(RunCase):
    def test_importing_the_sdk_brings_none_of_the_slow_modules(self):
        code = "import sys; before = set(sys.modules); import tidegate, tidegate.execute; print(sorted(set(sys.modules) - before))"
        loaded = self.python("-I", "-S", "-c", f"import sys; sys.path.insert(0, {SDK!r}); {code}").stdout
        for slow in ("dataclasses", "inspect", "typing", "asyncio", "logging", "json", "re", "enum", "threading", "ast", "uuid"):
            self.assertNotIn(f"'{slow}'", loaded)


if __name__ == "__main__":
    unittest.main()
