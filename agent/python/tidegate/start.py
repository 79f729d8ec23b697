"""``python -u …/tidegate/start.py RUN_DIR``: what the agent starts; the same as ``python -m tidegate.execute RUN_DIR``.

Started by its path, which spares the start what ``-m`` costs and needs no PYTHONPATH. Python compiles the file that it is
given anew each time, so this one is short, and all else comes from its bytecode.
"""

import os
import sys

if __name__ == "__main__":
    sys.path[0] = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    from tidegate.execute import run

    run()
