# SPDX-License-Identifier: MIT
"""Times two sides alternately."""

import gc
import math
import statistics
import time

SHORTEST = 0.05  # seconds: what takes less is repeated until it took as long
SETTLE = 0.05  # seconds of rest before a side is timed: threads of the other one spin up to 30 ms, waiting for work
LONG = 1.0  # seconds: what takes longer needs no second call to warm up


class Side:
    """One way to do the work.

    call     does it for the first `count` queries, and returns what can be compared
    queries  how many there are; one with a `limit` in seconds does as many as it can within that, and its time is
             scaled up to all of them
    """

    def __init__(self, name, call, queries, limit=math.inf):
        self.name, self.queries, self.used, self.repeats = name, queries, queries, 1
        self.call, self.limit = call, limit
        self.seconds = []

    def prepare(self):
        """Warms up, decides how many queries are done and how often; returns the answers to compare."""
        self.used = self._affordable()
        start = time.perf_counter()
        answers = self.call(self.used)
        taken = time.perf_counter() - start
        if taken < LONG:
            taken = self._once(self.used)
        self.repeats = max(1, math.ceil(SHORTEST / max(taken, 1e-9)))
        return answers

    def _affordable(self):
        """As many queries as take about `limit` seconds: from the time of one, then from that of as many as these."""
        if not math.isfinite(self.limit):
            return self.queries
        self.call(1)
        count = 1
        for _ in range(2):
            count = max(1, min(self.queries, int(count * self.limit / max(self._once(count), 1e-9))))
        return count

    def _once(self, count):
        start = time.perf_counter()
        self.call(count)
        return time.perf_counter() - start

    def time(self):
        """The median of the repetitions: the first ones find the caches full of the other side's data."""
        time.sleep(SETTLE)
        taken = statistics.median(self._once(self.used) for _ in range(self.repeats))
        self.seconds.append(taken * self.queries / self.used)

    def result(self):
        return {"name": self.name, "seconds": statistics.median(self.seconds), "all_seconds": self.seconds,
                "queries": self.queries, "queries_timed": self.used}


def alternate(sides, rounds):
    """Times each side once in each round; who is first alternates, too."""
    gc.disable()
    for i in range(rounds):
        for side in sides if i % 2 == 0 else sides[::-1]:
            side.time()
    gc.enable()


def ratio(numerator, denominator):
    """Of two sides' times, round by round: median, least and greatest."""
    ratios = [a / b for a, b in zip(numerator.seconds, denominator.seconds)]
    return {"median": statistics.median(ratios), "min": min(ratios), "max": max(ratios)}
