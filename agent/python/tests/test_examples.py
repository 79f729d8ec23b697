import json
import os
import shutil
import unittest

from .support import SDK, RunCase, records

EXAMPLES = os.path.join(os.path.dirname(SDK), "examples")


class Examples(RunCase):
    def copy(self, name):
        shutil.copytree(os.path.join(EXAMPLES, name), os.path.join(self.folder, "project"), ignore=shutil.ignore_patterns(".tidegate", "__pycache__"))

    def test_penguins_runs_as_a_program_and_names_most_penguins_rightly(self):
        self.copy("penguins")
        done = self.python("flow.py", cwd=os.path.join(self.folder, "project"))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stderr, r"→ \{'model': 'softmax', 'accuracy': 0\.9")

    def test_penguins_runs_from_a_run_directory_with_both_models(self):
        for model in ("knn", "softmax"):
            with self.subTest(model=model):
                self.folder_for(model)
                self.copy("penguins")
                os.makedirs(os.path.join(self.folder, "inbox"))
                run = {"contract": 1, "run": "01930000-0000-7000-8000-000000000001", "execution": 1, "attempt": 1, "flow": "penguins", "version": 1, "entry": "flow.py:penguins", "parameters": "parameters.json", "logicalDate": None, "url": None}
                self.write({"run.json": json.dumps(run), "parameters.json": json.dumps({"model": model, "folds": 4})})
                done = self.finished(self.start())
                self.assertEqual(done.code, 0, done.events[-1])
                result = done.events[-1]["json"]
                self.assertEqual((result["model"], result["penguins"]), (model, 342))
                self.assertGreater(result["accuracy"], 0.9)
                self.assertEqual({event["kind"] for event in done.of("artifact")}, {"table", "metrics", "image", "markdown"})
                self.assertEqual(len([event for event in records(self.folder, "events") if event.get("fn") == "train" and event["state"] == "succeeded"]), 4)

    def folder_for(self, name):
        self.folder = os.path.join(self.folder, name)
        os.makedirs(self.folder)

    def test_both_are_described_without_their_packages(self):
        found = {}
        for name in ("penguins", "digits"):
            done = self.python("-m", "tidegate.describe", os.path.join(EXAMPLES, name), "--json")
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            (flow,) = json.loads(done.stdout)["flows"]
            found[flow["name"]] = (flow["tasks"], list(flow["parameters"]["properties"]))
        self.assertEqual(found["penguins"], (["load", "clean", "split", "cut", "train", "fit", "evaluate", "report"], ["folds", "seed", "model", "test_share"]))
        self.assertEqual(found["digits"], (["load", "score", "train", "evaluate"], ["kernel", "test_share", "seed"]))


if __name__ == "__main__":
    unittest.main()
