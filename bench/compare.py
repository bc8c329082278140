# SPDX-License-Identifier: MIT
"""Are the answers right? Asked before anything is timed.

Against the truth, in float64 on a few queries: the best memory that libuhn names has the best score, up to 1e-12 of
it (memories that float64 cannot tell apart); its score is right to 1e-6; answers that are sums are right to 1e-5.

Against the other side, on all queries: where it names another memory, the float64 score of ours must not be worse (up
to 1e-12), and that of theirs not better nor worse than what its float32 may confuse, 1e-5 of the score plus 1e-5 of
D (their sums have D terms of up to 1); answers that are sums agree to 2e-3, which is what float32 leaves where squared
distances come from |x|² + |q|² − 2 x q.
"""

import numpy

import workloads

SAME, ALIKE, SCORE, SUM, PEER_SUM = 1e-12, 1e-5, 1e-6, 1e-5, 2e-3
LARGEST_TRUTH = 1.3e8  # numbers of a memory, up to which the truth is computed
TRUE_QUERIES = 2


class Mismatch(Exception):
    """The answers are not those that were asked for."""


def _require(condition, text):
    if not condition:
        raise Mismatch(text)


def with_truth(kind, problem, ours, largest=LARGEST_TRUTH):
    """Returns what was found, as text; "" where nothing was looked at."""
    if float(problem.count) * problem.dim > largest:
        return ""
    checked = range(min(TRUE_QUERIES, len(ours["scores"])))
    worst = 0.0
    for query in checked:
        scores = workloads.true_scores(kind, problem, query)
        size = abs(scores).max()
        named = numpy.atleast_1d(ours["indices" if "indices" in ours else "best"][query])
        best = numpy.sort(scores)[::-1][:len(named)]
        _require((abs(scores[named] - best) <= SAME * size).all(),
                 f"query {query}: memories {named} score {scores[named]}, the best score {best}")
        given = numpy.atleast_1d(ours["scores"][query])
        _require((abs(given - best) <= SCORE * size).all(), f"query {query}: scores {given}, not {best}")
        if "dense" in ours:
            error = abs(ours["dense"][query] - workloads.true_answer(kind, problem, scores)).max()
            _require(error <= SUM, f"query {query}: the answer is off by {error:g}")
            worst = max(worst, error)
    return f"{len(checked)} queries as in float64" + (f", answers within {worst:.1g}" if "dense" in ours else "")


def _nearest(kind, problem, ours, theirs):
    """For the rows of indices [count × k] that differ: float64 scores, best first, must agree."""
    differing = numpy.flatnonzero((ours != theirs).any(axis=1))
    for query in differing:
        mine, other = (numpy.sort(workloads.true_scores(kind, problem, query, rows[query]))[::-1]
                       for rows in (ours, theirs))
        size = abs(mine).max()
        _require((mine >= other - SAME * size).all(),
                 f"query {query}: ours are {ours[query]} with scores {mine}, theirs {theirs[query]} with {other}")
        _require((mine - other <= ALIKE * (size + problem.dim)).all(),
                 f"query {query}: theirs are {theirs[query]} with scores {other}, ours {ours[query]} with {mine}: "
                 "is this the same workload?")
    return len(differing)


def with_peer(kind, problem, ours, theirs):
    """Compares what both sides have for the queries that both did; returns what was found, as text."""
    count = min(len(ours["scores"]), len(next(iter(theirs.values()))))
    if "dense" in theirs:
        error = abs(ours["dense"][:count] - theirs["dense"][:count]).max()
        _require(numpy.isfinite(error) and error <= PEER_SUM, f"the answers differ by {error:g}")
        return f"{count} answers within {error:.1g}"
    mine = ours["indices" if "indices" in ours else "best"][:count].reshape(count, -1)
    other = theirs["indices" if "indices" in theirs else "best"][:count].reshape(count, -1)
    ties = _nearest(kind, problem, mine, other)
    return f"{count} indices equal" if not ties else f"{count - ties} of {count} indices equal, the others tie"


def exactly(ours, theirs):
    """Two recalls of libuhn that must agree to the bit."""
    for name, mine in ours.items():
        other = theirs[name]
        count = min(len(mine), len(other))
        _require((mine[:count] == other[:count]).all(), f"{name} differ between two recalls of libuhn")
    return "equal to the bit"
