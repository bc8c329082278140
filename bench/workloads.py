# SPDX-License-Identifier: MIT
"""Kinds of recall: how libuhn does them, how long the roofline would take, what the true answer is."""

import math
from dataclasses import dataclass

import numpy

import library as uhn


@dataclass(frozen=True)
class Kind:
    """A row of the table below.

    steps  the element steps that are known to rank memories (max, top-k) or to give their scores: the in-cache peak of
           the fastest bounds it, so that a share of the roofline is never flattered. Exact scores, which only a few
           memories then need, are not counted.
    """

    similarity: str
    separation: str  # max and top-k answer with indices, softmax with sums over all memories
    storage: str
    steps: tuple

    @property
    def dense(self):
        return self.separation == "softmax"


TOP = 10  # of top-k

PRODUCTS = ("multiply", "split multiply")

KINDS = {
    "dot+softmax": Kind("dot", "softmax", "float32", PRODUCTS),
    "sqeuclidean+max": Kind("sqeuclidean", "max", "float32", (*PRODUCTS, "uint8 multiply")),
    "sqeuclidean+softmax": Kind("sqeuclidean", "softmax", "float32", PRODUCTS),
    "manhattan+max": Kind("manhattan", "max", "float32", ("uint8 difference", "int16 maximum")),
    "manhattan+softmax": Kind("manhattan", "softmax", "float32", ("maximum",)),
    "cosine+top-k": Kind("cosine", "top-k", "float32", PRODUCTS),
    "kl+softmax": Kind("kl", "softmax", "float32", PRODUCTS),
    "jensen-shannon+softmax": Kind("jensen-shannon", "softmax", "float32", ("mean logarithm",)),
    "hamming+max (bits)": Kind("hamming", "max", "bits", ("bit mismatch",)),
    "manhattan+max (uint8)": Kind("manhattan", "max", "uint8", ("uint8 difference",)),
    "table+max": Kind("table", "max", "float32", ("table of bytes",)),
}


def beta(similarity, dim):
    """What softmax multiplies scores by. A sum of D alike terms varies by about √D, and 1/√D leaves a few units of it,
    as in attention: many memories then share the weight. Divergences are of distributions, means over coordinates rather
    than sums: D times as much."""
    return math.sqrt(dim) if similarity in ("kl", "jensen-shannon") else 1 / math.sqrt(dim)


def table_of_distances(bins=16):
    """The scores −|x − q| at the resolution of 16 bins."""
    centres = (numpy.arange(bins) + 0.5) / bins
    return numpy.ascontiguousarray(-abs(centres[:, None] - centres[None, :]), numpy.float32)


class Ours:
    """A kind of recall by libuhn; call(count) does the first `count` queries."""

    def __init__(self, library, kind, problem, threads, floats=False, last_form=False):
        """floats: with the expanded float32 rows, whatever the kind's storage. last_form: see bench_choice."""
        self.kind, self.problem = kind, problem
        rows, storage = (problem.floats, "float32") if floats else (problem.stored, problem.storage)
        self.memory = uhn.Memory(library, storage, rows, problem.dim)
        separation = "max"
        if kind.dense:
            separation = f"softmax:beta={beta(kind.similarity, problem.dim)!r}"
        table = table_of_distances() if kind.similarity == "table" else None
        self.table = table
        self.choice = self.memory.choice(kind.similarity, separation, threads, table, last_form)
        count = len(problem.queries)
        if kind.separation == "top-k":
            self.best = numpy.zeros((count, min(TOP, problem.count)), numpy.uint64)
            self.scores = numpy.zeros(self.best.shape)
        else:
            self.answers = numpy.zeros((count, problem.dim), numpy.float32)
            self.best = numpy.zeros(count, numpy.uint64)
            self.scores = numpy.zeros(count)

    def call(self, count):
        queries = self.problem.queries[:count]
        if self.kind.separation == "top-k":
            self.memory.top_k(queries, self.choice, self.best[:count], self.scores[:count])
            return {"indices": self.best[:count].astype(numpy.int64), "scores": self.scores[:count]}
        self.memory.recall(queries, self.choice, self.answers[:count], self.best[:count], self.scores[:count])
        answers = {"best": self.best[:count].astype(numpy.int64), "scores": self.scores[:count]}
        if self.kind.dense:
            answers["dense"] = self.answers[:count]
        return answers


