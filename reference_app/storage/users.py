"""Accounts, log-ins and the audit trail: one statement each, the same in every variant."""

from datetime import datetime

from reference_app.domain.people import User
from reference_app.storage.connections import Connections
from reference_app.storage.rows import USER_COLUMNS, user_from

_BY_EMAIL = f"SELECT {USER_COLUMNS} FROM users WHERE email = $1"  # noqa: S608 - a constant list of columns


class Users:
    """Looks accounts up and records what they do, over a connection of its own each time."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def by_email(self, email: str) -> User | None:
        """Find the account with this address, exactly as written."""
        async with self._connections.use() as connection:
            row = await connection.fetchrow(_BY_EMAIL, email)
        return user_from(row) if row else None

    async def record_session(self, user_id: int, user_agent: str, expires_at: datetime) -> None:
        """Remember a log-in."""
        async with self._connections.use() as connection:
            await connection.execute(
                "INSERT INTO sessions (user_id, user_agent, expires_at) VALUES ($1, $2, $3)",
                user_id,
                user_agent,
                expires_at,
            )

    async def record_action(self, user_id: int | None, action: str, status: int) -> None:
        """Write a line of the audit trail."""
        async with self._connections.use() as connection:
            await connection.execute(
                "INSERT INTO audit_log (user_id, action, status) VALUES ($1, $2, $3)", user_id, action, status
            )
