"""Draw rounds and slices: who starts first, in which order load alternates, which schedule is replayed."""

import random
from collections.abc import Sequence

from harness.model.plan import Round, Slice


def draw_rounds(
    variant_ids: Sequence[str],
    *,
    rounds: int,
    couples: int,
    slice_s: float,
    warm_up_s: float,
    seed: int,
) -> tuple[Round, ...]:
    """Draw the rounds of a run.

    In each round a coin decides who starts first. Each variant gets the same warm-up. Then come couples of
    slices; a couple replays one schedule on every variant. The order inside the first couple of each quad is
    drawn, the second couple takes it backwards: ABBA or BAAB, so that a drift in time meets both alike.

    Args:
        variant_ids: `before` first; one is enough.
        rounds: at least 1.
        couples: couples of slices in a round, at least 1.
        slice_s: seconds of each slice.
        warm_up_s: seconds of each variant's warm-up; 0 for none.
        seed: equal seeds give equal plans; a round's draw does not depend on how many rounds there are.
    """
    return tuple(
        _draw_round(
            index, variant_ids, couples=couples, slice_s=slice_s, warm_up_s=warm_up_s, seed=f"{seed}/{index}"
        )
        for index in range(1, rounds + 1)
    )


def _draw_round(
    index: int, variant_ids: Sequence[str], *, couples: int, slice_s: float, warm_up_s: float, seed: str
) -> Round:
    source = random.Random(seed)
    places = _shuffled(variant_ids, source)
    warm_up_seed = source.getrandbits(48)
    entries = [(variant_id, -1, warm_up_seed) for variant_id in places if warm_up_s > 0]
    order = places
    for couple in range(couples):
        order = order[::-1] if couple % 2 else _shuffled(variant_ids, source)
        schedule_seed = source.getrandbits(48)
        entries += [(variant_id, couple, schedule_seed) for variant_id in order]
    slices = tuple(
        Slice(
            index=position,
            variant_id=variant_id,
            couple=couple,
            duration_s=warm_up_s if couple < 0 else slice_s,
            schedule_seed=schedule_seed,
            is_warm_up=couple < 0,
        )
        for position, (variant_id, couple, schedule_seed) in enumerate(entries)
    )
    return Round(index=index, places=places, slices=slices)


def _shuffled(variant_ids: Sequence[str], source: random.Random) -> tuple[str, ...]:
    return tuple(source.sample(list(variant_ids), len(variant_ids)))
