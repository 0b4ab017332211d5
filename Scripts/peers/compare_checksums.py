"""Compares the checksums in result files: every peer must have computed the same. Exits 1 if not."""

import json
import sys

found = {}
for path in sys.argv[1:]:
    with open(path) as lines:
        for line in lines:
            record = json.loads(line)
            if record["extra"].get("checksum") is not None:
                found.setdefault(record["case"], []).append(
                    (record["peer"], record["threads"], record["extra"]["checksum"]))
wrong = compared = 0
for case, results in found.items():
    reference = next((r for r in results if not r[0].startswith("braid")), None)
    if reference is None:
        continue
    for peer, threads, value in results:
        # Rounding of f32 over sums of up to 1e7 terms.
        allowed = 2e-4 * max(abs(reference[2]), 1.0)
        compared += 1
        if not abs(value - reference[2]) <= allowed:
            wrong += 1
            print(f"{case}: {peer} with {threads} threads gives {value}, "
                  f"{reference[0]} gives {reference[2]}")
print(f"{compared} checksums compared, {wrong} differ")
sys.exit(1 if wrong else 0)
