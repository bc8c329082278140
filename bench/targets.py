# SPDX-License-Identifier: MIT
"""The figures that libuhn sets itself, workload by workload."""

import statistics

import timing
import workloads
from session import measure, show

N = 10000

# Each row: what is recalled, D, N, Q; against what; the ratio to reach. The last two say what the section is for.
AGAINST_PEERS = [
    ("manhattan+max", 3072, N, 1000, "FAISS IndexFlat L1", 45),
    ("sqeuclidean+max", 784, N, 1000, "FAISS IndexFlatL2", 1.5),
    ("sqeuclidean+max", 3072, N, 1000, "FAISS IndexFlatL2", 1.5),
    ("dot+softmax", 3072, N, 1000, "PyTorch softmax(β Z Mᵀ) M", 1.15),
    ("sqeuclidean+softmax", 784, N, 1000, "PyTorch cdist, softmax, matmul", 2),
    ("sqeuclidean+softmax", 3072, N, 1000, "PyTorch cdist, softmax, matmul", 1.4),
    ("manhattan+max", 3072, N, 1, "FAISS IndexFlat L1", 5),
    ("sqeuclidean+max", 3072, N, 1, "FAISS IndexFlatL2", 5),
    ("hamming+max (bits)", 1024, 10**6, 100, "FAISS IndexBinaryFlat", 12),
    ("manhattan+max", 3072, N, 1000, "paper's formula by query, max", 500),
    ("dot+softmax", 3072, N, 1000, "paper's formula by query, softmax", 150),
]

# Against libuhn's own recall of the same numbers as float32: is it the same answer, D, Q, ratio; and in float32
# arithmetic only? Float32 rows are ranked in bytes as well, so that bytes in memory gain nothing over them but that.
AGAINST_FLOATS = [
    ("manhattan+max (uint8)", "manhattan+max", True, 3072, 1000, 2.5, True),
    ("manhattan+max (uint8)", "manhattan+max", True, 3072, 1000, 2.5, False),
    ("manhattan+max (uint8)", "manhattan+max", True, 3072, 1, 3, False),
    ("table+max", "manhattan+max", None, 3072, 1000, 1.2, True),
    ("table+max", "manhattan+max", None, 3072, 1000, 1.2, False),
]

# Two threads against one.
THREADS = [
    ("manhattan+max", 3072, N, 1000),
    ("sqeuclidean+max", 3072, N, 1000),
    ("dot+softmax", 3072, N, 1000),
    ("sqeuclidean+softmax", 3072, N, 1000),
    ("manhattan+max (uint8)", 3072, N, 1000),
    ("hamming+max (bits)", 1024, 10**6, 100),
    ("jensen-shannon+softmax", 3072, N, 100),
]
THREADS_TARGET = 1.85

# The share of its own in-cache peak that each kernel has to reach in blocks.
STEP_TARGETS = {"multiply": 0.75, "split multiply": None, "squared difference": 0.75, "absolute difference": 0.75, "uint8 difference": 0.75,
                "uint8 multiply": 0.75, "bit mismatch": 0.75, "mean logarithm": 0.5, "maximum": None,
                "int16 maximum": None, "table": None, "table of bytes": None}
BANDWIDTH_TARGET = 0.8  # of one query


def _limits(session):
    """Seconds for one call of a peer, and of libuhn; what would take longer is done for fewer queries."""
    return (1.0, 2.0) if session.quick else (12.0, 30.0)


def _title(kind, dim, count, queries):
    stored = "10^6" if count == 10**6 else f"{count:,}"
    return f"{kind}, D {dim}, N {stored}, Q {queries:,}"


def _judge(record, target):
    record["target"] = target
    record["reached"] = (record["mismatch"] is None and record["ratio"]["median"] >= target and
                         _reaches_bandwidth(record))
    show(record)
    return record


def _against_peers(session, records):
    limit, own_limit = _limits(session)
    for kind, dim, count, queries, peer, target in AGAINST_PEERS:
        name = f"{_title(kind, dim, count, queries)}, against {peer}"
        if not session.wanted("targets", name):
            continue
        problem = session.problem(workloads.KINDS[kind].storage, dim, count, queries)
        by_query = min(limit, 1.5) if "by query" in peer else limit
        record = measure(session, name, kind, problem, peer, limit=by_query, own_limit=own_limit)
        if queries == 1:
            record["bandwidth_target"] = BANDWIDTH_TARGET
            record["share"], record["bound"] = _share_of_reading(session, kind, problem), "bandwidth"
        records.append(_judge(record, target))


def _share_of_reading(session, kind, problem):
    """The time to read a buffer of the memory's size over that of a recall, taken by turns: what the machine reads a
    second changes with what its other guests do."""
    ours = timing.Side("libuhn", workloads.Ours(session.library, workloads.KINDS[kind], problem, session.threads).call,
                       len(problem.queries))
    ours.prepare()
    size, shares = problem.stored.nbytes, []
    for _ in range(session.rounds):
        ours.time()
        shares.append(size / session.library.bandwidth(size, session.threads, timing.SHORTEST) / ours.seconds[-1])
    return statistics.median(shares)


def _reaches_bandwidth(record):
    """One query has to be read at what the machine reads a buffer of the memory's size."""
    return "bandwidth_target" not in record or (record.get("share") or 0) >= record["bandwidth_target"]


def _against_floats(session, records):
    for kind, plain, exact, dim, queries, target, arithmetic in AGAINST_FLOATS:
        way = "in float32 arithmetic" if arithmetic else "on float32"
        name = f"{_title(kind, dim, N, queries)}, against our own {plain} {way}"
        if not session.wanted("targets", name):
            continue
        problem = session.problem(workloads.KINDS[kind].storage, dim, N, queries)

        def floats(problem, plain=plain, arithmetic=arithmetic):
            return workloads.Ours(session.library, workloads.KINDS[plain], problem, session.threads, floats=True,
                                  last_form=arithmetic).call
        limit, own_limit = _limits(session)
        record = measure(session, name, kind, problem, f"libuhn, {plain} {way}", floats, limit, own_limit,
                         exact=exact)
        records.append(_judge(record, target))


def _threads(session, records):
    for kind, dim, count, queries in THREADS:
        name = f"{_title(kind, dim, count, queries)}, {session.threads} threads against 1"
        if session.threads < 2 or not session.wanted("targets", name):
            continue
        problem = session.problem(workloads.KINDS[kind].storage, dim, count, queries)

        def single(problem, kind=kind):
            return workloads.Ours(session.library, workloads.KINDS[kind], problem, 1).call
        limit, own_limit = _limits(session)
        record = measure(session, name, kind, problem, "libuhn, 1 thread", single, limit * 2, own_limit, exact=True)
        records.append(_judge(record, THREADS_TARGET) if session.threads == 2 else record)


def run(session):
    """Returns the records of this section."""
    records = []
    _against_peers(session, records)
    _against_floats(session, records)
    _threads(session, records)
    return records


def judge_steps(roofline):
    """The kernels against their peaks: rows of name, peak, kernel, share, target, reached."""
    rows = []
    for name, target in STEP_TARGETS.items():
        peak, kernel = roofline["peaks"].get(name, 0), roofline["kernels"].get(name, 0)
        share = kernel / peak if peak else None
        rows.append({"name": name, "peak": peak, "kernel": kernel, "share": share, "target": target,
                     "reached": None if not target or not share else share >= target})
    return rows


