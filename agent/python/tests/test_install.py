"""Slow: makes environments."""

import os
import re
import subprocess
import sys
import tarfile
import unittest
import venv
import zipfile

from .support import SDK, RunCase, read

NOWHERE = {"PIP_NO_INDEX": "1", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_CONFIG_FILE": os.devnull, "PYTHONPATH": "", "HTTPS_PROXY": "http://127.0.0.1:9"}


class Install(RunCase):
    def setUp(self):
        super().setUp()
        self.home = os.path.join(self.folder, "a venv")  # with a space in its path
        venv.create(self.home, with_pip=True, symlinks=os.name != "nt")

    def pip(self, *arguments):
        done = subprocess.run([os.path.join(self.home, "bin", "python"), "-m", "pip", "install", *arguments], env={**os.environ, **NOWHERE}, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)

    def run_there(self, *arguments):
        done = subprocess.run([os.path.join(self.home, "bin", "python"), *arguments], env={**os.environ, "PYTHONPATH": ""}, cwd=self.folder, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_a_bare_environment_installs_it_without_a_network_and_runs_a_flow(self):
        self.pip(SDK)
        self.write({"flow.py": "from tidegate import flow\n@flow\ndef f(): return 3\nif __name__ == '__main__':\n    print(f())\n"})
        self.assertEqual(self.run_there("flow.py"), "3\n")
        place = self.run_there("-c", "import tidegate; print(tidegate.__file__)").strip()
        self.assertTrue(place.startswith(self.home), place)
        self.assertTrue(os.path.exists(os.path.join(os.path.dirname(place), "py.typed")))
        self.assertIn("Version: 0.1.0", self.run_there("-m", "pip", "show", "tidegate"))

    def test_an_editable_install_points_at_the_sources(self):
        self.pip("-e", SDK)
        self.assertEqual(self.run_there("-c", "import tidegate; print(tidegate.__file__)").strip(), os.path.join(SDK, "tidegate", "__init__.py"))


class Backend(RunCase):
    def build(self, what):
        done = self.python("-c", f"import sys; sys.path.insert(0, {os.path.join(SDK, 'packaging')!r}); import build_backend; print(build_backend.{what}(sys.argv[1]))", self.folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        return os.path.join(self.folder, done.stdout.strip())

    def test_a_wheel_is_the_same_twice_and_holds_every_module(self):
        first = read(self.build("build_wheel"))
        path = self.build("build_wheel")
        self.assertEqual(first, read(path))
        with zipfile.ZipFile(path) as wheel:
            names = set(wheel.namelist())
        modules = {f"tidegate/{name}" for name in os.listdir(os.path.join(SDK, "tidegate")) if name.endswith(".py")}
        self.assertLessEqual({*modules, "tidegate/py.typed", "tidegate-0.1.0.dist-info/RECORD", "tidegate-0.1.0.dist-info/METADATA"}, names)

    def test_an_sdist_can_build_the_wheel(self):
        with tarfile.open(self.build("build_sdist")) as archive:
            archive.extractall(self.folder)
        there = os.path.join(self.folder, "tidegate-0.1.0", "packaging")
        done = self.python("-c", f"import sys; sys.path.insert(0, {there!r}); import build_backend; print(build_backend.build_wheel('.'))")
        self.assertEqual(done.stdout.strip(), "tidegate-0.1.0-py3-none-any.whl", done.stderr)

    def test_the_version_is_the_same_wherever_it_stands(self):
        with open(os.path.join(SDK, "pyproject.toml"), encoding="utf-8") as file:
            declared = re.search(r'^version = "(.+)"$', file.read(), re.M).group(1)
        self.assertEqual(self.python("-c", "import tidegate; print(tidegate.__version__)").stdout.strip(), declared)


if __name__ == "__main__":
    unittest.main()
