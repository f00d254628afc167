"""Scopes: what a write changes and a kept answer depends on, as short names such as `barber:7`."""

from reference_app.domain.answers import Appointment

APPOINTMENTS = "appointments"
"""Any appointment of any location."""
PAYMENTS = "payments"
"""Any payment or refund of any location."""


def barber(barber_id: int) -> str:
    """Name the appointments of a barber."""
    return f"barber:{barber_id}"


def location(location_id: int) -> str:
    """Name the appointments of a location."""
    return f"location:{location_id}"


def client(client_id: int) -> str:
    """Name the appointments and payments of a client."""
    return f"client:{client_id}"


def reviews(barber_id: int) -> str:
    """Name the reviews of a barber."""
    return f"reviews:{barber_id}"


def account(user_id: int) -> str:
    """Name an account and its second factor."""
    return f"account:{user_id}"


def of_appointment(appointment: Appointment) -> tuple[str, ...]:
    """Name everything that changes with an appointment."""
    return (
        APPOINTMENTS,
        barber(appointment.barber_id),
        location(appointment.location_id),
        client(appointment.client_id),
    )


def of_payment(client_id: int) -> tuple[str, ...]:
    """Name everything that changes with a payment or a refund."""
    return PAYMENTS, client(client_id)
