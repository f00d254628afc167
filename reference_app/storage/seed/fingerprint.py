"""One hash of everything that decides the rows and indexes of a loaded database."""

import hashlib
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

_GENERATOR = (
    "storage/seed/copy_format.py",
    "storage/seed/dataset.py",
    "storage/seed/loader.py",
    "storage/seed/places.py",
    "storage/seed/records.py",
    "storage/seed/series.py",
    "storage/seed/sizes.py",
    "storage/seed/visits.py",
    "domain/passwords.py",
    "domain/people.py",
)
_SCHEMA = ("storage/schema.sql", "storage/constraints.sql")


def fingerprint(migrations: Sequence[str], scale: float, seed: int) -> str:
    """Hash schema, migrations, generator, numpy's version (its random streams may change), scale and seed."""
    digest = hashlib.sha256(f"numpy {np.__version__} scale {scale!r} seed {seed}".encode())
    for path in (*_SCHEMA, *(f"storage/{name}" for name in migrations), *_GENERATOR):
        content = files("reference_app").joinpath(path).read_bytes()
        digest.update(f"\0{path} {len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()
