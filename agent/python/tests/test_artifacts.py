import json
import os
import unittest

from .support import RunCase

PIXEL = (
    "b'\\x89PNG\\r\\n\\x1a\\n\\x00\\x00\\x00\\rIHDR\\x00\\x00\\x00\\x01\\x00\\x00\\x00\\x01\\x08\\x00\\x00\\x00\\x00:~\\x9bU"
    "\\x00\\x00\\x00\\nIDATx\\x9cc`\\x00\\x00\\x00\\x02\\x00\\x01H\\xaf\\xa4q\\x00\\x00\\x00\\x00IEND\\xaeB`\\x82'"
)


class Artifacts(RunCase):
    def made(self, code, before=""):
        body = "".join(f"    {line}\n" for line in code.strip().split("\n"))
        done = self.run_flow(f"from tidegate import artifact\n{before}\n@flow\ndef main():\n{body}")
        self.assertEqual(done.code, 0, done.events[-1])
        for event in done.of("artifact"):
            path = os.path.join(self.folder, event["file"])
            self.assertEqual((os.path.getsize(path), event["id"] in event["file"]), (event["size"], True))
        return [(event, self.payload(event)) for event in done.of("artifact")]

    def payload(self, event):
        with open(os.path.join(self.folder, event["file"]), "rb") as file:
            data = file.read()
        return json.loads(data) if event["mime"] == "application/json" else data

    def refused(self, code, before=""):
        done = self.run_flow(f"from tidegate import artifact\n{before}\n@flow\ndef main():\n    {code}\n")
        self.assertEqual((done.code, done.of("artifact"), os.listdir(os.path.join(self.folder, "artifacts"))), (1, [], []))
        error = done.events[-1]["error"]
        return f"{error['type']}: {error['message']}"

    def test_tables_of_every_kind_become_columns_and_rows(self):
        before = (
            "import collections, dataclasses, datetime, enum\nP = collections.namedtuple('P', 'a b')\n@dataclasses.dataclass\nclass D:\n    a: int\n    b: str\n"
            "class E(enum.Enum):\n    X = 1\nclass Frame:\n    columns = ['a', 'b']\n    def __len__(self): return 1\n    def itertuples(self, index, name): return iter([(1, 2)])\n"
        )
        made = self.made(
            "artifact.table([{'a': 1}, {'b': 2}])\nartifact.table([[1, 2]], columns=['a', 'b'])\nartifact.table({'a': [1, 2], 'b': [3, 4]})\n"
            "artifact.table([P(1, 2)])\nartifact.table([D(1, 'x')])\nartifact.table(Frame())\n"
            "artifact.table([[float('nan'), E.X, datetime.date(2026, 1, 2), b'z', None, True, 'y' * 2000]], columns='abcdefg', name='cells')\nartifact.table([])",
            before,
        )
        self.assertEqual(
            [payload for _, payload in made[:6]],
            [
                {"columns": ["a", "b"], "rows": [[1, None], [None, 2]]},
                {"columns": ["a", "b"], "rows": [[1, 2]]},
                {"columns": ["a", "b"], "rows": [[1, 3], [2, 4]]},
                {"columns": ["a", "b"], "rows": [[1, 2]]},
                {"columns": ["a", "b"], "rows": [[1, "x"]]},
                {"columns": ["a", "b"], "rows": [[1, 2]]},
            ],
        )
        self.assertEqual(made[6][1]["rows"][0], [None, "X", "2026-01-02", "b'z'", None, True, "y" * 999 + "…"])
        self.assertEqual((made[6][0]["name"], made[6][0]["kind"], made[7][1]), ("cells", "table", {"columns": [], "rows": []}))

    def test_metrics_are_numbers_points_or_series(self):
        made = self.made("artifact.metrics({'a': 1}, b=0.5, step=3)\nartifact.metrics(loss=[3, 1.5], at=[(10, 1), (20, float('nan'))], name='curve')")
        self.assertEqual(made[0][1], {"metrics": {"a": 1, "b": 0.5}, "step": 3})
        self.assertEqual(made[1][1], {"metrics": {"loss": 1.5, "at": None}, "step": None, "series": {"loss": [[0, 3], [1, 1.5]], "at": [[10, 1], [20, None]]}})

    def test_ids_sort_in_the_order_of_making(self):
        made = self.made("for e in range(300): artifact.metrics(loss=1 / (e + 1), name='training')")
        ids = [event["id"] for event, _ in made]
        self.assertEqual((ids, len(set(ids))), (sorted(ids), 300))
        self.assertEqual([payload["metrics"]["loss"] for _, payload in made], [1 / (e + 1) for e in range(300)])
        self.assertRegex(ids[0], r"^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

    def test_markdown_and_images_keep_their_bytes_and_their_task(self):
        made = self.made(
            f"show()\nartifact.image({PIXEL})\nopen('p.png', 'wb').write({PIXEL})\nartifact.image('p.png')\nartifact.image('<svg xmlns=\"http://www.w3.org/2000/svg\"/>')\nartifact.image(Figure())",
            f"@task\ndef show(): artifact.markdown('# é', name='title')\nclass Figure:\n    def savefig(self, target, format): target.write({PIXEL})\n",
        )
        self.assertEqual((made[0][1], made[0][0]["task"], made[0][0]["name"], made[0][0]["mime"]), ("# é".encode(), "show#0", "title", "text/markdown"))
        self.assertEqual([event["mime"] for event, _ in made[1:]], ["image/png", "image/png", "image/svg+xml", "image/png"])
        self.assertEqual({event["task"] for event, _ in made[1:]}, {None})

    def test_too_many_rows_are_refused_with_what_to_do(self):
        self.assertEqual(self.refused("artifact.table([[1]] * 10_001)"), "ValueError: the table has 10,001 rows, and an artifact shows at most 10,000: pass a part of them, such as rows[:10000]")

    def test_rows_of_unequal_length_are_refused_by_number(self):
        self.assertIn("row 1 of the table has 1 cells, but there are 2 columns: a, b", self.refused("artifact.table([[1, 2], [3]], columns=['a', 'b'])"))

    def test_bytes_that_are_no_image_are_refused(self):
        self.assertIn("knows PNG, JPEG, GIF, WebP and SVG", self.refused("artifact.image(b'%PDF-1.4')"))

    def test_an_image_over_50_mb_is_refused_with_its_size(self):
        self.assertIn("has 52,428,808 bytes; an artifact has at most 52,428,800", self.refused("artifact.image(b'\\x89PNG\\r\\n\\x1a\\n' + bytes(50 * 1024 * 1024))"))

    def test_a_metric_that_is_no_number_is_refused_by_name(self):
        self.assertEqual(self.refused("artifact.metrics(acc='high')"), "TypeError: the metric \"acc\" is 'high' (str), no number")


if __name__ == "__main__":
    unittest.main()
