import os
import unittest

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


FORKS = """
import os, sys
from tidegate import background

background.start(lambda: [None for _ in iter(lambda: background.rest(0.001), True)])
child = os.fork()
if not child:
    sys.exit(len(background._running))
print(os.waitpid(child, 0)[1])
"""


class Background(RunCase):
    def test_each_has_returned_before_python_is_taken_down(self):
        # One that woke then crashed Python 3.11.2 once in a hundred short runs, after all of their work was done.
        done = self.python("-c", WAITS)
        self.assertEqual((done.returncode, done.stdout.splitlines()), (0, ["the program ends"] + ["returned"] * 3), done.stderr)

    @unittest.skipUnless(hasattr(os, "fork"), "needs fork")
    def test_a_forked_child_waits_for_none_of_its_parents(self):
        done = self.python("-W", "ignore", "-c", FORKS)
        self.assertEqual((done.returncode, done.stdout.split()), (0, ["0"]), done.stderr)
