"""Split one schedule among workers."""

from collections.abc import Sequence

PlannedArrival = tuple[int, int, int]
"""Index in the whole schedule, offset from the slice's start in nanoseconds, seed."""


def split(arrivals: Sequence[PlannedArrival], workers: Sequence[str]) -> dict[str, list[PlannedArrival]]:
    """Deal the arrivals out in turn, by their index alone: no timing decides who sends what.

    Args:
        arrivals: in order of time.
        workers: at least one, each once.

    Returns:
        Each worker's part, in order of time; together they are the schedule.
    """
    parts: dict[str, list[PlannedArrival]] = {worker: [] for worker in workers}
    for arrival in arrivals:
        parts[workers[arrival[0] % len(workers)]].append(arrival)
    return parts
