"""Seeded arrival times: the one place where a load schedule is drawn."""

import hashlib
import random
from collections.abc import Sequence

from harness.model.plan import Arrival


def poisson_arrivals(*, rate: float, duration_s: float, seed: int) -> tuple[Arrival, ...]:
    """Draw the arrivals of a slice: independent users who do not wait for each other.

    Args:
        rate: arrivals a second, above 0.
        duration_s: length of the slice in seconds; every offset is smaller.
        seed: equal seeds give equal arrivals, on every machine and Python version.

    Returns:
        Arrivals in time order; possibly none, as it is in a Poisson process.
    """
    source = random.Random(seed)
    arrivals: list[Arrival] = []
    offset_s = source.expovariate(rate)
    while offset_s < duration_s:
        arrivals.append(Arrival(offset_ns=int(offset_s * 1e9), seed=source.getrandbits(48)))
        offset_s += source.expovariate(rate)
    return tuple(arrivals)


def schedule_hash(arrivals: Sequence[Arrival]) -> str:
    """Return the SHA-256 of a schedule: equal for the slices of a couple, or they are not comparable."""
    digest = hashlib.sha256()
    for arrival in arrivals:
        digest.update(b"%d %d\n" % (arrival.offset_ns, arrival.seed))
    return digest.hexdigest()
