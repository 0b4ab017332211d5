"""Puts the table of braid-bench, from standard input, between the marks in README.md.

    update_readme.py RESULTS... < TABLE

The results tell how many rounds there were. Groups of many cases are folded.
"""

import collections
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
from importlib.metadata import version

FOLDED = "NGCP"
BEGIN, END = "<!-- numbers: made by Scripts/bench-peers --readme -->", "<!-- end of numbers -->"


def machine():
    """The processor's name, as far as it tells, and the best instruction set."""
    text = pathlib.Path("/proc/cpuinfo").read_text()
    name = re.search(r"model name\s*: (.*)", text)
    flags = re.search(r"flags\s*: (.*)", text).group(1).split()
    best = next((isa for isa in ("avx512f", "avx2") if isa in flags), "no AVX2")
    return f"{len(os.sched_getaffinity(0))} cores of {name.group(1) if name else 'a processor'} ({best})"


def section(text):
    title, _, table = text.partition("\n\n")
    if title[0] in FOLDED:
        return f"<details><summary>{title}</summary>\n\n{table.strip()}\n\n</details>\n"
    return f"**{title}**\n\n{table.strip()}\n"


def rounds():
    """How often cases were measured, in words."""
    counts = collections.Counter()
    for path in sys.argv[1:]:
        for line in pathlib.Path(path).read_text().splitlines():
            record = json.loads(line)
            counts[record["peer"], record["case"], record["threads"]] += 1
    fewest, most = min(counts.values()), max(counts.values())
    if most == 1:
        return "Medians"
    return f"Medians, the best of {fewest if fewest == most else f'{fewest} to {most}'} rounds"


def main():
    sections = [section(part) for part in re.split(r"^### ", sys.stdin.read(), flags=re.M)[1:]]
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True).stdout.strip()
    heading = (
        f"{datetime.date.today()}, {machine()}; Braid {commit}, PyTorch "
        f"{version('torch').partition('+')[0]}, ONNX Runtime {version('onnxruntime')}. {rounds()}; same "
        "inputs and weights, equal checksums. Below 1 Braid takes less.\n")
    readme = pathlib.Path("README.md")
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    readme.write_text(
        before + BEGIN + "\n\n" + heading + "\n" + "\n".join(sections) + "\n" + END + after)


main()
