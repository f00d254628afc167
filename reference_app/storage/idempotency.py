"""Idempotency keys: a retried request gets the answer of the first one. The same in every variant."""

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
