"""Secrets: given by the agent in a file that is gone before the flow begins; in a local run from environment or file."""

import json
import os

from tidegate.secrets import _read

from .support import RunCase

FLOW = """
import os
from tidegate import SecretError, flow, secret

@flow
def main():
    seen = os.path.exists(os.path.join(os.environ.get("TIDEGATE_RUN_DIR", "."), "secrets.json"))
    try:
        return [secret("TOKEN"), seen]
    except SecretError as problem:
        return [str(problem), seen]
"""


class Given(RunCase):
    def run_with(self, secrets):
        self.prepare(FLOW)
        if secrets is not None:
            self.write({"secrets.json": json.dumps(secrets)})
        return self.finished(self.start()).of("result")[0]["json"]

    def test_a_flow_reads_what_the_agent_left_and_the_file_is_gone(self):
        self.assertEqual(self.run_with({"TOKEN": {"value": "tüte"}}), ["tüte", False])
        self.assertFalse(os.path.exists(os.path.join(self.folder, "secrets.json")))

    def test_one_that_could_not_be_had_says_why(self):
        told, _ = self.run_with({"TOKEN": {"problem": "command vault failed (2)"}})
        self.assertIn("'TOKEN' could not be had: command vault failed (2)", told)

    def test_a_line_that_says_nothing_is_told_without_repeating_it(self):
        self.write({".tidegate/secrets": "OTHER=1\nhunter22\n"})
        with self.assertRaises(ValueError) as caught:
            _read(os.path.join(self.folder, ".tidegate", "secrets"))
        self.assertRegex(str(caught.exception), r"secrets, line 2: it is no NAME=value")
        self.assertNotIn("hunter22", str(caught.exception))

    def test_an_unknown_one_says_where_to_set_it(self):
        told, _ = self.run_with({"TOKENS": {"value": "x"}})
        self.assertIn("no secret 'TOKEN'", told)
        self.assertIn("did you mean 'TOKENS'?", told)
        self.assertIn("tidegate agent secret set TOKEN", told)

    def test_without_a_file_there_are_none(self):
        told, _ = self.run_with(None)
        self.assertIn("tidegate agent secret set TOKEN", told)


class Local(RunCase):
    def local(self, **variables):
        self.write({"deep/flow.py": FLOW + '\nif __name__ == "__main__":\n    print("GOT", main()[0])\n'})
        return self.python("flow.py", env=variables, cwd=os.path.join(self.folder, "deep")).stdout

    def test_from_the_environment(self):
        self.assertIn("GOT from a variable", self.local(TIDEGATE_SECRET_TOKEN="from a variable"))

    def test_from_the_nearest_file_above(self):
        self.write({".tidegate/secrets": "# comment\n\nOTHER=1\nTOKEN = a=b\n"})
        self.assertIn("GOT a=b", self.local())

    def test_an_unknown_one_says_both_places(self):
        told = self.local()
        self.assertIn("TIDEGATE_SECRET_TOKEN", told)
        self.assertIn("TOKEN=value", told)
