"""Duty: one figure that the business wants to know, and whom or what a call is about."""

from dataclasses import dataclass
from datetime import date

from reference_app.families.figures import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """Whom and what a call is about; where it does not tell, the flagship shop and its first client."""

    day: date
    email: str = "owner@example.test"
    user_id: int = 1
    client_id: int = 1
    location_id: int = 1
    barber_id: int = 1
    service_id: int = 1


@dataclass(frozen=True, slots=True)
class Duty:
    """A figure: the rows it is made from, about which part of the subject, and how."""

    name: str
    sql: str
    takes: tuple[str, ...]
    figure: Figure
