# SPDX-License-Identifier: MIT
"""What all sections of a run share, and the measuring of one workload."""

import datetime
import gc
import math
import os
import subprocess
import sys

import compare
import data
import library as uhn
import peers
import timing
import workloads


class Session:
    """A run: options, the library, problems (the last ones are kept), what went wrong."""

    def __init__(self, options):
        self.options, self.threads, self.quick = options, options.threads, options.quick
        self.library = uhn.Library(options.library)
        peers.use_threads(self.threads)
        self.images = data.Images(os.environ.get("UHN_DATA", ""))
        self.rounds = 3 if self.quick else 5
        self.roofline = None
        self.mismatches = []
        self._problem_key = self._problem = None

    def wanted(self, section, name=""):
        """Is a workload, or any of the section, asked for by --only?"""
        only = self.options.only
        return not only or only == section or (bool(name) and only in name)

    def problem(self, storage, dim, count, queries):
        """The one before is dropped first: large ones would not fit side by side."""
        key = (storage, dim, count, queries)
        if key != self._problem_key:
            self._problem = self._problem_key = None
            gc.collect()
            self._problem, self._problem_key = data.Problem(self.images, *key), key
        return self._problem

    def note_mismatch(self, name, mismatch):
        print(f"MISMATCH {name}: {mismatch}", file=sys.stderr)
        self.mismatches.append(f"{name}: {mismatch}")


def _first_line(command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def machine(session):
    """Where and with what a section was measured."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = dict(line.split(":", 1) for line in file if ":" in line)
    names = {key.strip(): value.strip() for key, value in lines.items()}
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) / 2**20
    return {
        "date": datetime.date.today().isoformat(),
        "processor": names.get("model name", "unknown"),
        "family_model_stepping": [names.get(key) for key in ("cpu family", "model", "stepping")],
        "processors": len(os.sched_getaffinity(0)),
        "memory_gib": round(memory, 1),
        "threads": session.threads,
        "isa": session.library.isa(),
        "version": session.library.version(),
        "commit": _first_line(["git", "describe", "--always", "--dirty"]),
        "compiler": _first_line(["cc", "--version"]),
        "peers": peers.versions(),
        "environment": {key: os.environ[key] for key in sorted(os.environ)
                        if key.startswith(("OMP_", "GOMP_", "OPENBLAS_", "UHN_ISA"))},
        "quick": session.quick,
        "data": {str(dim): source for dim, source in session.images.sources.items()},
    }


def _text(value, digits=3):
    return f"{value:.{digits}g}" if abs(value) < 1000 else f"{value:,.0f}"


def show(record):
    """One line of progress."""
    ours, parts = record["ours"], [record["name"]]
    parts.append(f"{_text(ours['seconds'] * 1e3, 4)} ms, {_text(record['pairs_per_second'] / 1e9)} Gpairs/s")
    if record.get("share") is not None:
        parts.append(f"{record['share']:.0%} of {record['bound']}")
    if record.get("ratio"):
        ratio = record["ratio"]
        parts.append(f"{_text(ratio['median'])}x ({_text(ratio['min'])} to {_text(ratio['max'])}) {record['against']}")
    if record.get("target"):
        parts.append(f"target {record['target']}x: {'reached' if record['reached'] else 'MISSED'}")
    if record.get("mismatch"):
        parts.append("ANSWERS DIFFER")
    print("; ".join(parts), flush=True)


def describe(kind_name, problem, ours):
    """The record of one workload, as far as our own side goes."""
    kind = workloads.KINDS[kind_name]
    pairs = float(problem.dim) * problem.count * len(problem.queries)
    return {"kind": kind_name, "dim": problem.dim, "stored": problem.count, "queries": len(problem.queries),
            "storage": problem.storage, "beta": workloads.beta(kind.similarity, problem.dim) if kind.dense else None,
            "ours": ours.result(), "pairs_per_second": pairs / ours.result()["seconds"]}


def add_roofline(session, record, problem):
    if not session.roofline:
        return
    kind = workloads.KINDS[record["kind"]]
    ideal, bound = workloads.ideal_seconds(kind, problem, session.roofline)
    record["share"] = None if math.isnan(ideal) else ideal / record["ours"]["seconds"]
    record["bound"] = bound


def measure(session, name, kind_name, problem, peer, peer_call=None, limit=math.inf, own_limit=math.inf, exact=False,
            largest_truth=compare.LARGEST_TRUTH):
    """Compares, then times a kind of recall and its peer: a name of peers.PEERS, or peer_call (called with the
    problem). `exact`: the peer is libuhn, and has to agree to the bit; None: it answers another question.
    Returns the record."""
    kind, count = workloads.KINDS[kind_name], len(problem.queries)
    ours = timing.Side("libuhn", workloads.Ours(session.library, kind, problem, session.threads).call, count, own_limit)
    other = timing.Side(peer, (peer_call or peers.PEERS[peer])(problem), count, limit)
    answers, theirs = ours.prepare(), other.prepare()
    found, record_mismatch = [], None
    try:
        found.append(compare.with_truth(kind, problem, answers, largest_truth))
        if exact:
            found.append(compare.exactly(answers, theirs))
        elif exact is not None:
            found.append(compare.with_peer(kind, problem, answers, theirs))
    except compare.Mismatch as mismatch:
        session.note_mismatch(name, mismatch)
        record_mismatch = str(mismatch)
    timing.alternate([ours, other], session.rounds)
    record = {"name": name, **describe(kind_name, problem, ours), "rounds": session.rounds, "against": peer,
              "peer": other.result(), "ratio": timing.ratio(other, ours),
              "checked": "; ".join(text for text in found if text), "mismatch": record_mismatch}
    add_roofline(session, record, problem)
    return record
