"""What differs from one start of the application to the next."""

import os
from dataclasses import dataclass

_DEMO_TOKEN_SECRET = "kpibench-demo-secret-for-local-measurements-only"  # noqa: S105 - signs demo accounts' tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where to listen, which database to use, and what signs the session tokens."""

    database_url: str
    port: int
    host: str = "127.0.0.1"
    token_secret: str = os.environ.get("REFERENCE_APP_TOKEN_SECRET", _DEMO_TOKEN_SECRET)
    pool_size: int = max(4, min(8, 2 * (os.cpu_count() or 2)))
    """Connections of the pool: a database works on about as many statements at once as it has cores."""
