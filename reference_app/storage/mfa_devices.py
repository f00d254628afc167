"""The devices that make second factors: one statement for each step, the same in every variant."""

from dataclasses import dataclass

from reference_app.storage.connections import Connection


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """An authenticator app that has shown a right code."""

    id: int
    secret: str
    last_used_step: int


async def lock_devices(connection: Connection, user_id: int) -> list[Device]:
    """Find an account's devices and let nobody else use one until the transaction ends."""
    await connection.execute("SELECT id FROM users WHERE id = $1 FOR UPDATE", user_id)
    rows = await connection.fetch(
        "SELECT id, secret, last_used_step FROM mfa_devices WHERE user_id = $1 ORDER BY id", user_id
    )
    return [Device(**dict(row)) for row in rows]


async def add_device(connection: Connection, user_id: int, label: str, secret: str, step: int) -> None:
    """Store a device that has shown its first code."""
    await connection.execute(
        "INSERT INTO mfa_devices (user_id, label, secret, last_used_step) VALUES ($1, $2, $3, $4)",
        user_id,
        label,
        secret,
        step,
    )


async def note_use(connection: Connection, device_id: int, step: int) -> None:
    """Remember the newest code that was used, so that it does not count twice."""
    await connection.execute("UPDATE mfa_devices SET last_used_step = $2 WHERE id = $1", device_id, step)
