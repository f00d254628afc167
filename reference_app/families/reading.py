"""How the catalogues write down what a service reads."""

from reference_app.families.duty import Duty
from reference_app.families.figures import Figure

_KEY_OF = {
    "barbers": "barber_id",
    "clients": "client_id",
    "locations": "location_id",
    "services": "service_id",
    "users": "user_id",
}


def reads(name: str, table: str, by: str, figure: Figure) -> Duty:
    """Read the rows of a table that belong to a part of the subject."""
    column = "id" if _KEY_OF.get(table) == by else by
    return Duty(name, f"SELECT * FROM {table} WHERE {column} = $1", (by,), figure)  # noqa: S608 - our own names


def reads_all(name: str, table: str, figure: Figure) -> Duty:
    """Read a whole table."""
    return Duty(name, f"SELECT * FROM {table}", (), figure)  # noqa: S608 - our own names


def asks(name: str, sql: str, figure: Figure) -> Duty:
    """Run a statement of its own."""
    return Duty(name, sql, (), figure)
