"""Observe servers, host and database from outside while load runs."""
