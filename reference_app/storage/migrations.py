"""SQL files of the schema and of the optimizations that change the database."""

from importlib.resources import files


def read_sql(name: str) -> str:
    """Read one of the SQL files beside this module."""
    return files("reference_app.storage").joinpath(name).read_text(encoding="utf-8")
