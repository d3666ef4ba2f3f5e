"""Requests as a monitor counts them: by route pattern and status, in this process."""

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from server.api.prometheus import Family, Sample, histogram

BOUNDS_S = (0.01, 0.05, 0.25, 1.0, 5.0, 30.0)
"""Upper bounds of the buckets of durations."""


class Requests:
    """Counts of answered requests; many threads may add to them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answered: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: dict[str, float] = {}

    def add(self, route: str, method: str, status: int, seconds: float) -> None:
        """One more was answered."""
        with self._lock:
            self._answered[route, method, status] += 1
            buckets = self._buckets.setdefault(route, [0] * (len(BOUNDS_S) + 1))
            buckets[bisect_left(BOUNDS_S, seconds)] += 1
            self._seconds[route] = self._seconds.get(route, 0.0) + seconds

    def families(self) -> Iterator[Family]:
        """What was counted so far, as of one moment."""
        with self._lock:
            answered = sorted(self._answered.items())
            durations = [
                (route, list(counts), self._seconds[route]) for route, counts in self._buckets.items()
            ]
        yield Family(
            "tapak_http_requests_total",
            "counter",
            "Requests answered by this process since it started.",
            tuple(
                Sample(count, {"route": route, "method": method, "status": str(status)})
                for (route, method, status), count in answered
            ),
        )
        yield Family(
            "tapak_http_request_duration_seconds",
            "histogram",
            "Seconds from a request that arrived whole to its answer.",
            tuple(
                sample
                for route, counts, total in sorted(durations)
                for sample in histogram(BOUNDS_S, counts, total, {"route": route})
            ),
        )
