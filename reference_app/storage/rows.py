"""Rows of the database as the domain's values, for every variant."""

from reference_app.domain.answers import Appointment, Barber
from reference_app.domain.clients import Client
from reference_app.domain.people import User
from reference_app.domain.scheduling import BookingRules, ServiceTerms
from reference_app.storage.connections import Row

USER_COLUMNS = """
    id, email, full_name, role, password_hash, client_id, location_id,
    EXISTS (SELECT FROM mfa_devices d WHERE d.user_id = users.id) AS has_mfa_device
"""


def user_from(row: Row) -> User:
    """Read a user."""
    return User(
        id=row["id"],
        email=row["email"],
        full_name=row["full_name"],
        role=row["role"],
        password_hash=row["password_hash"],
        client_id=row["client_id"],
        location_id=row["location_id"],
        has_mfa_device=row["has_mfa_device"],
    )


def appointment_from(row: Row, timezone: str) -> Appointment:
    """Read an appointment; its location's time zone comes from elsewhere."""
    return Appointment(
        id=row["id"],
        location_id=row["location_id"],
        timezone=timezone,
        barber_id=row["barber_id"],
        client_id=row["client_id"],
        service_id=row["service_id"],
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        price_cents=row["price_cents"],
        status=row["status"],
        version=row["version"],
    )


def client_from(row: Row) -> Client:
    """Read a client."""
    return Client(
        id=row["id"],
        home_location_id=row["home_location_id"],
        full_name=row["full_name"],
        email=row["email"],
        phone=row["phone"],
        customer_type=row["customer_type"],
    )


def barber_from(row: Row) -> Barber:
    """Read a barber."""
    return Barber(id=row["id"], full_name=row["full_name"])


def service_from(row: Row) -> ServiceTerms:
    """Read a service."""
    return ServiceTerms(
        id=row["id"],
        name=row["name"],
        duration_minutes=row["duration_minutes"],
        buffer_minutes=row["buffer_minutes"],
        price_cents=row["price_cents"],
    )


def rules_from(row: Row) -> BookingRules:
    """Read a location's booking rules."""
    return BookingRules(step_minutes=row["step_minutes"], max_advance_days=row["max_advance_days"])
