"""How much money one account may move: no absurd amount, and no flood of charges."""

from typing import Any

from reference_app.domain.errors import ForbiddenError, TooManyRequestsError

MAX_AMOUNT_CENTS = 1_000_000
"""Ten thousand: more than any service, gift certificate or refund of this business."""
WINDOW_S = 60.0
"""How long a move of money counts; `Settings.moves_per_minute` says how many may."""


def moved_cents(body: dict[str, Any] | None) -> int | None:
    """Find the amount that a body wants to move; nothing where it names none."""
    amount = (body or {}).get("amount_cents")
    return amount if isinstance(amount, int) and not isinstance(amount, bool) else None


def require_amount(amount_cents: int) -> None:
    """Raise `ForbiddenError` for an amount that nobody may move at once."""
    if amount_cents > MAX_AMOUNT_CENTS:
        raise ForbiddenError("amount_limit", f"At most {MAX_AMOUNT_CENTS} cents may be moved at once.")


def too_many_moves() -> TooManyRequestsError:
    """Make the refusal of an account that moves money too often."""
    return TooManyRequestsError("payment_velocity", "This account moves money too often; wait a minute.")
