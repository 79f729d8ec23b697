"""Real run directories, done by real processes of the Python that runs the tests."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

SDK = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
RUN = "01930000-0000-7000-8000-000000000001"


class Outcome:
    """What a finished process left behind: its exit code, raw output, events and log records."""

    def __init__(self, folder, code, seconds):
        self.folder = folder
        self.code = code
        self.seconds = seconds
        self.out = read(os.path.join(folder, "out.log"))
        self.err = read(os.path.join(folder, "err.log"))
        self.events = records(folder, "events")
        self.logs = records(folder, "log")

    def of(self, kind):
        return [event for event in self.events if event["type"] == kind]

    def states(self, key):
        return [event["state"] for event in self.of("task") if event["key"] == key]

    def messages(self, **wanted):
        return [record["m"] for record in self.logs if all(record.get(name) == value for name, value in wanted.items())]


def read(path):
    with open(path, "rb") as file:
        return file.read()


def records(folder, stream):
    found = []
    for name in sorted(os.listdir(folder)):
        if name.startswith(stream + ".") and name.endswith(".ndjson"):
            for line in read(os.path.join(folder, name)).split(b"\n"):
                if line:
                    found.append(json.loads(line))
    return found


class RunCase(unittest.TestCase):
    """A test with a folder of its own."""

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="tidegate-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def write(self, files, root=None):
        for name, text in files.items():
            path = os.path.join(root or self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def prepare(self, code, parameters=None, entry="flow.py:main", files=None):
        project = os.path.join(self.folder, "project")
        for name in ("project", "inbox", "artifacts"):
            os.makedirs(os.path.join(self.folder, name))
        self.write({entry.rpartition(":")[0]: "from tidegate import *\n" + code, **(files or {})}, project)
        run = {
            "contract": 1,
            "run": RUN,
            "execution": 2,
            "attempt": 1,
            "workspace": RUN,
            "flow": "main",
            "version": 14,
            "entry": entry,
            "parameters": "parameters.json",
            "logicalDate": "2026-11-23T06:00:00Z",
            "url": "http://127.0.0.1/runs/1",
            "token": "ab",
        }
        self.write({"run.json": json.dumps(run), "parameters.json": json.dumps(parameters or {})})

    def start(self, limit=None):
        environment = dict(os.environ, PYTHONPATH=SDK, PYTHONUNBUFFERED="1", TIDEGATE_RUN_DIR=self.folder)
        command = [sys.executable, "-u", "-m", "tidegate.execute", self.folder]
        if limit is not None:  # bytes that any one file of the run may have: a disk that is full
            command = ["/bin/sh", "-c", f'ulimit -f {limit}; trap "" XFSZ; exec "$@"', "sh", *command]
        with open(os.path.join(self.folder, "out.log"), "wb") as out, open(os.path.join(self.folder, "err.log"), "wb") as err:
            return subprocess.Popen(command, cwd=os.path.join(self.folder, "project"), env=environment, stdout=out, stderr=err)

    def run_flow(self, code, parameters=None, entry="flow.py:main", files=None, limit=None):
        self.prepare(code, parameters, entry, files)
        begin = time.monotonic()
        process = self.start(limit)
        return Outcome(self.folder, process.wait(120), time.monotonic() - begin)

    def until(self, condition, what, bound=20):
        end = time.monotonic() + bound
        while not condition():
            self.assertLess(time.monotonic(), end, f"waited {bound} s for {what}")
            time.sleep(0.01)

    def finished(self, process):
        return Outcome(self.folder, process.wait(60), 0)

    def python(self, *arguments, stdin=None, env=None, cwd=None):
        environment = dict(os.environ, PYTHONPATH=SDK, PYTHONIOENCODING="utf-8", **(env or {}))
        environment.pop("TIDEGATE_RUN_DIR", None)
        return subprocess.run(
            [sys.executable, *arguments], cwd=cwd or self.folder, env=environment, input=stdin, capture_output=True, text=True, timeout=120, encoding="utf-8"
        )
