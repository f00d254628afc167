"""Draw rounds and slices: who starts first, in which order load alternates, which schedule is replayed."""

import random
from collections.abc import Iterator, Sequence

from harness.model.plan import Round, Slice

WARM_UP = -1
"""In place of a couple's number; that of the precision part is the one after the last couple of load."""


def draw_rounds(
    variant_ids: Sequence[str],
    *,
    rounds: int,
    couples: int,
    slice_s: float,
    warm_up_s: float,
    seed: int,
    precision_s: float = 0,
) -> tuple[Round, ...]:
    """Draw the rounds of a run.

    In each round a coin decides who starts first. Each variant gets the same warm-up. Then comes the
    precision part, one couple of slices that run together, and then the load: couples of slices, each of
    which replays one schedule on every variant.

    Two variants: the order inside the first couple of each quad is drawn, the second couple takes it
    backwards: ABBA or BAAB, so that a drift in time meets both alike. More: the orders are the rows of a
    Williams square with drawn names and rows, in which each variant comes right after each other one
    equally often, so that what one leaves behind meets all alike.

    Args:
        variant_ids: `before` first; one is enough.
        rounds: at least 1.
        couples: couples of slices in a round, at least 1.
        slice_s: seconds of each slice.
        warm_up_s: seconds of each variant's warm-up; 0 for none.
        seed: equal seeds give equal plans; a round's draw does not depend on how many rounds there are.
        precision_s: most seconds of the precision part, of all variants together; 0 for none.
    """
    return tuple(
        _draw_round(
            index,
            variant_ids,
            couples=couples,
            slice_s=slice_s,
            warm_up_s=warm_up_s,
            seed=f"{seed}/{index}",
            precision_s=precision_s,
        )
        for index in range(1, rounds + 1)
    )


def _draw_round(
    index: int,
    variant_ids: Sequence[str],
    *,
    couples: int,
    slice_s: float,
    warm_up_s: float,
    seed: str,
    precision_s: float,
) -> Round:
    source = random.Random(seed)
    places = _shuffled(variant_ids, source)
    warm_up_seed = source.getrandbits(48)
    entries = [(variant_id, WARM_UP, warm_up_seed) for variant_id in places if warm_up_s > 0]
    if precision_s > 0:
        turns_seed = random.Random(f"{seed}/precision").getrandbits(48)
        entries += [(variant_id, couples, turns_seed) for variant_id in places]
    seconds = {WARM_UP: warm_up_s, couples: precision_s / len(variant_ids)}
    for couple, order in zip(range(couples), _orders(variant_ids, source), strict=False):
        schedule_seed = source.getrandbits(48)
        entries += [(variant_id, couple, schedule_seed) for variant_id in order]
    slices = tuple(
        Slice(
            index=position,
            variant_id=variant_id,
            couple=couple,
            duration_s=seconds.get(couple, slice_s),
            schedule_seed=schedule_seed,
            is_warm_up=couple == WARM_UP,
            is_precision=couple == couples,
        )
        for position, (variant_id, couple, schedule_seed) in enumerate(entries)
    )
    return Round(index=index, places=places, slices=slices)


def _orders(variant_ids: Sequence[str], source: random.Random) -> Iterator[tuple[str, ...]]:
    """Yield the orders of one couple after another, without end."""
    while True:
        names = _shuffled(variant_ids, source)
        if len(names) < 3:
            yield names
            yield names[::-1]
        else:
            rows = williams_square(len(names))
            for row in source.sample(rows, len(rows)):
                yield tuple(names[position] for position in row)


def williams_square(count: int) -> tuple[tuple[int, ...], ...]:
    """Return orders of 0 ... count - 1 that are balanced for what one leaves behind for the next.

    Each number comes at each place equally often, and right after each other number equally often. An even
    count needs as many orders, an odd one twice as many (Williams 1949, doi 10.1071/CH9490149).
    """
    first = [-(place // 2) if place % 2 == 0 else place // 2 + 1 for place in range(count)]
    rows = [tuple((place + shift) % count for place in first) for shift in range(count)]
    mirrored = [row[::-1] for row in rows] if count % 2 else []
    return (*rows, *mirrored)


def _shuffled(variant_ids: Sequence[str], source: random.Random) -> tuple[str, ...]:
    return tuple(source.sample(list(variant_ids), len(variant_ids)))
