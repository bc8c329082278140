# SPDX-License-Identifier: MIT
"""Runs the benchmarks; see script/bench, which prepares what this needs and calls it."""

import argparse
import json
import os
import sys
import time


def parse():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller grids and fewer rounds: about three minutes")
    parser.add_argument("--only", metavar="NAME", default="",
                        help="one section (roofline, targets, flows, footprint, grid, growth), or the workloads whose name "
                             "has NAME in it")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)),
                        help="for both sides; default: all processors")
    parser.add_argument("--out", default="build/bench", metavar="FOLDER", help="for results.json; default: build/bench")
    parser.add_argument("--library", required=True, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.threads < 1:
        parser.error("--threads must be 1 or more")
    options.library = os.path.abspath(options.library)
    return options


def merge(old, new):
    """Rows measured now take the place of those of the same name."""
    if isinstance(new, dict):
        return {key: merge(old[key], rows) if isinstance(rows, list) else rows for key, rows in new.items()}
    rows = {row.get("name", row["kind"]): row for row in new}
    kept = [rows.pop(row.get("name", row["kind"]), row) for row in old]
    return kept + list(rows.values())


def save(session, name, found, machine):
    """A section measured now takes the place of that in the file; a part of it (--only) that of its rows."""
    os.makedirs(session.options.out, exist_ok=True)
    path = os.path.join(session.options.out, "results.json")
    results = {}
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            results = json.load(file)
    if session.options.only not in ("", name) and name in results and name != "roofline":
        found = merge(results[name]["results"], found)
    results[name] = {"machine": machine, "results": found}
    with open(path + ".part", "w", encoding="utf-8") as file:
        json.dump(results, file, indent=1, ensure_ascii=False)
    os.replace(path + ".part", path)
    return path


def main():
    options = parse()
    # Only now: what they load reads the number of threads from the environment.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ[name] = str(options.threads)
    import flows
    import footprint
    import grid
    import roofline
    import targets
    from session import Session, machine

    start = time.monotonic()
    session = Session(options)
    roofline.show(roofline.measure(session))
    sections = {"roofline": session.roofline}
    path = save(session, "roofline", session.roofline, machine(session))
    for name, run in (("targets", targets.run), ("flows", flows.run), ("footprint", footprint.run), ("grid", grid.run),
                      ("growth", grid.growth)):
        found = run(session)
        if any(found.values()) if isinstance(found, dict) else found:
            sections[name] = found
            save(session, name, found, machine(session))

    judged = [record for name in ("targets", "flows", "footprint") for record in sections.get(name, []) if "reached" in record]
    judged += [row for row in targets.judge_steps(session.roofline) if row["reached"] is not None]
    print(f"{sum(record['reached'] for record in judged)} of {len(judged)} targets reached, "
          f"{len(session.mismatches)} mismatches, {time.monotonic() - start:.0f} s; results in {path}")
    return 1 if session.mismatches else 0


if __name__ == "__main__":
    sys.exit(main())
