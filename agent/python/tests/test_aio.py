import unittest

from .support import RunCase
from .test_waits import Waits as _Waits


class Async(_Waits):
    """Waits of async def flows."""

    CODE = (
        "import asyncio\nfrom tidegate.aio import approval, sleep, wait_for, run_flow\n@task(pool='gpu')\nasync def far(n): return n\n"
        "async def slow():\n    await asyncio.sleep(1); done('slow'); return 's'\n"
        "@flow\nasync def main():\n    asked = approval('Ship it?')\n    got = await asyncio.gather(asked, wait_for('e'), far(7), run_flow.submit('part', {'n': 1}), slow())\n    return [bool(got[0]), *got[1:]]\n"
    )

    def test_coroutines_that_wait_together_end_the_process_once_no_other_is_under_way(self):
        first = self.go(self.CODE)
        self.assertEqual((first.code, first.effects, first.events[-1]["mode"]), (75, ["slow"], "any"))
        self.assertEqual(sorted(first.events[-1]["on"]), ["approval#0", "event#0", "far#0", "run part#0"])
        answers = [{"key": key, "state": "answered", "value": value} for key, value in (("approval#0", True), ("event#0", 5), ("far#0", 7), ("run part#0", 1))]
        done = self.go(self.CODE, answers=answers)
        self.assertEqual((done.code, done.events[-1].get("json")), (0, [True, 5, 7, 1, "s"]))

    def test_one_wait_alone_suspends_on_all_and_a_time_limit_around_it_keeps_the_process(self):
        code = "import asyncio\nfrom tidegate.aio import approval\n@flow\nasync def main():\n    try: await asyncio.wait_for(approval('Now?'), 1.5)\n    except asyncio.TimeoutError: done('late')\n    return bool(await approval('Ship it?'))\n"
        first = self.go(code)
        self.assertEqual((first.code, first.effects, first.events[-1]["on"], first.events[-1]["mode"]), (75, ["late"], ["approval#1"], "all"))

    def test_a_time_limit_that_has_its_turn_next_is_not_cut_off(self):
        # A machine so busy that the limit is due between the end of the pause and the look.
        busy = "    real, began = asyncio.sleep, time.monotonic()\n    async def slow(pause):\n        await real(pause)\n        if time.monotonic() - began > 1.2: time.sleep(max(0, began + 1.8 - time.monotonic())); await real(0)\n    aio.asyncio = types.SimpleNamespace(**{**vars(asyncio), 'sleep': slow})\n"
        code = f"import asyncio, time, types\nfrom tidegate import aio\n@flow\nasync def main():\n{busy}    try: await asyncio.wait_for(aio.approval('Now?'), 1.7)\n    except asyncio.TimeoutError: done('late')\n    return 1\n"
        first = self.go(code)
        self.assertEqual((first.code, first.effects, first.events[-1].get("json")), (0, ["late"], 1))

    def test_the_event_loop_goes_on_meanwhile(self):
        code = "import asyncio\nfrom tidegate.aio import sleep, wait_for\n@flow\nasync def main():\n    ticks = []\n    async def tick():\n        while len(ticks) < 10:\n            ticks.append(1); await asyncio.sleep(0.02)\n    async def ready(): return len(ticks) >= 5\n    await asyncio.gather(sleep(0.4), tick(), wait_for(ready, every=0.05))\n    return len(ticks)\n"
        self.assertEqual(self.go(code).events[-1].get("json"), 10)


for _name in [name for name in dir(_Waits) if name.startswith("test_")]:
    setattr(Async, _name, None)  # those of the plain ones are theirs
del _Waits


class Unawaited(RunCase):
    HEAD = "import asyncio\n@task\nasync def load(n):\n    return n\n"

    def test_an_async_task_that_nobody_awaits_is_named_with_what_to_do(self):
        does = "did not run, for want of an await: load is an async task, so write  await load(…)  in an async def, or  load.submit(…).result()"
        for body, exit_code, which in (("load(1)\n    return 1", 0, "load#0"), ("for n in range(3): load(n)", 0, "load#0 and 2 more of load"), ("return load(1) + 1", 1, "load#0")):
            with self.subTest(body):
                self.setUp()  # a folder of its own
                done = self.run_flow(f"{self.HEAD}@flow\ndef main():\n    {body}\n")
                told = done.messages(l="warn")
                self.assertEqual((done.code, [text for text in told if "await load" in text]), (exit_code, [f"{which} {does}"]))
                self.assertTrue(any("coroutine 'load' was never awaited" in text for text in told), told)

    def test_one_that_is_awaited_anyhow_is_not(self):
        for head, body in (("", "return [asyncio.run(load(1)), load.submit(2).result(), load.map([3]).results()]"), ("async ", "return await asyncio.gather(load(1), asyncio.create_task(load(2)))")):
            with self.subTest(body):
                self.setUp()  # a folder of its own
                done = self.run_flow(f"{self.HEAD}@flow\n{head}def main():\n    {body}\n")
                self.assertEqual((done.code, done.messages(l="warn")), (0, []))


class Local(RunCase):
    def test_a_question_in_the_terminal_and_other_flows_leave_the_event_loop_free(self):
        self.write(
            {
                "f.py": "import asyncio\nfrom tidegate import flow\nfrom tidegate.aio import approval, run_flow\n@flow\nasync def part(n: int): return n * 2\n@flow\nasync def main():\n    return [bool(await approval('Ship it?')), await run_flow('part', {'n': 4}), await run_flow.map(part, [{'n': 1}, {'n': 2}])]\nif __name__ == '__main__': print(asyncio.run(main()))\n"
            }
        )
        done = self.python("f.py", stdin="y\n")
        self.assertEqual(done.stdout, "[True, 8, [2, 4]]\n", done.stderr)


if __name__ == "__main__":
    unittest.main()
