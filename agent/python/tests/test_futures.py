import unittest

from .support import RunCase


class Futures(RunCase):
    def test_map_gives_results_in_the_order_of_its_items(self):
        done = self.run_flow("import time\n@task\ndef sq(n, plus):\n    time.sleep((5 - n) * 0.02)\n    return n * n + plus\n@flow\ndef main():\n    return sq.map(range(5), plus=1).results()\n")
        self.assertEqual(done.events[-1]["json"], [1, 2, 5, 10, 17])
        for index in range(5):
            mine = [event for event in done.of("task") if event["key"] == f"sq#0[{index}]"]
            self.assertEqual([event["state"] for event in mine], ["pending", "running", "succeeded"])
            self.assertEqual({(event["index"], event["map"], event["fn"]) for event in mine}, {(index, "sq#0", "sq")})
            self.assertEqual(mine[0]["inputs"], {"n": str(index), "plus": "1"})

    def test_concurrency_bounds_how_many_run_at_once_and_all_run(self):
        code = (
            "import threading, time\nnow, most, lock = [], [], threading.Lock()\n@task\ndef t(n):\n    with lock: now.append(n); most.append(len(now))\n"
            "    time.sleep(0.02)\n    with lock: now.remove(n)\n@flow\ndef main(limit: int):\n    t.map(range(12), concurrency=limit).results()\n    return max(most)\n"
        )
        self.assertEqual(self.run_flow(code, {"limit": 3}).events[-1]["json"], 3)

    def test_futures_as_arguments_become_values_and_parents(self):
        code = "@task\ndef one(n): return [n]\n@task\ndef add(a, more, **named): return a[0] + sum(x[0] for x in more) + named['k']['z'][0]\n@flow\ndef main():\n    f = one.map([1, 2, 3])\n    return add.submit(f[0], f[1:], k={'z': one.submit(10)}).result()\n"
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"], 16)
        parents = next(event["parents"] for event in done.of("task") if event["key"] == "add#0")
        self.assertEqual(parents, ["one#0[0]", "one#0[1]", "one#0[2]", "one#1"])

    def test_a_value_passed_on_records_who_made_it(self):
        code = "@task\ndef load(): return [1, 2]\n@task\ndef split(rows): return [rows[0]], [rows[1]]\n@task\ndef fit(part): return {'p': part}\n@flow\ndef main():\n    rows = load()\n    a, b = split(rows)\n    fit(a); fit.map([a, b])\n    fit([99])\n"
        done = self.run_flow(code)
        parents = {event["key"]: event["parents"] for event in done.of("task")}
        self.assertEqual(parents, {"load#0": [], "split#0": ["load#0"], "fit#0": ["split#0"], "fit#1[0]": ["split#0"], "fit#1[1]": ["split#0"], "fit#2": []})

    def test_values_that_nobody_holds_any_more_are_let_go(self):
        code = (
            "import gc, weakref\nclass Big(list):\n    pass\nseen = []\n@task\ndef make():\n    b = Big([1]); seen.append(weakref.ref(b)); return b\n@task\ndef other(): ...\n"
            "@flow\ndef main():\n    x = make(); other()\n    held = seen[0]() is not None\n    del x\n    other(); other(); gc.collect()\n    return [held, seen[0]() is None]\n"
        )
        self.assertEqual(self.run_flow(code).events[-1]["json"], [True, True])

    def test_result_raises_what_the_task_raised_with_its_frames(self):
        done = self.run_flow("@task\ndef bad(n): raise ValueError(n)\n@flow\ndef main():\n    bad.map([1, 2]).results()\n")
        error = done.events[-1]["error"]
        self.assertEqual((done.code, error["type"], error["message"]), (1, "ValueError", "1"))
        self.assertEqual([frame["function"] for frame in error["frames"]], ["main", "bad"])
        self.assertRegex(error["traceback"], r"\nValueError: 1\nthe item was 1: bad\[0\], one of 2 items(; 1 more failed so far)?\n$")

    def test_a_failure_that_nobody_asked_about_fails_the_flow(self):
        done = self.run_flow("@task\ndef bad(): raise ValueError('quiet')\n@flow\ndef main():\n    bad.submit()\n    return 'fine'\n")
        self.assertEqual((done.code, done.events[-1]["error"]["message"]), (1, "quiet"))

    def test_a_failure_that_was_asked_about_does_not(self):
        done = self.run_flow("@task\ndef bad(): raise ValueError('known')\n@flow\ndef main():\n    return str(bad.submit().exception())\n")
        self.assertEqual((done.code, done.events[-1]["json"]), (0, "known"))

    def test_what_depends_on_a_failure_is_skipped(self):
        done = self.run_flow("@task\ndef bad(): raise ValueError('no')\n@task\ndef after(x): ...\n@flow\ndef main():\n    f = bad.submit()\n    g = after.submit(f)\n    g2 = after.submit(g)\n    return [str(g2.exception()), str(f.exception()), g.state]\n")
        self.assertEqual(done.events[-1]["json"], ["no", "no", "skipped"])
        self.assertEqual((done.states("after#0"), done.states("after#1")), (["pending", "skipped"], ["pending", "skipped"]))

    def test_the_flow_waits_for_what_it_submitted_and_returns_values_for_futures(self):
        done = self.run_flow("import time\n@task\ndef slow(n):\n    time.sleep(0.1)\n    return n\n@flow\ndef main():\n    slow.submit(1)\n    return {'f': slow.submit(2), 'all': slow.map([3])}\n")
        self.assertEqual(done.states("slow#0"), ["pending", "running", "succeeded"])
        self.assertEqual(done.events[-1]["json"]["f"], 2)

    def test_a_future_used_as_its_value_says_what_to_call(self):
        uses = ["sum(out)", "out[0]['x']", "out[0] + 1", "1 - out[0]", "'a' + out[0]", "f'{out[0]:.2f}'", "[*out[0]]", "len(out[0])", "float(out[0])", "max(out)", "[1, 2][out[0]]", "out[0] < 3", "3 in out[0]", "out[0].shape"]
        code = (
            "@task\ndef t(n): return n\n@flow\ndef main():\n    out = t.map([1, 2])\n    said = []\n"
            f"    for use in {uses!r}:\n        try:\n            eval(use); said.append(use)\n        except (TypeError, AttributeError) as problem:\n            said.append(str(problem)[-110:])\n"
            "    plain = [out[0] == out[0], out[0] != out[1], len({*out, out[0]}), bool(out[0]), hasattr(out[0], 'shape'), out.index(out[1]), out[1] in out, f'{out[1]!r}'[:14], '.result()' in f'{out[0]}']\n"
            "    return [said, plain, sum(out.results())]\n"
        )
        said, plain, total = self.run_flow(code).events[-1]["json"]
        for use, text in zip(uses, said):
            with self.subTest(use=use):
                self.assertIn("this is the future of t[", text)
                self.assertTrue(text.endswith("], not its value: call .result() on it, or .results() on what map() returned"), text)
        self.assertEqual((plain, total), ([True, True, 2, True, False, 1, True, "<future t#0[1]", True], 3))

    def test_a_chain_longer_than_the_stack_is_skipped_to_its_end(self):
        code = "import threading\ngo = threading.Event()\n@task\ndef bad():\n    go.wait(20); raise ValueError('no')\n@task\ndef after(x): ...\n@flow\ndef main():\n    first = f = bad.submit()\n    for _ in range(3000): f = after.submit(f)\n    go.set()\n    return [str(f.exception(60)), str(first.exception()), f.state]\n"
        self.assertEqual(self.run_flow(code).events[-1]["json"], ["no", "no", "skipped"])

    def test_an_item_runs_before_its_source_gives_the_next(self):
        code = "import threading\nran = threading.Event()\n@task\ndef t(n):\n    ran.set(); return n\ndef source():\n    yield 1\n    yield ran.wait(20)\n@flow\ndef main():\n    return t.map(source()).results()\n"
        self.assertEqual(self.run_flow(code).events[-1]["json"], [1, True])

    def test_the_end_of_a_task_is_recorded_before_its_value_can_be_had(self):
        code = (
            "import glob, os\n@task\ndef t(n): return n\ndef recorded(key):\n    file, = glob.glob(os.environ['TIDEGATE_RUN_DIR'] + '/events.*')\n"
            "    return any(key in line and '\"succeeded\"' in line for line in open(file))\n"
            "@flow\ndef main():\n    found = []\n    for index, future in enumerate(t.map(range(200), concurrency=3)):\n        future.result(); found.append(recorded(f'\"t#0[{index}]\"'))\n    return [len(found), all(found)]\n"
        )
        self.assertEqual(self.run_flow(code).events[-1]["json"], [200, True])

    def test_failed_items_are_raised_skipped_or_returned_as_asked(self):
        code = "@task\ndef t(n): return 6 // n\n@flow\ndef main():\n    found = t.map([1, 0, 2])\n    return [found.results(failed='skip'), [str(x) for x in found.results(failed='return')]]\n"
        self.assertEqual(self.run_flow(code).events[-1]["json"], [[6, 3], ["6", "integer division or modulo by zero", "3"]])

    def test_a_source_that_never_ends_is_told(self):
        code = "import itertools, tidegate.mapping\ntidegate.mapping.MOST_ITEMS = 300\n@task\ndef t(n): return n\n@flow\ndef main(): t.map(itertools.count())\n"
        done = self.run_flow(code)
        self.assertIn("t.map() was given more than 300 items; does what makes them end?", done.events[-1]["error"]["message"])

    def test_what_is_no_list_or_too_long_is_refused_before_the_first_item(self):
        code = "@task\ndef t(n): print('ran')\n@flow\ndef main():\n    said = []\n    for items in (range(100_001), 7):\n        try: t.map(items)\n        except (TypeError, ValueError) as problem: said.append(str(problem))\n    return said\n"
        done = self.run_flow(code)
        self.assertEqual(
            (done.events[-1]["json"], done.messages()),
            (["t.map() was given 100,001 items, and takes at most 100,000. Give each task a slice of them, or map over parts", "t.map() takes a list, or what else gives one item after the other, not 7"], []),
        )

    def test_when_the_flow_fails_the_rest_is_cancelled_and_what_runs_is_waited_for(self):
        done = self.run_flow("import time\n@task\ndef slow(n):\n    time.sleep(0.2)\n    print('whole', n)\n@flow\ndef main():\n    slow.map(range(4), concurrency=1)\n    time.sleep(0.05)\n    raise KeyError('x')\n")
        self.assertEqual((done.code, done.messages()), (1, ["whole 0"]))
        self.assertEqual([done.states(f"slow#0[{index}]")[-1] for index in range(4)], ["succeeded", "cancelled", "cancelled", "cancelled"])

    def test_tasks_that_wait_for_their_own_children_do_not_block_them(self):
        code = "@task\ndef leaf(n): return n\n@task\ndef node(n): return sum(leaf.map(range(n), concurrency=1).results()) + leaf.submit(1).result()\n@flow\ndef main():\n    return sum(node.map([3] * 40).results())\n"
        self.assertEqual(self.run_flow(code).events[-1]["json"], 160)

    def test_async_tasks_run_together_and_keep_their_own_scope(self):
        code = (
            "import asyncio\n@task\ndef inner(n): log.info('at', n)\n@task\nasync def wait(n):\n    await asyncio.sleep(0.01 * (3 - n)); inner(n); return n\n"
            "@flow\nasync def main():\n    return await asyncio.gather(wait(0), wait(1), wait(2))\n"
        )
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"], [0, 1, 2])
        self.assertEqual({(record["m"], record["k"]) for record in done.logs}, {(f"at {n}", f"wait#{n}/inner#0") for n in range(3)})

    def test_async_tasks_can_be_submitted_and_futures_awaited(self):
        code = "import asyncio\n@task\nasync def a(n): await asyncio.sleep(0.01); return n\n@task\nasync def b(x): return x + 1\n@flow\nasync def main():\n    f = a.submit(1)\n    return [await f, await b(f), await asyncio.gather(*[x for x in a.map([5, 6])])]\n"
        self.assertEqual(self.run_flow(code).events[-1]["json"], [1, 2, [5, 6]])

    def test_an_async_task_of_a_plain_flow_runs_in_a_thread(self):
        done = self.run_flow("import asyncio\n@task\nasync def a(n): await asyncio.sleep(0.01); return n\n@flow\ndef main():\n    return a.map([1, 2]).results()\n")
        self.assertEqual(done.events[-1]["json"], [1, 2])

    def test_a_flow_in_a_flow_is_a_plain_call_and_methods_can_be_tasks(self):
        code = "class C:\n    def __init__(self, k): self.k = k\n    @task\n    def times(self, n): return n * self.k\n@flow\ndef sub(n): return C(3).times(n)\n@flow\ndef main(): return sub(2)\n"
        done = self.run_flow(code)
        self.assertEqual((done.events[-1]["json"], done.of("task")[0]["key"], done.of("task")[0]["inputs"]), (6, "times#0", {"n": "2"}))

    def test_a_future_can_time_out_and_be_cancelled_before_it_begins(self):
        code = "import threading\ngo = threading.Event()\n@task\ndef hold(n): go.wait(10)\n@flow\ndef main():\n    f = hold.map([1, 2], concurrency=1)\n    try:\n        f[0].result(timeout=0.01)\n    except TimeoutError as e:\n        said = 'hold#0[0] has not ended' in str(e)\n    gone = f[1].cancel()\n    go.set()\n    return [said, gone, f[1].state, f[0].cancel()]\n"
        done = self.run_flow(code)
        self.assertEqual(done.events[-1]["json"][:3], [True, True, "cancelled"])

    def test_outside_a_flow_a_task_is_its_function_and_cannot_be_submitted(self):
        done = self.python("-c", "from tidegate import task\n@task\ndef f(n): return n + 1\nprint(f(1), f.__name__)\ntry:\n    f.submit(1)\nexcept RuntimeError as e:\n    print(e)")
        self.assertEqual(done.stdout.split("\n")[0], "2 f")
        self.assertIn("call the task itself", done.stdout)

    def test_a_task_can_be_sent_to_a_process_pool_where_it_is_its_function(self):
        code = "from concurrent.futures import ProcessPoolExecutor\n@task\ndef sq(n): return n * n\n@flow\ndef main():\n    with ProcessPoolExecutor(1) as pool:\n        return list(pool.map(sq, [2, 3]))\n"
        done = self.run_flow(code)
        self.assertEqual((done.of("result")[0]["json"], done.of("task")), ([4, 9], []))


if __name__ == "__main__":
    unittest.main()
