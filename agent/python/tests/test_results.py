import json
import os
import unittest

from .support import RUN, RunCase
from .test_memory import OTHER, MemoryCase


class Results(MemoryCase):
    """The agent's part is a message in the inbox, which lies there before the process begins."""

    def ask(self, code, run=OTHER, answers=(), **more):
        self.answers = answers
        return self.go(code, run, **more)

    def start(self, limit=None):
        for number, answer in enumerate(getattr(self, "answers", ())):
            self.write({f"inbox/{number:04}.json": json.dumps({"type": "answer", "by": None, **answer})})
        return super().start(limit)

    @staticmethod
    def given(key, value=None, described=None, run=RUN):
        return {"key": key, "state": "answered", "value": value, **({"described": described} if described else {}), "child": {"run": run, "flow": "train", "state": "succeeded"}}

    def test_json_comes_from_the_agent_is_asked_for_once_and_remembered(self):
        code = "@task\ndef t(): return result('train', labels={'team': 'red'})\n@flow\ndef main():\n    got = [result('train', version=3), t()]\n    if current_run().id.endswith('2'): raise ValueError(got)\n    return got\n"
        first = self.ask(code, answers=[self.given("result#0", [1]), self.given("t#0/result#0", 2)])
        self.assertEqual(first.events[-1]["error"]["message"], "[[1], 2]")
        third = "01930000-0000-7000-8000-000000000003"
        again = self.ask(code, third, resumes={"run": OTHER, "from": None, "changed": "rerun"})
        self.assertEqual((again.events[-1].get("json"), again.of("result_of")), ([[1], 2], []))

    def test_a_process_asks_and_waits_for_the_answer(self):
        code = "import json, threading, time\ndef answer():\n    time.sleep(0.3)\n    with open('../inbox/0001.json', 'w') as file: json.dump({'type': 'answer', 'key': 'result#0', 'state': 'answered', 'value': 5, 'child': {'run': 'r'}}, file)\n"
        done = self.ask(code + "@flow\ndef main():\n    threading.Thread(target=answer, daemon=True).start()\n    return result('train', run='r')\n")
        (asked,) = done.of("result_of")
        self.assertEqual((done.events[-1]["json"], asked["key"], asked["flow"], asked["run"], asked["version"]), (5, "result#0", "train", "r", None))

    def test_what_is_no_json_comes_from_the_store_and_a_file_with_it(self):
        made = self.go("@flow\ndef main():\n    with open('m.bin', 'w') as f: f.write('weights')\n    return Model('m.bin')\n")
        told = {name: made.events[-1].get(name) for name in ("repr", "python", "size")}
        self.assertEqual((made.code, told["python"]), (0, "tidegate.Model"))
        code = "@flow\ndef main():\n    model = result('train')\n    return [open(model).read(), type(model).__name__]\n"
        done = self.ask(code, answers=[self.given("result#0", described=told)])
        self.assertEqual(done.events[-1].get("json"), ["weights", "Model"], done.events[-1])
        child = self.ask("@flow\ndef main(): return open(run_flow('train')).read()\n", "01930000-0000-7000-8000-000000000004", answers=[{**self.given("run train#0", described=told)}])
        self.assertEqual(child.events[-1]["type"], "error")  # another run by its id, which kept nothing here
        other = os.path.join(self.folder, "other")
        self.write({"store.json": '{"format":1,"id":"fedcba9876543210"}'}, other)
        gone = self.ask(code, "01930000-0000-7000-8000-000000000005", answers=[self.given("result#0", described=told)], store=other)
        self.assertRegex(gone.events[-1]["error"]["message"], "no JSON, so it stays in the store of the agent that ran it, and store fedcba9876543210 of this agent has none")

    def test_a_deleted_object_is_named_with_what_to_do(self):
        made = self.go("@flow\ndef main():\n    with open('m.bin', 'w') as f: f.write('weights')\n    return File('m.bin')\n")
        told = {name: made.events[-1].get(name) for name in ("repr", "python", "size")}
        for folder, _, names in os.walk(os.path.join(self.store, "objects")):
            for name in names:
                os.unlink(os.path.join(folder, name))
        done = self.ask("@flow\ndef main(): return result('train')\n", answers=[self.given("result#0", described=told)])
        self.assertRegex(done.events[-1]["error"]["message"], "m.bin, a result that was kept as .*, is not there any more: what made it has to run again")

    def test_none_raises_unless_there_is_a_default(self):
        failed = [{"key": f"result#{n}", "state": "failed", "error": {"type": "NoResult", "message": "No run of train has succeeded."}} for n in (0, 1)]
        done = self.ask("@flow\ndef main():\n    print(result('train', default=None))\n    result('train')\n", answers=failed)
        self.assertEqual((done.messages(s="stdout"), done.events[-1]["error"]["type"]), (["None"], "NoResult"))
        self.assertEqual(done.events[-1]["error"]["message"], "result of train: No run of train has succeeded.")


class Local(RunCase):
    def test_the_local_store_has_the_newest_results_and_a_test_gives_its_own(self):
        self.write({"train.py": "from tidegate import flow, File\n@flow\ndef train(n: int):\n    return (n, {n})\nif __name__ == '__main__':\n    for n in range(3): train(n)\n"})
        self.write({"use.py": "import tidegate\nfrom tidegate import *\n@flow\ndef use(): return [result('train'), result('nobody', default=0)]\nif __name__ == '__main__':\n    print(use())\n    with tidegate.testing(answers={'result train': 9}): print(use())\n    with tidegate.testing(): use()\n"})
        self.assertEqual(self.python("train.py").returncode, 0)
        done = self.python("use.py")
        self.assertEqual(done.stdout, "[(2, {2}), 0]\n[9, 0]\n", done.stderr)
        self.assertIn("NoResult: no run of train has succeeded here", done.stderr)


if __name__ == "__main__":
    unittest.main()
