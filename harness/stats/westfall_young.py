"""Many one-sided tests at once, with one error rate for all of them: Westfall and Young's step-down max-T.

Whole rounds change their sign, so that what belongs together stays together: tests that say nearly the same
cost hardly more than one (Westfall and Young: Resampling-Based Multiple Testing, 1993, algorithm 2.8; Romano
and Wolf 2005, doi 10.1198/016214504000000539). T is the sum of signed ranks: of a fault that strikes in some
rounds only, Student's t alone sees mostly how unlike the rounds are. Like the signed-rank interval it assumes
of a round only that it is as likely to lie some way above the centre as the same way below it.
"""

import numpy as np

from harness.stats.columns import FloatArray

MOST_EXACT_ROUNDS = 12
"""Up to there all 2**n ways of signing are counted, beyond that DRAWN_FLIPS are drawn."""
DRAWN_FLIPS = 4096
_COLUMNS_AT_ONCE = 64


def adjusted_p(excesses: FloatArray, *, seed: int = 0) -> FloatArray:
    """Return the family-wise p-value of "the centre of this column is above 0" for each column.

    Args:
        excesses: one row a round, one column a test: by how much the round exceeds what is tolerated.
        seed: draws the signs where there are too many rounds to count all of them.

    Returns:
        One value a column; no rounds give 1 everywhere.
    """
    rounds, count = excesses.shape
    if rounds == 0 or count == 0:
        return np.ones(count)
    signs = _signs(rounds, seed)
    ranks = _signed_ranks(excesses)
    as_it_was = _statistics(signs[:1], excesses, ranks)[0]
    order = np.argsort(-as_it_was, kind="stable")
    observed = as_it_was[order]
    exceeded = np.empty(count)
    highest = np.full(len(signs), -np.inf)
    for start in range(count - 1, -1, -_COLUMNS_AT_ONCE):
        columns = range(start, max(start - _COLUMNS_AT_ONCE, -1), -1)
        chosen = order[list(columns)]
        flipped = _statistics(signs, excesses[:, chosen], ranks[:, chosen])
        for position, column in enumerate(columns):
            np.maximum(highest, flipped[:, position], out=highest)
            exceeded[column] = np.count_nonzero(highest >= observed[column] - 1e-9) / len(signs)
    adjusted = np.empty(count)
    adjusted[order] = np.maximum.accumulate(exceeded)
    return adjusted


def _signs(rounds: int, seed: int) -> FloatArray:
    """Return all ways of signing the rounds, or drawn ones; the first is always "as it was"."""
    if rounds <= MOST_EXACT_ROUNDS:
        bits = (np.arange(2**rounds)[:, None] >> np.arange(rounds)) & 1
        return np.asarray(1.0 - 2.0 * bits, dtype=np.float64)
    drawn: FloatArray = np.random.default_rng(seed).choice([-1.0, 1.0], size=(DRAWN_FLIPS, rounds))
    drawn[0] = 1.0
    return drawn


def _statistics(signs: FloatArray, excesses: FloatArray, ranks: FloatArray) -> FloatArray:
    """Return the sum of signed ranks of each column under each way of signing.

    Few rounds have few such sums, and many columns that share the highest would hide each other: Student's t,
    squeezed into less than half the smallest step of the ranks, tells those apart.
    """
    means = signs @ excesses / len(excesses)
    squares = np.mean(excesses**2, axis=0)
    spread = np.sqrt(np.maximum(squares - means**2, 1e-12 * squares))
    t = np.divide(means, spread, out=np.zeros_like(means), where=spread > 0)
    return np.asarray(signs @ ranks + 0.2 * t / (1 + np.abs(t)), dtype=np.float64)


def _signed_ranks(excesses: FloatArray) -> FloatArray:
    """Return Wilcoxon's signed ranks of each column: one round cannot outweigh the others, however bad it is.

    Zeros count for neither side; ties share their mean rank.
    """
    magnitudes = np.abs(excesses)
    is_smaller = magnitudes[:, None, :] > magnitudes[None, :, :]
    is_equal = magnitudes[:, None, :] == magnitudes[None, :, :]
    ranks = is_smaller.sum(axis=1) + (is_equal.sum(axis=1) + 1) / 2
    return np.asarray(np.sign(excesses) * ranks, dtype=np.float64)
