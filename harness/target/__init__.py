"""Bring up what is measured: PostgreSQL, databases in the same state for each round, servers."""
