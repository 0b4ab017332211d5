"""What every peer's script shares: inputs that braid-bench makes too, the clock, and the result lines."""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import time

import numpy as np


def pattern(count, seed):
    """The values of Sources/BraidBench/Cases/Pattern.swift, in double precision."""
    index = np.arange(1, count + 1, dtype=np.float64)
    position = index * 0.6180339887498949 + float(seed) * 0.7548776662466927
    return position - np.floor(position) - 0.5


def values(shape, seed, scale=1.0, center=0.0):
    numbers = pattern(int(np.prod(shape)), seed) * scale + center
    return numbers.astype(np.float32).reshape(shape)


def labels(shape, classes, seed):
    return ((pattern(int(np.prod(shape)), seed) + 0.5) * classes).astype(np.int64).reshape(shape)


def checksum(array):
    flat = np.asarray(array, dtype=np.float64).ravel()
    return float(np.dot(flat, pattern(flat.size, 0)))


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--groups", default="E,G,C,P,M,T,R,D")
    parser.add_argument("--only", default="", help="regular expression for the names of cases")
    return parser.parse_args()


class Bench:
    def __init__(self, options):
        self.options = options
        self.groups = options.groups.split(",")

    def wants(self, case):
        return case[0] in self.groups and re.search(self.options.only, case) is not None

    def run(self, peer, case, prepare):
        """`prepare` gives the work and a function for the checksum after the first run."""
        if not self.wants(case):
            return

        def timed():
            work, result = prepare()
            begin = time.perf_counter()
            work()
            first = time.perf_counter() - begin
            extra = {"first_call_s": first, "checksum": result()}
            samples, inner = self._samples(work)
            extra.update(n=len(samples), inner=inner)
            return statistics.median(samples), min(samples), extra

        self.report(peer, case, timed)

    def report(self, peer, case, measure, threads=None):
        """Prints the line of a case that `measure` gives median, minimum and further numbers for."""
        record = {"peer": peer, "case": case, "threads": threads or self.options.threads}
        try:
            record["median_s"], record["min_s"], record["extra"] = measure()
        except Exception as error:  # a peer that cannot run a case must not end the others
            record.update(median_s=None, min_s=None, extra={"error": str(error)[:200]})
        print(json.dumps(record), flush=True)

    @staticmethod
    def _samples(work):
        begin = time.perf_counter()
        last = 0.0
        while time.perf_counter() - begin < 0.1 or last == 0.0:
            start = time.perf_counter()
            work()
            last = time.perf_counter() - start
        inner = max(1, int(2e-3 / max(last, 1e-8)))
        samples = []
        begin = time.perf_counter()
        while True:
            start = time.perf_counter()
            for _ in range(inner):
                work()
            samples.append((time.perf_counter() - start) / inner)
            total = time.perf_counter() - begin
            if len(samples) >= 5 and total >= 0.3 or len(samples) >= 300:
                break
            if total >= 4 and len(samples) >= 3:
                break
        return samples, inner


def peak_megabytes():
    """The peak of this process's resident memory, in units of 2^20 bytes."""
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:"))


def import_report(bench, module, peer):
    """R_import: a process that does no more than to import a module, with its peak of memory."""
    if not bench.wants("R_import"):
        return
    here = pathlib.Path(__file__).parent
    program = f"import sys; sys.path.insert(0, {str(here)!r}); import {module}, measure; " \
        "print(measure.peak_megabytes())"

    def measured():
        samples = []
        for _ in range(6):
            begin = time.perf_counter()
            found = subprocess.run(
                [sys.executable, "-c", program], capture_output=True, text=True, check=True)
            samples.append(time.perf_counter() - begin)
        del samples[0]  # it warmed up
        return statistics.median(samples), min(samples), {
            "n": len(samples), "peak_rss_mb": float(found.stdout)}

    bench.report(peer, "R_import", measured)
