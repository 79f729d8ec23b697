from .support import RunCase

WAITS = """
import os
from tidegate import background

def looks():
    while not background.rest(0.001):
        pass
    os.write(1, b"returned\\n")

for _ in range(3):
    background.start(looks)
os.write(1, b"the program ends\\n")
"""


class Background(RunCase):
    def test_each_has_returned_before_python_is_taken_down(self):
        # One that woke then crashed Python 3.11.2 once in a hundred short runs, after all of their work was done.
        done = self.python("-c", WAITS)
        self.assertEqual((done.returncode, done.stdout.splitlines()), (0, ["the program ends"] + ["returned"] * 3), done.stderr)
