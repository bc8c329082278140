# SPDX-License-Identifier: MIT
"""Trajectories in continuous time: libuhn's fast flow beside the same loop in NumPy, adiabatic steps

    v ← v + (1 − exp(−dt)) (Mᵀ softmax(β M v) − v),      E = ½ |v|² − log(Σ exp(β M v))/β

with the energy at each step, as libuhn has it. Nothing ends before the last step on either side."""

import math
import statistics

import numpy

import compare
import library as uhn
import timing
from session import show

DIM, COUNT, QUERIES, STEPS, DT = 784, 1000, 1000, 100, 0.1  # ten time constants
BETAS = [("1", 1.0), ("0.2", 0.2), ("1/√D", 1 / math.sqrt(DIM))]
TARGET = 20
RATE = numpy.float32(-math.expm1(-DT))
TRUE_QUERIES = 20
LIMIT = 3.0  # seconds for one call of the loop by trajectory; its time grows with their number, and is scaled up


def _loop(rows, beta, states, energies):
    """In the numbers of `rows`: float32, or float64 for the truth."""
    beta, rate, half = (rows.dtype.type(x) for x in (beta, RATE, 0.5))
    for v, trace in zip(states, energies):
        for step in range(STEPS + 1):
            h = beta * (rows @ v)
            top = h.max()
            f = numpy.exp(h - top)
            total = f.sum()
            trace[step] = half * (v @ v) - (top + numpy.log(total)) / beta
            if step < STEPS:
                v += rate * ((f / total) @ rows - v)


def _batched(rows, beta, states, energies):
    """All trajectories at once, by products of matrices."""
    beta, half = numpy.float32(beta), numpy.float32(0.5)
    for step in range(STEPS + 1):
        h = states @ rows.T
        h *= beta
        top = h.max(axis=1, keepdims=True)
        h -= top
        f = numpy.exp(h, out=h)
        total = f.sum(axis=1, keepdims=True)
        energies[:, step] = half * numpy.einsum("ij,ij->i", states, states) - (top + numpy.log(total))[:, 0] / beta
        if step < STEPS:
            f /= total
            states += RATE * (f @ rows - states)


def _peer(way, problem, beta):
    def call(count):
        states, energies = problem.queries[:count].copy(), numpy.empty((count, STEPS + 1), numpy.float32)
        way(problem.floats, beta, states, energies)
        return {"dense": states, "energies": energies}
    return call


PEERS = [("NumPy, trajectory by trajectory", _loop, LIMIT, TARGET), ("NumPy, all at once", _batched, math.inf, None)]


def _ours(session, problem, beta):
    memory = uhn.Memory(session.library, "float32", problem.stored, problem.dim)
    states, energies = numpy.empty((QUERIES, DIM)), numpy.empty((QUERIES, STEPS + 1))

    def call(count):
        memory.flow(problem.queries[:count], beta, DT, STEPS, session.threads, states[:count], energies[:count])
        return {"dense": states[:count].copy(), "energies": energies[:count].copy()}
    return call


def _differ(ours, theirs, allowed):
    """States by the largest coordinate, energies relatively. Gives what was found, as text."""
    count = min(len(ours["dense"]), len(theirs["dense"]))
    states = abs(ours["dense"][:count] - theirs["dense"][:count]).max()
    should = theirs["energies"][:count]
    energies = (abs(ours["energies"][:count] - should) / (1 + abs(should))).max()
    if not states <= allowed or not energies <= allowed:
        raise compare.Mismatch(f"states differ by {states:g}, energies by {energies:g} of themselves")
    return f"{count} trajectories within {states:.1g}, energies within {energies:.1g}"


def _check(session, name, problem, beta, answers, theirs):
    """Against float64 on a few, and against the other side."""
    truth = {"dense": problem.queries[:TRUE_QUERIES].astype(numpy.float64),
             "energies": numpy.empty((TRUE_QUERIES, STEPS + 1))}
    _loop(problem.floats.astype(numpy.float64), beta, truth["dense"], truth["energies"])
    try:
        return "; ".join([_differ(answers, truth, 1e-4), _differ(answers, theirs, compare.PEER_SUM)]), None
    except compare.Mismatch as mismatch:
        session.note_mismatch(name, mismatch)
        return "", str(mismatch)


def _support(problem, beta, states):
    """The median of 1/Σf² at the last states."""
    h = beta * (states @ problem.floats.T.astype(numpy.float64))
    f = numpy.exp(h - h.max(axis=1, keepdims=True))
    f /= f.sum(axis=1, keepdims=True)
    return statistics.median(1 / (f * f).sum(axis=1))


def _measure(session, name, beta, peer):
    against, way, limit, target = peer
    problem = session.problem("float32", DIM, COUNT, QUERIES)
    ours = timing.Side("libuhn", _ours(session, problem, beta), QUERIES)
    other = timing.Side(against, _peer(way, problem, beta), QUERIES, limit)
    answers, theirs = ours.prepare(), other.prepare()
    found, mismatch = _check(session, name, problem, beta, answers, theirs)
    timing.alternate([ours, other], session.rounds)
    pairs = 2.0 * QUERIES * STEPS * COUNT * DIM
    record = {"name": name, "beta": beta, "dim": DIM, "stored": COUNT, "queries": QUERIES, "steps": STEPS, "dt": DT,
              "support": _support(problem, beta, answers["dense"]), "ours": ours.result(), "against": against,
              "pairs_per_second": pairs / ours.result()["seconds"], "peer": other.result(), "rounds": session.rounds,
              "ratio": timing.ratio(other, ours), "checked": found, "mismatch": mismatch, "bound": "multiply"}
    peak = session.roofline["peaks"].get("multiply", 0) if session.roofline else 0
    record["share"] = record["pairs_per_second"] / peak if peak else None
    if target:
        record["target"], record["reached"] = target, mismatch is None and record["ratio"]["median"] >= target
    show(record)
    return record


def run(session):
    """Returns the records of this section."""
    records = []
    for text, beta in BETAS:
        for peer in PEERS:
            name = f"flow, β {text}, D {DIM}, N {COUNT:,}, Q {QUERIES:,}, {STEPS} steps, against {peer[0]}"
            if session.wanted("flows", name):
                records.append({**_measure(session, name, beta, peer), "beta_text": text})
    return records
