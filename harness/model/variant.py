"""Variant: one build of the backend under test, and how to bring it up."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseRecipe:
    """How a variant's database is made, as commands that any backend can offer.

    In both commands `{python}`, `{variant}`, `{scale}`, `{seed}` and `{database_url}` are replaced.
    """

    fingerprint: tuple[str, ...]
    """Prints one line that changes whenever `load` would make other data."""
    load: tuple[str, ...]
    """Fills the empty database at `{database_url}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One build under test: a command that the harness starts, or the URL of a server that runs."""

    id: str
    """`before`, `after` or any other id of letters, digits, `_`, `-`, `.` and `+`."""
    title: str
    command: tuple[str, ...] = ()
    """Serves in the foreground; `{python}`, `{variant}`, `{port}` and `{database_url}` are replaced."""
    ready_path: str = "/"
    """Answers 2xx or 3xx as soon as the server can serve."""
    database: DatabaseRecipe | None = None
    url: str = ""
    """Base URL of a server that already runs; then `command` is empty."""
