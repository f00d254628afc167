"""Who calls the backend, and what each role may see."""

import unicodedata
from dataclasses import dataclass
from typing import Literal

from reference_app.domain.errors import ForbiddenError

Role = Literal["client", "staff", "owner"]


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """An account: clients carry their client id, staff the location where they work."""

    id: int
    email: str
    full_name: str
    role: Role
    password_hash: str
    client_id: int | None
    location_id: int | None
    has_mfa_device: bool
    """Whether a second factor has been set up, so that a log-in without it is not enough."""


def require_owner(user: User) -> None:
    """Raise `ForbiddenError` unless the caller owns the business."""
    if user.role != "owner":
        raise ForbiddenError("owner_only", "Only the owner may see this.")


def require_location(user: User, location_id: int) -> None:
    """Raise `ForbiddenError` unless the caller works at the location or owns the business."""
    if user.role == "owner" or (user.role == "staff" and user.location_id == location_id):
        return
    raise ForbiddenError("other_location", "Only the staff of this location may do this.")


def require_client(user: User, client_id: int, home_location_id: int) -> None:
    """Raise `ForbiddenError` unless the client is the caller, or the caller serves the client's location."""
    if user.role == "client":
        if user.client_id != client_id:
            raise ForbiddenError("other_client", "A client may only see their own data.")
        return
    require_location(user, home_location_id)


def folded(name: str) -> str:
    """Spell a name as a search compares it: without case and without accents."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
