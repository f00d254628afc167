"""Bench: what stays the same through all rounds of a run."""

import os
from dataclasses import dataclass

from harness.campaign.progress import Progress
from harness.model.plan import Plan
from harness.store.run_folder import RunFolder
from harness.target.postgres import Postgres


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """Which cores serve and which drive: a server must not slow down what measures it."""

    servers: frozenset[int]
    driver: frozenset[int]
    """For the generator, the database and the harness itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What stays the same through all rounds of a run."""

    plan: Plan
    folder: RunFolder
    progress: Progress
    cores: Cores | None
    """None on a machine of one core, or where a process cannot be pinned."""
    postgres: Postgres | None
    templates: dict[str, str]
    """Name of each variant's template database, for the variants that have one."""


def divide_cores() -> Cores | None:
    """Give the last core that this process may use to the servers and the others to everything else."""
    if not hasattr(os, "sched_getaffinity"):
        return None
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return None
    return Cores(servers=frozenset(cores[-1:]), driver=frozenset(cores[:-1]))
