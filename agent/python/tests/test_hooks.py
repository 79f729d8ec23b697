import json
import os
import unittest

from .support import RUN, Outcome, RunCase, read
from .test_memory import OTHER, MemoryCase


class Hooks(MemoryCase):
    CODE = "@task\ndef tell(what): done(what)\ndef first(): raise OSError('no mail')\n@flow(on_failure=[first])\ndef main(n: int = 1): done('flow')\n@main.on_failure\ndef second(ended): tell(f'{ended.state}:{ended.run[-1]}:{ended.error}:{ended.parameters}'.replace(' ', ''))\n"

    def test_a_hooks_run_calls_each_hook_and_not_the_flow_and_says_what_failed(self):
        done = self.go(self.CODE, run=OTHER, parent=RUN, hook={"on": "failure", "state": "failed", "error": {"type": "ValueError", "message": "bad"}})
        self.assertEqual((done.effects, done.states("tell#0")), (["failed:1:ValueError:bad:{}"], ["running", "succeeded"]))
        self.assertEqual((done.code, done.events[-1]["error"]["message"]), (1, "no mail"))
        self.assertEqual(self.go(self.CODE, run=OTHER, parent=RUN, hook={"on": "success", "state": "succeeded"}).code, 0)

    def test_a_deploy_names_the_hooks_that_a_decorator_added(self):
        self.write({"flow.py": "from tidegate import *\n" + self.CODE})
        done = self.python("-m", "tidegate.describe", self.folder, "--json")
        self.assertEqual(json.loads(done.stdout)["flows"][0]["options"], {"hooks": ["failure"]})


class LocalHooks(RunCase):
    def test_they_run_after_a_local_run_too_and_change_nothing(self):
        self.write({"f.py": "from datetime import date\nfrom tidegate import *\n@flow\ndef main(n: int, tag: str = 'a', day: date = None):\n    return 1 // n\n@main.on_success\ndef a(): raise OSError('no mail')\n@main.on_failure\ndef b(ended): print(ended.state, ended.error, ended.parameters)\nprint(main(1))\nmain(0, tag='k', day=date(2026, 1, 31))\n"})
        done = self.python("f.py")
        self.assertEqual((done.returncode, done.stdout), (1, "1\nfailed ZeroDivisionError: integer division or modulo by zero {'n': 0, 'tag': 'k', 'day': '2026-01-31'}\n"))
        self.assertIn("a hook on success failed: OSError: no mail", done.stderr)
        self.assertIn("--resume goes on from here", done.stderr)


class Pause(RunCase):
    def paused(self, code, back=False):
        store = os.path.join(self.folder, "store")
        self.write({"store.json": '{"format":1,"id":"0123456789abcdef"}'}, store)
        self.prepare(code)
        info = json.loads(read(os.path.join(self.folder, "run.json")))
        self.write({"run.json": json.dumps({**info, "store": store})})
        process = self.start()
        self.addCleanup(process.kill)
        self.until(lambda: any(b"ready" in read(os.path.join(self.folder, name)) for name in os.listdir(self.folder) if name.startswith("log.")), "the first line")
        self.write({"inbox/0000.json": '{"type":"pause","paused":true}'})
        if back:
            self.write({"inbox/0001.json": '{"type":"pause","paused":false}'})
        return Outcome(self.folder, process.wait(60), 0)

    def test_the_process_ends_before_the_next_task_and_not_within_one(self):
        done = self.paused("import time\n@task\ndef t(n):\n    print('ready'); time.sleep(2); print('whole'); return n\n@flow\ndef main(): return [t(n) for n in range(50)]\n")
        self.assertEqual((done.code, done.events[-1]["on"], done.messages(s="stdout")), (75, [], ["ready", "whole"] * (len(done.messages(s="stdout")) // 2)))

    def test_a_map_begins_no_more_items(self):
        done = self.paused("import time\n@task\ndef t(n):\n    print('ready'); time.sleep(1); return n\n@flow\ndef main(): return t.map(range(500), concurrency=3).results()\n")
        states = [event["state"] for event in done.of("task")]
        self.assertEqual((done.code, done.events[-1]["type"], states.count("running")), (75, "suspend", states.count("succeeded")))

    def test_who_thought_better_of_it_lets_it_go_on(self):
        done = self.paused("import time\n@task\ndef t(n):\n    print('ready'); time.sleep(1); return n\n@flow\ndef main(): return [t(n) for n in range(3)]\n", back=True)
        self.assertEqual((done.code, done.events[-1]["json"]), (0, [0, 1, 2]))


if __name__ == "__main__":
    unittest.main()
