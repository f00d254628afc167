"""How much of everything a scale makes, and the fixed calendar that the data lives in."""

from dataclasses import dataclass
from typing import Final

import numpy as np

ANCHOR_DAY: Final = np.datetime64("2026-03-16", "D")
"""Today for the application: a Monday. The past year lies behind it, the booking window before it; the window
holds the European change to summer time (29 March), the last thirty days the American one (8 March)."""
PAST_DAYS: Final = 364
FUTURE_DAYS: Final = 28
APPOINTMENTS_PER_SCALE: Final = 100_000
MIN_SCALE: Final = 0.001
MAX_SCALE: Final = 1_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Row counts of one scale."""

    appointments: int
    locations: int
    barbers: int
    clients: int


def sizes(scale: float) -> Sizes:
    """Scale the business: at 1, 10 shops, 100 barbers, 20,000 clients and 100,000 appointments.

    A small business keeps at least 2 shops, 3 barbers in each and 60 clients, so that every journey can be
    made.
    """
    locations = max(2, round(10 * scale))
    return Sizes(
        appointments=round(APPOINTMENTS_PER_SCALE * scale),
        locations=locations,
        barbers=max(3 * locations, round(100 * scale)),
        clients=max(60, round(20_000 * scale)),
    )
