"""The cases of the table in one process: python3 local.py FOLDER; what came of each on standard output."""

import importlib
import io
import json
import sys

from tidegate import testing

folder = sys.argv[1]
sys.path.insert(0, folder)
with open(f"{folder}/cases.json", encoding="utf-8") as file:
    cases = json.load(file)
told = []
out, real = sys.stdout, sys.stderr
for case in cases:
    said = sys.stderr = io.StringIO()
    end = {}
    try:
        main = importlib.import_module(case["name"]).main
        with testing(answers=case.get("answers")):
            end["result"] = main(**case.get("parameters", {}))
    except Exception as problem:
        end["error"] = {"type": type(problem).__qualname__, "message": str(problem)}
    told.append({**end, "lines": said.getvalue()})
sys.stderr = real
json.dump(told, out)
