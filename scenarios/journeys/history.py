"""Look at one's own visits."""

from typing import Any

from scenarios.journeys.shop import Account
from scenarios.journeys.visitor import Visitor


def check_history(visitor: Visitor) -> None:
    """Look at one's past and coming visits."""
    ask_history(visitor, visitor.rng.choice(visitor.shop.clients))


def ask_history(visitor: Visitor, client: Account, *, must_hold: int | None = None) -> dict[str, Any]:
    """Return a client's visits, newest first; an appointment that `must_hold` names may not be missing."""

    def is_right(answer: Any) -> bool:
        ids = [appointment["id"] for appointment in answer["appointments"]]
        is_cut_short = len(ids) < answer["appointment_count"]
        return bool(
            answer["client_id"] == client.client_id
            and len(ids) <= answer["appointment_count"]
            and (must_hold is None or must_hold in ids or is_cut_short)
        )

    _, history = visitor.ask(
        "GET",
        f"/api/v2/clients/{client.client_id}/history",
        name="/api/v2/clients/[id]/history",
        account=client,
        is_right=is_right,
    )
    answer: dict[str, Any] = history
    return answer
