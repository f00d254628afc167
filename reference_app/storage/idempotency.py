"""Idempotency keys: a retried request gets the answer of the first one. The same in every variant."""

from collections.abc import Awaitable, Callable

from reference_app.domain.errors import InvalidError
from reference_app.storage.connections import Connection


async def claim_key(connection: Connection, user_id: int, key: str, request_hash: str) -> str | None:
    """Reserve the key inside a transaction; answer the stored response when it was used before.

    A rival with the same key waits here until the first transaction ends.

    Raises:
        InvalidError: the key was used for another request.
    """
    claimed = await connection.fetchrow(
        "INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING RETURNING key",
        user_id,
        key,
        request_hash,
    )
    if claimed is not None:
        return None
    used = await connection.fetch(
        "SELECT request_hash, response FROM idempotency_keys WHERE user_id = $1 AND key = $2", user_id, key
    )
    if used[0]["request_hash"] != request_hash:
        raise InvalidError("idempotency_key_reused", "This Idempotency-Key was used for another request.")
    response: str = used[0]["response"]
    return response


async def store_response(connection: Connection, user_id: int, key: str, response: str) -> None:
    """Keep the answer for whoever asks again, in the transaction that claimed the key."""
    await connection.execute(
        "UPDATE idempotency_keys SET response = $3 WHERE user_id = $1 AND key = $2", user_id, key, response
    )


async def answered_once(
    connection: Connection,
    user_id: int,
    key: str | None,
    request_hash: str,
    respond: Callable[[], Awaitable[str]],
) -> str:
    """Answer what `respond` does, or what it did for the same key before; without a key, just respond.

    Raises:
        InvalidError: the key was used for another request.
    """
    if key is None:
        return await respond()
    stored = await claim_key(connection, user_id, key, request_hash)
    if stored is not None:
        return stored
    response = await respond()
    await store_response(connection, user_id, key, response)
    return response
