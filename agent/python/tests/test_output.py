import json
import os
import re
import unittest

from .support import RunCase


class Output(RunCase):
    def flow(self, body, before=""):
        lines = "".join(f"    {line}\n" for line in body.strip().split("\n"))
        return self.run_flow(f"import sys, os, time\n{before}\n@flow\ndef main():\n{lines}")

    def test_print_stderr_log_and_logging_carry_their_source_and_level(self):
        done = self.flow(
            "print('a', 'b')\nsys.stderr.write('c\\n')\nlog.debug('d'); log.info('e'); log.warning('f', 1); log.error('g')\n"
            "import logging\nlogging.getLogger('x').warning('h %s', 2)\nlogging.getLogger('x').info('not shown')\nlogging.error('i')"
        )
        found = [(record["s"], record["l"], record["m"]) for record in done.logs]
        self.assertEqual(
            found,
            [
                ("stdout", "info", "a b"),
                ("stderr", "warn", "c"),
                *[("log", level, text) for level, text in (("debug", "d"), ("info", "e"), ("warn", "f 1"), ("error", "g"), ("warn", "h 2"), ("error", "i"))],
            ],
        )
        self.assertEqual((done.out, done.err), (b"", b""))

    def test_log_formats_as_logging_does_and_joins_what_asks_for_nothing(self):
        done = self.flow("log.info('%d of %s', 3, 'ten'); log.info('100%', 5); log.info('%d rows', 'no'); log.info('%(a)s', {'a': 1}); log.info('half: 50% of it'); log.info()")
        self.assertEqual([record["m"] for record in done.logs], ["3 of ten", "100% 5", "%d rows no", "1", "half: 50% of it", ""])

    def test_basic_config_sets_the_level_and_no_line_comes_twice(self):
        done = self.flow("logging.basicConfig(level=logging.INFO, format='%(asctime)s %(message)s')\nlogging.info('once')", before="import logging")
        self.assertEqual([(record["l"], record["m"]) for record in done.logs], [("info", "once")])

    def test_a_handler_of_the_programs_own_is_left_to_it(self):
        done = self.flow("h = logging.StreamHandler(sys.stdout); h.setFormatter(logging.Formatter('MINE %(message)s'))\nlogging.getLogger('m').addHandler(h)\nlogging.getLogger('m').error('x')", before="import logging")
        self.assertEqual([(record["s"], record["m"]) for record in done.logs], [("stdout", "MINE x")])

    def test_an_exception_in_logging_brings_its_traceback(self):
        done = self.flow("import logging\ntry:\n    1 / 0\nexcept ZeroDivisionError:\n    logging.exception('oh')")
        self.assertRegex(done.logs[0]["m"], re.compile(r"^oh\nTraceback .*ZeroDivisionError: division by zero$", re.S))

    def test_a_line_without_its_end_is_written_at_the_end_and_kept_apart_by_task(self):
        done = self.run_flow("@task\ndef t():\n    print('task', end='')\n@flow\ndef main():\n    print('flow', end='')\n    t()\n    print(' last', end='')\n")
        self.assertEqual([(record["m"], record.get("k")) for record in done.logs], [("flow", None), ("task", "t#0"), (" last", None)])

    def test_an_unfinished_line_that_is_flushed_shows_at_once_as_a_part(self):
        done = self.flow("print('downloading', end='', flush=True)\nprint(' done')")
        self.assertEqual([(record["m"], record.get("part")) for record in done.logs], [("downloading", True), (" done", None)])

    def test_progress_lines_replace_each_other_at_most_once_a_second(self):
        done = self.flow("for i in range(500):\n    sys.stderr.write(f'\\r{i} of 500')\n    sys.stderr.flush()\nsys.stderr.write('\\n')\nprint('after')")
        self.assertEqual([(record["m"], record["l"], record.get("r")) for record in done.logs], [("0 of 500", "info", True), ("499 of 500", "info", None), ("after", "info", None)])

    def test_carriage_returns_at_the_end_of_prints_do_the_same(self):
        done = self.flow("for i in range(50): print(i, end='\\r')\nprint('done')\nsys.stdout.write('windows\\r\\n')")
        self.assertEqual(done.messages(r=None)[-2:], ["done", "windows"])
        self.assertLess(len(done.logs), 6)

    def test_binary_output_goes_to_the_raw_descriptor_untouched(self):
        done = self.flow("sys.stdout.buffer.write(bytes(range(256)))\nos.write(2, b'\\xff\\xfe')\nprint('text')")
        self.assertEqual((done.out, done.err, done.messages()), (bytes(range(256)), b"\xff\xfe", ["text"]))

    def test_half_surrogates_and_control_characters_do_no_harm(self):
        done = self.flow("print('a\\udc80b\\x00\\x1b[31mred', '\\u2028')")
        self.assertEqual(done.messages(), ["a?b\x00\x1b[31mred \u2028"])

    def test_a_line_of_10_mb_comes_whole_in_parts(self):
        done = self.flow("print('é' * 5_000_000)")
        self.assertEqual("".join(done.messages()), "é" * 5_000_000)
        self.assertEqual({record.get("part") for record in done.logs[:-1]}, {True})
        self.assertNotIn("part", done.logs[-1])

    def test_what_exceeds_the_longest_message_is_cut_with_a_mark(self):
        done = self.flow("log.info('x' * 11_000_000)")
        self.assertTrue("".join(done.messages()).endswith("x… (1000000 bytes more)"))

    def test_a_hundred_thousand_lines_all_arrive_in_order(self):
        done = self.flow("for i in range(100_000): print(i)\nsys.stdout.write(''.join(f'{i}\\n' for i in range(100_000)))")
        self.assertEqual(done.messages(), [str(number) for number in range(100_000)] * 2)

    def test_lines_of_threads_stay_whole_and_keep_their_task(self):
        done = self.run_flow("@task\ndef say(n):\n    for i in range(300): print(n, i)\n@flow\ndef main():\n    say.map(range(8))\n")
        for index in range(8):
            self.assertEqual(done.messages(k=f"say#0[{index}]"), [f"{index} {number}" for number in range(300)])

    def test_a_full_disk_costs_records_and_says_so_once_but_the_flow_goes_on(self):
        code = "import os\n@flow\ndef main():\n    for i in range(3000): print(i, 'x' * 100)\n    open('proof', 'w').write('went on')\n"
        done = self.run_flow_on_full_disk(code)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(done.err.count(b"cannot write log records"), 1)
        # how many, in the room that the agent made for it
        with open(f"{self.folder}/lost", "rb") as file:
            told = file.read()
        lost = json.loads(next(line for line in told.split(b"\n") if line.strip()))
        self.assertEqual((len(told), lost["why"], lost["events"]), (4096, "EFBIG", [0, 0]))
        self.assertEqual(lost["log"][0] + len(done.messages()), 3000)
        self.assertGreater(lost["log"][1], 100 * lost["log"][0])
        with open(f"{self.folder}/project/proof") as file:
            self.assertEqual(file.read(), "went on")

    def test_once_there_is_room_again_the_log_says_in_place_what_is_lost(self):
        fill = "import resource, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        code = f"{fill}@flow\ndef main():\n    print('before')\n    whole = resource.getrlimit(resource.RLIMIT_FSIZE)\n    resource.setrlimit(resource.RLIMIT_FSIZE, (100, whole[1]))\n    for i in range(5): print(i, 'x' * 200)\n    resource.setrlimit(resource.RLIMIT_FSIZE, whole)\n    print('after')\n"
        self.prepare(code)
        self.start().wait(60)
        log = next(name for name in os.listdir(self.folder) if name.startswith("log."))
        with open(os.path.join(self.folder, log), encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.endswith("}\n") and line.count('"t"') == 1]
        self.assertEqual([line["m"] for line in lines][::2], ["before", "after"])
        self.assertRegex(lines[1]["m"], r"^5 lines of this log are lost here \(1,\d\d\d bytes\): the run directory could not be written \(EFBIG\)$")
        self.assertEqual((lines[1]["l"], lines[1]["s"]), ("error", "agent"))

    def run_flow_on_full_disk(self, code):
        self.prepare(code)
        self.write({"lost": (" " * 127 + "\n") * 32})
        process = self.start(limit=64)  # blocks of 512 bytes (1024 in some shells)
        process.wait(60)
        # the last record of the full file may be torn: readers ignore an unfinished last line
        for name in os.listdir(self.folder):
            if name.startswith("log."):
                path = f"{self.folder}/{name}"
                with open(path, "rb") as file:
                    data = file.read()
                with open(path, "wb") as file:
                    file.write(data[: data.rfind(b"\n") + 1])
        return self.finished(process)

    def test_writing_what_is_no_text_raises_as_it_does_elsewhere(self):
        done = self.flow("try:\n    sys.stdout.write(b'x')\nexcept TypeError as e:\n    return str(e)")
        self.assertEqual(done.events[-1]["json"], "write() argument must be str, not bytes")


if __name__ == "__main__":
    unittest.main()
