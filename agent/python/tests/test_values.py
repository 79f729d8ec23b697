import os
import unittest

from .support import RUN, Outcome, RunCase


class Kept(RunCase):
    """Two executions of one run over one store."""

    def go(self, code, number):
        import json

        root = self.folder
        self.folder = os.path.join(root, f"execution-{number}")
        os.makedirs(self.folder)
        self.prepare(code)
        path = os.path.join(self.folder, "run.json")
        with open(path, encoding="utf-8") as file:
            run = json.load(file)
        store = os.path.join(root, "store")
        self.write({"store.json": '{"format":1,"id":"0011223344556677"}'}, store)
        self.write({"run.json": json.dumps({**run, "contract": 2, "store": store, "execution": number})})
        done = Outcome(self.folder, self.start().wait(60), 0)
        self.folder = root
        return done

    def test_files_and_folders_pass_by_reference_and_come_back_with_their_names(self):
        end = os.path.join(self.folder, "again")
        code = (
            "import os\n@task\ndef make():\n    open('big.bin', 'wb').write(b'x' * 100_000)\n    os.makedirs('d/e', exist_ok=True)\n    open('d/e/f.txt', 'w').write('inside')\n"
            "    return {'all': [File('big.bin'), Dir('d')], 'model': Model('big.bin')}\n@task\ndef one():\n    return File('d/e/f.txt')\n"
            f"@task\ndef end():\n    if not os.path.exists({end!r}):\n        open({end!r}, 'w')\n        raise OSError()\n"
            "@flow\ndef main():\n    got, alone = make(), one()\n    end()\n    file, folder = got['all']\n"
            "    return [file.size, len(open(file).read()), open(os.path.join(folder, 'e', 'f.txt')).read(), type(got['model']).__name__, os.path.basename(alone), open(alone).read()]\n"
        )
        self.assertEqual(self.go(code, 1).code, 1)
        done = self.go(code, 2)
        self.assertEqual(done.events[-1].get("json"), [100_000, 100_000, "inside", "Model", "f.txt", "inside"], done.err)
        self.assertEqual(done.states("make#0"), ["succeeded"])

    def test_a_file_that_is_gone_from_the_store_runs_its_task_again(self):
        code = "@task\ndef make():\n    open('a', 'w').write('a')\n    return File('a')\n@flow\ndef main():\n    print(open(make()).read())\n    raise OSError()\n"
        self.go(code, 1)
        for folder, _, names in os.walk(os.path.join(self.folder, "store", "objects")):
            for name in names:
                os.unlink(os.path.join(folder, name))
        done = self.go(code, 2)
        self.assertEqual(done.states("make#0"), ["running", "succeeded"])
        self.assertIn("is not there any more", " ".join(done.messages(l="warn")))

    def test_a_file_that_is_not_there_is_an_error_of_its_task(self):
        done = self.go("@task\ndef make():\n    return File('nowhere')\n@flow\ndef main():\n    make()\n", 1)
        self.assertIn("there is no such file to return", done.events[-1]["error"]["message"])

    def test_a_number_of_more_digits_than_python_writes_is_kept_and_described(self):
        end = os.path.join(self.folder, "again")
        code = (
            "@task\ndef large():\n    return 10 ** 5000\n"
            f"@task\ndef end():\n    if not os.path.exists({end!r}):\n        open({end!r}, 'w')\n        raise OSError()\n"
            "@flow\ndef main():\n    got = large()\n    end()\n    assert got == 10 ** 5000\n    return got\n"
        )
        self.assertEqual(self.go("import os\n" + code, 1).code, 1)
        done = self.go("import os\n" + code, 2)
        self.assertEqual((done.code, done.events[-1].get("repr")), (0, "<int of 16610 bits>"), done.err)
        self.assertEqual(done.states("large#0"), ["succeeded"])

    def test_arrays_are_kept_as_numpy_keeps_them(self):
        try:
            import numpy  # noqa: F401
        except ImportError:
            self.skipTest("numpy is not installed here")
        code = "import numpy\n@task\ndef make():\n    return numpy.arange(6).reshape(2, 3)\n@flow\ndef main():\n    print(make().sum(axis=0).tolist())\n    raise OSError()\n"
        self.go(code, 1)
        with open(os.path.join(self.folder, "store", "runs", RUN, "checkpoints.log"), encoding="utf-8") as file:
            self.assertIn('"codec":"npy"', file.read())
        self.assertEqual(self.go(code, 2).messages(s="stdout"), ["[3, 5, 7]"])


    def test_tables_are_kept_as_parquet(self):
        try:
            import pandas  # noqa: F401
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            self.skipTest("pandas and pyarrow are not installed here")
        code = "import pandas\n@task\ndef make():\n    return pandas.DataFrame({'a': [1, 2], 'b': ['x', 'y']})\n@flow\ndef main():\n    frame = make()\n    print(frame.dtypes.to_dict() == pandas.DataFrame({'a': [1, 2], 'b': ['x', 'y']}).dtypes.to_dict(), frame.a.sum())\n    raise OSError()\n"
        self.go(code, 1)
        with open(os.path.join(self.folder, "store", "runs", RUN, "checkpoints.log"), encoding="utf-8") as file:
            self.assertIn('"codec":"parquet:pandas.DataFrame"', file.read())
        again = self.go(code, 2)
        self.assertEqual((again.messages(s="stdout"), again.states("make#0")), (["True 3"], ["succeeded"]), again.err)