def ideal_seconds(kind, problem, roofline):
    """The time that the roofline allows: arithmetic at the in-cache peak of the step, and for answers that are sums
    that of the projection, one product for each coordinate of each memory; or one reading of the memory, where that
    takes longer. Returns the seconds and which of the two it is; NaN without a peak."""
    pairs = float(problem.dim) * problem.count * len(problem.queries)
    peaks = roofline["peaks"]
    step = max(kind.steps, key=lambda name: peaks.get(name, 0))
    arithmetic = pairs / peaks[step] if peaks.get(step) else math.nan
    if kind.dense:  # a projection to the precision of float32 takes six products of parts, not three
        arithmetic += pairs / max(peaks["multiply"], peaks.get("split multiply", 0) / 2)
    reading = problem.stored.nbytes / bandwidth_at(roofline, problem.stored.nbytes)
    if reading > arithmetic:
        return reading, "bandwidth"
    return arithmetic, step


def bandwidth_at(roofline, size):
    """The measured bandwidth of a buffer of the nearest size (on a scale of ratios)."""
    sizes = {int(key): value for key, value in roofline["bandwidth"].items()}
    return sizes[min(sizes, key=lambda measured: abs(math.log(measured / size)))]


# ------------------------------------------------------------------------------------------------ true answers


def distributions(vectors, epsilon):
    """x̃ of docs/mathematics.md."""
    return (vectors / vectors.sum(axis=-1, keepdims=True) + epsilon) / (1 + vectors.shape[-1] * epsilon)


def _log_or_zero(x):
    return numpy.log(numpy.where(x > 0, x, 1))


def _kl(rows, query):
    a, b = distributions(rows, 1e-4), distributions(query, 1e-4)
    return -(a * numpy.log(a / b)).sum(axis=1)


def _jensen_shannon(rows, query):
    a, b = distributions(rows, 0), distributions(query, 0)
    m = (a + b) / 2
    return -((a * (_log_or_zero(a) - _log_or_zero(m))).sum(axis=1) +
             (b * (_log_or_zero(b) - _log_or_zero(m))).sum(axis=1)) / 2


def _table(rows, query):
    table = table_of_distances().astype(numpy.float64)
    bins = [numpy.clip(numpy.floor(x * 16), 0, 15).astype(int) for x in (rows, query)]
    return table[bins[0], bins[1][None, :]].sum(axis=1)


TRUE_SCORES = {
    "dot": lambda rows, query: rows @ query,
    "cosine": lambda rows, query: rows @ query / numpy.sqrt((rows * rows).sum(axis=1) * (query @ query)),
    "sqeuclidean": lambda rows, query: -((rows - query) ** 2).sum(axis=1),
    "manhattan": lambda rows, query: -abs(rows - query).sum(axis=1),
    "hamming": lambda rows, query: -abs(rows - query).sum(axis=1),
    "kl": _kl,
    "jensen-shannon": _jensen_shannon,
    "table": _table,
}


def true_scores(kind, problem, query, indices=None):
    """float64 scores of one query, for all memories or those at `indices`."""
    score = TRUE_SCORES[kind.similarity]
    vector = problem.queries[query].astype(numpy.float64)
    if indices is not None:
        return score(problem.rows64(indices), vector)
    return numpy.concatenate([score(problem.rows64(slice(first, first + 1024)), vector)
                              for first in range(0, problem.count, 1024)])


def true_answer(kind, problem, scores):
    """softmax of float64 scores, projected."""
    exponents = beta(kind.similarity, problem.dim) * (scores - scores.max())
    weights = numpy.exp(exponents)
    weights /= weights.sum()
    sum_ = numpy.zeros(problem.dim)
    for first in range(0, problem.count, 1024):
        sum_ += weights[first:first + 1024] @ problem.rows64(slice(first, first + 1024))
    return sum_
