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
class CountQuestion:
    """Where a server tells how many it has of something."""

    metric: str
    """Id of the Metric that the answer is."""
    path: str
    """Answers 200 with JSON."""
    field: str
    """Where in it the number stands, or the list whose length it is: `layers`, `services.total`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A program that a variant's server needs beside it: Redis, a stub of another company's service."""

    name: str
    """`{NAME_port}` of the server's command is its port."""
    command: tuple[str, ...]
    """Serves in the foreground; `{python}`, `{variant}` and `{port}` are replaced."""
    ready_path: str = ""
    """Answers 2xx or 3xx over HTTP as soon as it can serve; empty: it is ready when it takes connections."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One build under test: a command that the harness starts, or the URL of a server that runs."""

    id: str
    """`before`, `after` or any other id of letters, digits, `_`, `-`, `.` and `+`."""
    title: str
    command: tuple[str, ...] = ()
    """Serves in the foreground; `{python}`, `{variant}`, `{port}`, `{database_url}` and the ports of the
    companions are replaced."""
    ready_path: str = "/"
    """Answers 2xx or 3xx as soon as the server can serve."""
    database: DatabaseRecipe | None = None
    url: str = ""
    """Base URL of a server that already runs; then `command` is empty."""
    counts: tuple[CountQuestion, ...] = ()
    """What the server is asked after the load of each round."""
    invariants: tuple[str, ...] = ()
    """Command that checks the variant's database then: a line for each finding, and exit code 0 for none.
    `{python}`, `{variant}`, `{database_url}` and `{seen}` are replaced; see `docs/formats.md`."""
    companions: tuple[Companion, ...] = ()
    """Started before the server and stopped after it, fresh in each round."""