class Elsewhere(RunCase):
    def test_processes_compute_beside_each_other_and_are_tried_again(self):
        code = (
            "import os\n@task(retries=1)\ndef square(n):\n    mark = f'tried-{n}'\n    if not os.path.exists(mark):\n        open(mark, 'w')\n        raise OSError()\n    return [n * n, os.getpid()]\n"
            "@flow\ndef main():\n    got = square.map(range(4), on='processes', concurrency=2).results()\n    return [[n for n, _ in got], os.getpid() in [pid for _, pid in got]]\n"
        )
        done = self.run_flow(code)
        self.assertEqual((done.code, done.events[-1].get("json")), (0, [[0, 1, 4, 9], False]), done.err)
        self.assertEqual(done.states("square#0[0]"), ["pending", "running", "failed", "waiting", "running", "succeeded"])

    def test_a_place_that_is_none_a_coroutine_and_a_missing_package_are_named(self):
        from importlib.util import find_spec

        said = {"'moon'": 'takes "threads", "processes"'}
        if find_spec("ray") is None:
            said["Ray()"] = "needs the package ray"
        if find_spec("distributed") is None:
            said["Dask('tcp://127.0.0.1:1')"] = "needs the package distributed"
        code = "@task\ndef one(n):\n    pass\n@task\nasync def two(n):\n    pass\n@flow\ndef main():\n    got = []\n"
        code += "".join(f"    try:\n        {task}.map([1], on={on})\n    except Exception as problem:\n        got.append(str(problem))\n" for task, on in [*(("one", on) for on in said), ("two", "'processes'")])
        got = self.run_flow(code + "    return got\n").events[-1]["json"]
        for words, expected in zip(got, [*said.values(), "two is async def"]):
            self.assertIn(expected, words)

    def test_an_item_whose_error_or_value_can_not_cross_fails_alone_and_by_its_name(self):
        # Each of these pickles, and can't be read again: one was the end of all processes, and of every item.
        code = (
            "import subprocess\n@task\ndef one(n):\n    if n == 1:\n        raise subprocess.CalledProcessError(3, 'ls')\n    if n == 2:\n        class Mine(OSError):\n            pass\n        raise Mine('gone')\n"
            "    return Odd() if n == 3 else type(n).__name__\nclass Odd:\n    def __reduce__(self):\n        return (Odd, (1, 2))\n"
            "@flow\ndef main():\n    got = one.map([0, 1, 2, 3, Odd(), 5], on='processes', concurrency=2).results(failed='return')\n    return [one if isinstance(one, str) else type(one).__name__ + ': ' + str(one) for one in got]\n"
        )
        got = self.run_flow(code).events[-1]["json"]
        self.assertEqual((got[0], got[1], got[5]), ("int", "CalledProcessError: Command 'ls' returned non-zero exit status 3.", "int"))
        self.assertEqual(got[2].partition(": ")[2], "one.<locals>.Mine: gone")
        for words in (got[3], got[4]):
            self.assertIn("TypeError: ", words)

    def test_after_a_process_was_killed_there_are_others(self):
        code = (
            "import os\n@task(retries=1)\ndef one(n):\n    if n == 0 and not os.path.exists('killed'):\n        open('killed', 'w')\n        os.kill(os.getpid(), 9)\n    return n\n@task\ndef fatal(n):\n    os._exit(3)\n"
            "@flow\ndef main():\n    got = [one.map(range(4), on='processes', concurrency=2).results(), str(fatal.map([1], on='processes', concurrency=2).results(failed='return')[0])]\n    return [*got, one.map(range(4), on='processes', concurrency=2).results()]\n"
        )
        got = self.run_flow(code).events[-1]["json"]
        self.assertEqual((got[0], got[2]), ([0, 1, 2, 3], [0, 1, 2, 3]))
        self.assertIn("a process of this map ended before its task had: killed", got[1])

    def test_processes_that_begin_do_not_run_the_flow_again(self):
        done = self.run_flow("print('imported')\n@task\ndef one(n):\n    return n\n@flow\ndef main():\n    return one.map(range(2), on='processes').results()\n")
        self.assertEqual((done.code, done.events[-1].get("json"), len(done.of("result"))), (0, [0, 1], 1), done.err)


class Clusters(RunCase):
    """The team's own, where its package is installed: real ones, of this machine."""

    CODE = "@task(retries=1)\ndef square(n):\n    import os\n    return [n * n, os.getpid()]\n"

    def check(self, opening, on):
        code = f"{opening}{self.CODE}@flow\ndef main():\n    import os\n    {on[0]}\n    got = square.map(range(6), on={on[1]}, concurrency=3).results()\n    return [[n for n, _ in got], os.getpid() in [pid for _, pid in got]]\n"
        done = self.run_flow(code)
        self.assertEqual((done.code, done.events[-1].get("json")), (0, [[0, 1, 4, 9, 16, 25], False]), done.err)

    def test_a_dask_cluster(self):
        try:
            import distributed  # noqa: F401
        except ImportError:
            self.skipTest("distributed is not installed here")
        self.check("", ("from distributed import LocalCluster; cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)", "Dask(cluster.scheduler_address)"))

    def test_a_ray_cluster(self):
        try:
            import ray  # noqa: F401
        except ImportError:
            self.skipTest("ray is not installed here")
        self.check("", ("pass", "Ray('local')"))


class Progress(RunCase):
    def test_progress_is_one_line_that_moves(self):
        done = self.run_flow("import time\n@flow\ndef main():\n    for n in progress(range(4), 'rows'):\n        time.sleep(0.4)\n")
        self.assertRegex(done.messages(s="stderr")[-1], r"^rows 4/4 100 %, [\d.]+/s$")
        self.assertLess(len(done.messages(s="stderr")), 6)


if __name__ == "__main__":
    unittest.main()
