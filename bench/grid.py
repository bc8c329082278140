# SPDX-License-Identifier: MIT
"""All kinds of recall over a grid of sizes; growth with the number of memories and of threads."""

import numpy

import peers
import timing
import workloads
from session import add_roofline, describe, measure, show

DIMS, COUNTS, QUERIES = (784, 3072, 12288), (1000, 10000, 100000), (1, 16, 1000)
QUICK_DIMS, QUICK_COUNTS, QUICK_QUERIES = (784,), (1000, 10000), (1, 100)
# Numbers in a memory, above which a point of the grid is left out: 100,000 rows of 12,288 would be 4.6 GiB, and as much
# again in a peer's copy.
LARGEST = 100000 * 3072
LIMIT, QUICK_LIMIT = 0.5, 0.1  # seconds for one call of a peer
OWN_LIMIT = 2.0  # and of libuhn, which does more once for all queries than they do
LARGEST_TRUTH = 3.2e7  # numbers of a memory; see compare.py

GROWTH_KINDS = ("dot+softmax", "sqeuclidean+max", "manhattan+max", "manhattan+max (uint8)", "hamming+max (bits)",
                "jensen-shannon+softmax")
GROWTH_COUNTS = (1000, 2000, 5000, 10000, 20000, 50000, 100000)
GROWTH_DIM, GROWTH_QUERIES = 3072, 100
GROWTH_LIMIT = 30.0  # all queries at once: what is done once for all memories would be scaled up with fewer


def run(session):
    """Returns the records of the grid."""
    records = []
    dims, counts, queries = (QUICK_DIMS, QUICK_COUNTS, QUICK_QUERIES) if session.quick else (DIMS, COUNTS, QUERIES)
    kinds = [kind for kind in workloads.KINDS if kind in peers.PEER_OF]
    points = [(dim, count, number) for dim in dims for count in counts for number in queries
              if dim * count <= LARGEST]
    for dim, count, number in points:
        for kind in sorted(kinds, key=lambda kind: workloads.KINDS[kind].storage):  # problems are shared
            name = f"{kind}, D {dim}, N {count:,}, Q {number:,}"
            if not session.wanted("grid", name):
                continue
            problem = session.problem(workloads.KINDS[kind].storage, dim, count, number)
            limit = QUICK_LIMIT if session.quick else LIMIT
            record = measure(session, name, kind, problem, peers.PEER_OF[kind], limit=limit,
                             own_limit=limit if session.quick else OWN_LIMIT,
                             largest_truth=LARGEST_TRUTH)
            show(record)
            records.append(record)
    return records


def fit(sizes, seconds):
    """The exponent b of seconds ≈ a · size^b, by least squares over the logarithms."""
    return float(numpy.polyfit(numpy.log(sizes), numpy.log(seconds), 1)[0])


def _time_alone(session, kind, problem, threads):
    side = timing.Side("libuhn", workloads.Ours(session.library, workloads.KINDS[kind], problem, threads).call,
                       len(problem.queries), GROWTH_LIMIT)
    side.prepare()
    timing.alternate([side], session.rounds)
    return side


def growth(session):
    """Times over N, and over threads at N = 10,000, with fitted exponents."""
    result = {"memories": [], "threads": []}
    counts = GROWTH_COUNTS[:4] if session.quick else GROWTH_COUNTS
    many = [1] + [2**i for i in range(1, 12) if 2**i < session.threads] + [session.threads]
    for kind in GROWTH_KINDS:
        if not session.wanted("growth", f"growth of {kind}"):
            continue
        storage, points = workloads.KINDS[kind].storage, []
        for count in counts:
            problem = session.problem(storage, GROWTH_DIM, count, GROWTH_QUERIES)
            side = _time_alone(session, kind, problem, session.threads)
            record = {"name": f"growth of {kind}, N {count:,}", **describe(kind, problem, side)}
            add_roofline(session, record, problem)
            show(record)
            points.append({"size": count, "seconds": side.result()["seconds"]})
        result["memories"].append(_curve(kind, points))
        problem = session.problem(storage, GROWTH_DIM, 10000, GROWTH_QUERIES)
        points = [{"size": threads, "seconds": _time_alone(session, kind, problem, threads).result()["seconds"]}
                  for threads in dict.fromkeys(many)]
        result["threads"].append(_curve(kind, points))
        for name in result:
            exponent = result[name][-1]["exponent"]
            if exponent is not None:
                print(f"growth of {kind} with {name}: exponent {exponent:.3f}", flush=True)
    return result


def _curve(kind, points):
    sizes, seconds = ([point[key] for point in points] for key in ("size", "seconds"))
    return {"kind": kind, "dim": GROWTH_DIM, "queries": GROWTH_QUERIES, "points": points,
            "exponent": fit(sizes, seconds) if len(points) > 1 else None}
