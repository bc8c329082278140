# SPDX-License-Identifier: MIT
"""The memory that a batch recall takes besides its arrays, measured in a process of its own."""

import argparse
import ctypes
import json
import os
import re
import subprocess
import sys

import workloads

POINTS = [("dot+softmax", 3072, 10000, 1000), ("sqeuclidean+softmax", 3072, 10000, 1000),
          ("manhattan+max", 3072, 10000, 1000), ("sqeuclidean+max", 3072, 10000, 1000),
          ("jensen-shannon+softmax", 3072, 10000, 16), ("manhattan+max (uint8)", 3072, 10000, 1000),
          ("table+max", 3072, 10000, 100), ("hamming+max (bits)", 1024, 10**6, 100)]
LIMIT = 64 * 2**20


def _status(field):
    with open("/proc/self/status", encoding="ascii") as file:
        return int(re.search(rf"^{field}:\s*(\d+) kB", file.read(), re.M)[1]) * 1024


def measure_here(library_path, kind_name, dim, count, queries, threads):
    """Bytes that a recall adds to what the process had with all arrays in place."""
    import data
    import library as uhn
    kind = workloads.KINDS[kind_name]
    problem = data.Problem(data.Images(os.environ.get("UHN_DATA", "")), kind.storage, dim, count, queries)
    problem.queries += 0  # all pages are there
    library = uhn.Library(library_path)
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w", encoding="ascii") as file:
        file.write("5")  # forgets the peak of making the data
    before = _status("VmRSS")
    ours = workloads.Ours(library, kind, problem, threads)
    for array in (getattr(ours, "answers", None), ours.best, ours.scores):
        if array is not None:
            array.fill(1)
    arrays = _status("VmRSS") - before
    ours.call(queries)
    return {"kind": kind_name, "dim": dim, "stored": count, "queries": queries, "threads": threads,
            "memory_bytes": problem.stored.nbytes, "answer_bytes": arrays,
            "extra_bytes": _status("VmHWM") - before - arrays}


def run(session):
    """One child for each point; returns the records."""
    records = []
    for point in POINTS:
        name = "footprint of " + point[0]
        if not session.wanted("footprint", name) or (session.quick and point[0] not in ("dot+softmax",
                                                                                        "manhattan+max")):
            continue
        command = [sys.executable, os.path.abspath(__file__), "--library", session.options.library, "--point",
                   json.dumps(point), "--threads", str(session.threads)]
        # Fixed thresholds: memory that making the data has freed goes back to the system, and is not used again unseen.
        environment = {**os.environ, "MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
        record = json.loads(done.stdout)
        record["name"] = name
        record["reached"] = record["extra_bytes"] <= LIMIT
        print(f"{name}: {record['extra_bytes'] / 2**20:.1f} MiB besides a memory of "
              f"{record['memory_bytes'] / 2**20:.0f} MiB: {'reached' if record['reached'] else 'MISSED'}", flush=True)
        records.append(record)
    return records


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--library")
    parser.add_argument("--point", type=json.loads)
    parser.add_argument("--threads", type=int)
    given = parser.parse_args()
    print(json.dumps(measure_here(given.library, *given.point, given.threads)))
