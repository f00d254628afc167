"""The thing measured: an aiohttp + asyncpg booking backend, before, after, and every phase between."""
